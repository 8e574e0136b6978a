"""Moments as people write them: a date is a whole day, and UTC holds without an offset."""

from datetime import UTC, date, datetime, time

from greenlightning.errors import InputError

DAY = "2026-11-25"


def is_day(text: str) -> bool:
    """Whether the text has the length of a date without a time."""
    return len(text) == len(DAY)


def moment(text: str, end: bool = False) -> datetime:
    """The moment named by ``2026-11-25`` or ``2026-11-25T06:30``, UTC without an offset; a date is a whole day."""
    try:
        if is_day(text):
            edge = time.max if end else time.min
            return datetime.combine(date.fromisoformat(text), edge, UTC)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{text!r} is neither a date nor a date with a time", f"Write {DAY} or {DAY}T06:30"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def now_text() -> str:
    """This minute, UTC, as people read it."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def past_moment(text: str) -> datetime:
    """The moment that ``text`` names, the start of a day; InputError where it is still to come."""
    found = moment(text)
    if found > datetime.now(UTC):
        raise InputError(f"{text} is in the future", "Name a moment that has passed")
    return found

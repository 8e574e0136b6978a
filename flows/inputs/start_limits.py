"""When a run that may wait must start at the latest, and how far off that may be."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field

from greenlightning.errors import InputError

LatestStart = Annotated[
    datetime | timedelta | None,
    Field(description="start by then: a date-time (local unless it has an offset), or a duration such as PT6H"),
]
Jitter = Annotated[
    timedelta | None, Field(description="delay the start at random by up to this duration, such as PT10M")
]
FURTHEST = timedelta(days=30)


def deadline_of(
    latest_start: datetime | timedelta | None, carbon_source: str, jitter: timedelta | None, now: datetime
) -> datetime:
    """When the run must have started; InputError for a missing, past or too distant time."""
    if jitter is not None and not timedelta(0) < jitter <= FURTHEST:
        raise InputError("jitter is not a duration up to 30 days", "Write one such as PT10M")
    if latest_start is None and carbon_source != "none":
        raise InputError("carbon_source needs latest_start", "Say when it must start at the latest, such as PT6H")
    if latest_start is None:
        return now + (jitter or timedelta(0))
    ahead = latest_start if isinstance(latest_start, timedelta) else latest_start.astimezone(UTC) - now
    if not timedelta(0) < ahead <= FURTHEST:
        given = latest_start if isinstance(latest_start, timedelta) else time_text(latest_start)
        raise InputError(
            f"latest_start ({given}) is not in the next 30 days", "Name a later time, or PT6H from now"
        )
    return now + ahead


def time_text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def check_start(latest: datetime | timedelta | None, carbon_source: str, jitter: timedelta | None) -> None:
    """Raise InputError where the times of a run that may wait contradict each other."""
    if carbon_source != "none" or jitter is not None or latest is not None:
        deadline_of(latest, carbon_source, jitter, datetime.now(UTC))

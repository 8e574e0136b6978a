"""Which version answers: the champion, one by number, or the one that served at a moment."""

from datetime import UTC, datetime

from greenlightning.errors import InputError
from tasks.core.moments import moment
from tasks.models import registry
from tasks.models.serving_history import history_of
from tasks.models.version_info import VersionInfo


def answering(
    dataset: str, number: int | None = None, at: str | None = None
) -> tuple[VersionInfo, tuple[str, ...]]:
    """The version that answers, with notes on what is uncertain about that; of a date, the last one of that day.

    Raises NothingServedError where there is none, InputError where both a number and a moment are given.
    """
    if number is not None and at is not None:
        raise InputError("Both a version and a moment are given", "Give --version or --at")
    if number is not None:
        return registry.version(dataset, number), ()
    if at is None:
        return registry.champion_of(dataset), ()
    last = max(moment(at), min(moment(at, end=True), datetime.now(UTC)))
    history = history_of(dataset)
    (period,) = history.during(last, last)
    return registry.version(dataset, period.version), history.notes

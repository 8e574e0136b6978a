"""Which version served when: a promotion leaves a tag ``served.<time>`` on its version once the alias has moved.

The value of the tag names the version replaced. A kill between alias and tag leaves ``promoted_at``, written
first, from which the next promotion makes the tag good. Versions of release 0.1.0 have ``promoted_at`` alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from greenlightning.errors import InputError, NothingServedError
from tasks.core.constants import SERVED_TAG, Alias, Tag
from tasks.models import registry
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import connect

REPLACING = (Tag.REPLACED, Tag.ROLLED_BACK_FROM)
AT_BIRTH = timedelta(minutes=1)
"""A run promotes its version right after it registered it."""
MOVED = "the alias champion points to version {champion} by a change that GreenLightning did not make"
PIECED = (
    "promotions of version {versions} are pieced together from tags of release 0.1.0; repeated ones are missing"
)


@dataclass(frozen=True)
class Period:
    """A time in which one version served; without an ``end`` it serves still."""

    version: int
    start: datetime
    end: datetime | None = None

    def overlaps(self, first: datetime, last: datetime) -> bool:
        """Whether the version served at some moment from ``first`` to ``last``."""
        return self.start <= last and (self.end is None or first < self.end)


@dataclass(frozen=True)
class ServingHistory:
    """The periods of a dataset's versions, the oldest first, and what is uncertain about them."""

    dataset: str
    periods: tuple[Period, ...]
    notes: tuple[str, ...] = ()

    def during(self, first: datetime, last: datetime) -> tuple[Period, ...]:
        """The periods that overlap a time; InputError for the future, NothingServedError where none does."""
        if first > datetime.now(UTC):
            raise InputError(f"{first.isoformat()} is in the future", "Name a moment that has passed")
        if found := tuple(period for period in self.periods if period.overlaps(first, last)):
            return found
        began = f"the first version served from {iso(self.periods[0].start)}" if self.periods else "none ever did"
        raise NothingServedError(
            f"No version of {self.dataset!r} served at {iso(last)}: {began}",
            f"See them with: greenlightning report --dataset {self.dataset}",
        )


def history_of(dataset: str) -> ServingHistory:
    """Which version of the dataset served when, read from the tags of all its versions."""
    return history_from(dataset, registry.versions(dataset))


def history_from(dataset: str, versions: Sequence[VersionInfo]) -> ServingHistory:
    """The history that the tags of these versions tell."""
    replaced = {info.tags.get(tag) for info in versions for tag in REPLACING}
    champion = next((info.version for info in versions if Alias.CHAMPION in info.aliases), None)
    starts: dict[datetime, int] = {}
    pieced = set()
    for info in versions:
        known = recorded(info)
        inferred = _inferred(info, known, info.version == champion, str(info.version) in replaced)
        starts |= dict.fromkeys([*known, *inferred], info.version)
        if inferred and (not known or len(inferred) > 1):
            pieced.add(info.version)
    notes = [PIECED.format(versions=", ".join(map(str, sorted(pieced))))] if pieced else []
    periods = _periods(starts)
    if champion and periods and periods[-1].version != champion:
        notes.append(MOVED.format(champion=champion))
    return ServingHistory(dataset, periods, tuple(notes))


def _periods(starts: dict[datetime, int]) -> tuple[Period, ...]:
    """The periods that begin at ``starts``; a version that follows itself goes on."""
    begun: list[tuple[datetime, int]] = []
    for start, version in sorted(starts.items()):
        if not begun or begun[-1][1] != version:
            begun.append((start, version))
    ends = [*(start for start, _ in begun[1:]), None]
    return tuple(Period(version, start, end) for (start, version), end in zip(begun, ends, strict=False))


def recorded(info: VersionInfo) -> list[datetime]:
    """When the version began to serve, by the tags written after the alias had moved."""
    found = (tag.removeprefix(SERVED_TAG) for tag in info.tags if tag.startswith(SERVED_TAG))
    return sorted(datetime.fromisoformat(text) for text in found)


def _inferred(info: VersionInfo, known: list[datetime], serves: bool, was_replaced: bool) -> list[datetime]:
    """When else it served: since its last promotion, and since its birth where its run promoted it."""
    if Tag.PROMOTED_AT not in info.tags:
        return []
    promoted, born = datetime.fromisoformat(info.tags[Tag.PROMOTED_AT]), datetime.fromisoformat(info.created)
    found = []
    if promoted not in known and (serves or (was_replaced and not known)):
        found.append(promoted)
    starts = [*known, *found]
    if starts and info.tags.get(Tag.DECISION) == "promoted" and min(starts) - born > AT_BIRTH:
        found.append(born)
    return found


def make_good(info: VersionInfo, serves: bool) -> None:
    """Record the promotions of a version that are known by inference only, before its tags are written again."""
    known = recorded(info)
    number = str(info.version)
    was_replaced = not known and any(registry.having(info.dataset, tag, number) for tag in REPLACING)
    for moment in _inferred(info, known, serves, was_replaced):
        record(info, moment, "inferred")


def record(info: VersionInfo, moment: datetime, about: str) -> None:
    """Record that the version serves since ``moment``; the caller holds the promotion lock."""
    connect().set_model_version_tag(info.dataset, str(info.version), f"{SERVED_TAG}{iso(moment)}", about)


def iso(moment: datetime) -> str:
    """A moment in UTC as the tags have it, such as ``2026-11-25T06:30:00.000000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

"""The line of versions that one was made from, and which of them learnt a batch first."""

from collections.abc import Mapping, Sequence

from tasks.core.constants import Kind, Tag
from tasks.models import registry
from tasks.models.version_info import VersionInfo


def ancestors_of(info: VersionInfo, known: Mapping[int, VersionInfo]) -> list[VersionInfo]:
    """The versions that this one was made from, the nearest first."""
    found = []
    while (parent := known.get(info.parent or 0)) and parent.version < info.version:
        found.append(parent)
        info = parent
    return found


def with_ancestors(info: VersionInfo) -> list[VersionInfo]:
    """The version and its ancestors, the nearest first."""
    return [info, *ancestors_of(info, {one.version: one for one in registry.versions(info.dataset)})]


def first_learner(batch: str, line: Sequence[VersionInfo]) -> VersionInfo:
    """The version of ``line`` (the nearest first) that learnt ``batch`` and passed it on.

    A version with another recipe read its batches again, unless it grew: then it read the rows that its parent had
    learnt.
    """
    found = line[0]
    for earlier in line[1:]:
        same = earlier.tags[Tag.RECIPE_DIGEST] == found.tags[Tag.RECIPE_DIGEST]
        if batch not in earlier.batches or not (same or found.tags.get(Tag.KIND) == Kind.GROW):
            break
        found = earlier
    return found

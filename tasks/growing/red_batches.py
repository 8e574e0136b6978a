"""The batches that turned structure health red, and that no growth has answered yet."""

from itertools import pairwise

from tasks.core.constants import KEPT, Kind, Tag
from tasks.data.batch_index import batches
from tasks.models import registry
from tasks.models.descent import with_ancestors
from tasks.models.version_info import VersionInfo
from tasks.training.health import RED


def red_batches(serving: VersionInfo) -> list[str]:
    """The batches that a version and its ancestors learnt while health was red.

    Looks back to where the gates were made or grew last, and leaves out batches that a growth had learnt which was
    tried and lost.
    """
    line, found = with_ancestors(serving), list[str]()
    for info, parent in pairwise(line):
        if parent.structures != info.structures:
            break
        if info.tags.get(Tag.HEALTH) == RED:
            found += [name for name in info.batches if name not in parent.batches and name in serving.batches]
    tried = {name for info in line for one in _lost(info) for name in one.batches} if found else set()
    return [name for name in found if name not in tried]


def rows_away(serving: VersionInfo) -> list[str]:
    """The batches of its ledger whose rows are not here: those of sites."""
    here = {ref.id for ref in batches(serving.dataset)}
    return sorted(name for name in serving.batches if name not in here)


def _lost(info: VersionInfo) -> list[VersionInfo]:
    """The growths of a version that do not serve."""
    made = registry.made_from(info.dataset, info.version)
    return [one for one in made if (one.tags.get(Tag.KIND), one.tags.get(Tag.DECISION)) == (Kind.GROW, KEPT)]

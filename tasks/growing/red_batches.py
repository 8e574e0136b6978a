"""The batches that turned structure health red, and that no growth has answered yet."""

from collections.abc import Sequence
from itertools import pairwise

from greenlightning.model.growing import MOST_GROWTHS
from tasks.core.constants import KEPT, Kind, Tag
from tasks.data.batch_index import batches
from tasks.models import registry
from tasks.models.descent import with_ancestors
from tasks.models.version_info import VersionInfo
from tasks.training.health import RED


def red_batches(serving: VersionInfo, new: Sequence[str] = ()) -> list[str]:
    """The batches that new gates are for: the ``new`` ones, and those learnt while health was red.

    Looks back to where the gates were made or grew last, and leaves out what a growth had learnt that was
    tried and lost. Where the next growth takes the place of earlier ones, it is for their batches too.
    """
    line = with_ancestors(serving)
    found = [*_red_of(serving, line, whole=False), *new]
    tried = {name for info in line for one in _lost(info) for name in one.batches} if found else set()
    asking = [name for name in found if name not in tried or name in new]
    if not asking or len(serving.structures) <= MOST_GROWTHS:
        return asking
    return list(dict.fromkeys([*_red_of(serving, line, whole=True), *asking]))


def _red_of(serving: VersionInfo, line: Sequence[VersionInfo], *, whole: bool) -> list[str]:
    """What the ``line`` learnt while red, back to where the gates grew last, or to the training."""
    found: list[str] = []
    for info, parent in pairwise(line):
        same = parent.structures[0] == info.structures[0] if whole else parent.structures == info.structures
        if not same:
            break
        if info.tags.get(Tag.HEALTH) == RED or info.tags.get(Tag.KIND) == Kind.GROW:
            found += [name for name in info.batches if name not in parent.batches and name in serving.batches]
    return found


def rows_away(serving: VersionInfo) -> list[str]:
    """The batches of its ledger whose rows are not here: those of sites."""
    here = {ref.id for ref in batches(serving.dataset)}
    return sorted(name for name in serving.batches if name not in here)


def _lost(info: VersionInfo) -> list[VersionInfo]:
    """The growths of a version that do not serve."""
    made = registry.made_from(info.dataset, info.version)
    return [one for one in made if (one.tags.get(Tag.KIND), one.tags.get(Tag.DECISION)) == (Kind.GROW, KEPT)]

"""The window of batches that a retraining keeps: which are too old, and their exact removal from a model."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from greenlightning.data.windows import Span, Window
from tasks.core.settings import EVERYTHING
from tasks.data.batch_index import BatchRef, batches
from tasks.models.version_info import VersionInfo

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel
    from tasks.data.holdout import Learnable


def too_old(keep: str, serving: VersionInfo, new: Sequence[BatchRef]) -> set[str]:
    """The batches, learnt or ``new``, that the window ``keep`` leaves out; batches of sites always stay."""
    if keep == EVERYTHING:
        return set()
    stream = {ref.id: ref for ref in (*batches(serving.dataset), *new) if ref.id in serving.batches}
    stream |= {ref.id: ref for ref in new}
    return set(Window.parse(keep).outside(map(span, stream.values())))


def within(keep: str, base: Sequence[BatchRef]) -> list[BatchRef]:
    """The batches of a first training that the window includes."""
    gone = () if keep == EVERYTHING else Window.parse(keep).outside(map(span, base))
    return [ref for ref in base if ref.id not in gone]


def span(ref: BatchRef) -> Span:
    """A versioned batch as a part of the stream."""
    return Span(ref.id, ref.rows, ref.happened)


def leaving_batches(keep: str, serving: VersionInfo, new: Sequence[BatchRef]) -> list[BatchRef]:
    """The learnt batches that leave the window once the ``new`` ones are learnt, the oldest first."""
    gone = too_old(keep, serving, new)
    found = [ref for ref in batches(serving.dataset) if ref.id in gone and ref.id in serving.batches]
    return sorted(found, key=lambda ref: (ref.happened, ref.id))


def release(
    models: "Iterable[GreenLightningModel]", leaving: Iterable[BatchRef], learnable: "Learnable"
) -> "tuple[list[GreenLightningModel], dict[str, int]]":
    """The models that never learnt the ``leaving`` batches, and the rows of each; every batch is opened once."""
    left, rows = list(models), {}
    for ref in leaving:
        batch = learnable.open(ref)
        statistics = left[0].collect(batch.X, batch.y)
        left = [
            replace(one, statistics=one.statistics - statistics, ledger=one.ledger.without(ref.id)) for one in left
        ]
        rows[ref.id] = batch.rows
    return left, rows


def release_note(keep: str, released: dict[str, int]) -> tuple[str, ...]:
    """A line about the batches that left the window; none where none did."""
    if not released:
        return ()
    count = f"{len(released)} batch{'es' if len(released) > 1 else ''} of {sum(released.values()):,} rows"
    return (f"{count} left the window of {Window.parse(keep)} and were subtracted exactly",)

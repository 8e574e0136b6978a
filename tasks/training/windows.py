"""The window of batches that a retraining keeps: which are too old, and their exact removal from a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from greenlightning.data.batch import Batch
from greenlightning.data.counted import counted
from greenlightning.data.windows import Span, Window
from tasks.core.settings import AUTO, EVERYTHING
from tasks.data.batch_index import BatchRef, batches
from tasks.models.holdouts import holdout_at
from tasks.models.version_info import VersionInfo

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel
    from tasks.data.holdout import Learnable


def too_old(keep: str, serving: VersionInfo, new: Sequence[BatchRef]) -> set[str]:
    """The batches, learnt or ``new``, that the window ``keep`` leaves out; batches of sites always stay."""
    if keep in (EVERYTHING, AUTO):
        return set()
    stream = {ref.id: ref for ref in (*batches(serving.dataset), *new) if ref.id in serving.batches}
    stream |= {ref.id: ref for ref in new}
    return set(Window.parse(keep).outside(map(span, stream.values())))


def within(keep: str, base: Sequence[BatchRef]) -> list[BatchRef]:
    """The batches of a first training that the window includes."""
    gone = () if keep in (EVERYTHING, AUTO) else Window.parse(keep).outside(map(span, base))
    return [ref for ref in base if ref.id not in gone]


def span(ref: BatchRef) -> Span:
    """A versioned batch as a part of the stream."""
    return Span(ref.id, ref.rows, ref.happened)


def leaving_batches(keep: str, serving: VersionInfo, new: Sequence[BatchRef]) -> list[BatchRef]:
    """The learnt batches that leave the window once the ``new`` ones are learnt, the oldest first."""
    gone = too_old(keep, serving, new)
    found = [ref for ref in batches(serving.dataset) if ref.id in gone and ref.id in serving.batches]
    return sorted(found, key=lambda ref: (ref.happened, ref.id))


def rows_leaving(serving: VersionInfo, champion: "GreenLightningModel", now: "Learnable") -> list["Batch"]:
    """The rows that left the holdout of ``serving`` and are learnt ``now``, for each batch of its ledger."""
    from tasks.data.holdout import Learnable

    if (holdout := holdout_at(serving)) == now.holdout:
        return []
    before, found = Learnable(holdout, champion.encoder), []
    for name in filter(champion.ledger.__contains__, before.parts):
        part = before.part(name)
        if left := part.rows - now.parts.get(name, 0):
            found.append(Batch(part.X[:left], part.y[:left], name))
    return found


@dataclass(frozen=True)
class Kept:
    """A model of the window alone: the batches that left, each with the window, and the old rows read for it."""

    model: "GreenLightningModel"
    released: dict[str, str]
    rows_opened: int
    notes: tuple[str, ...]


def release(
    model: "GreenLightningModel", serving: VersionInfo, new: Sequence[BatchRef], keep: str, learnable: "Learnable"
) -> Kept:
    """The ``model``, which learnt the ``new`` batches on ``serving``, without those that leave the window."""
    rows = {}
    for ref in leaving_batches(keep, serving, new):
        batch = learnable.learnt(ref, model.ledger.entries[ref.id])
        model = model.forget(batch)
        rows[ref.id] = batch.rows
    if not rows:
        return Kept(model, {}, 0, ())
    count = f"{counted(len(rows), 'batch')} of {counted(sum(rows.values()), 'row')}"
    were = "was" if len(rows) == 1 else "were"
    note = f"{count} left the window of {Window.parse(keep)} and {were} subtracted exactly"
    return Kept(model, dict.fromkeys(rows, keep), sum(rows.values()), (note,))

"""The rows that a model has learnt, read once more, and those of them that train new gates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from greenlightning.data.batch import Batch
from tasks.core import progress
from tasks.core.settings import Deciding
from tasks.data.batch_index import BatchRef
from tasks.data.holdout import HeldBack, Learnable, slice_rows
from tasks.models.descent import first_learner, with_ancestors
from tasks.models.holdouts import holdout_at, versioned
from tasks.models.version_info import VersionInfo
from tasks.training.structure import joined_batches

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel
    from greenlightning.model.growing import GrowthOptions


@dataclass(frozen=True)
class Growth:
    """The version that grows, the ``new`` batches learnt on it, and the ``red`` ones that ask for new gates."""

    serving: VersionInfo
    new: tuple[BatchRef, ...]
    red: tuple[str, ...]
    holdout: BatchRef
    deciding: Deciding
    device: str = "cpu"


@dataclass(frozen=True)
class LearntRows:
    """The rows of each batch of a ledger as they are learnt now, and the holdout."""

    batches: Mapping[str, Batch]
    learnable: Learnable

    @classmethod
    def read(cls, growth: Growth, model: "GreenLightningModel") -> "LearntRows":
        """Read the rows of every batch that ``model`` has learnt; it learnt the new ones on the serving version.

        An old batch is read without the holdout's rows of the day on which it was learnt first.
        """
        now, line = Learnable(growth.holdout, model.encoder), with_ancestors(growth.serving)
        known, new = {now.holdout.id: now}, {ref.id: ref for ref in growth.new}
        found: dict[str, Batch] = {}
        for name, entry in model.ledger.entries.items():
            learnable, ref = now, new.get(name)
            if ref is None:
                holdout = holdout_at(first_learner(name, line))
                learnable = known.setdefault(holdout.id, Learnable(holdout, model.encoder))
                ref = versioned(growth.serving.dataset, name, growth.serving.batches[name])
            found[name] = learnable.learnt(ref, entry)
            progress.report_progress("batches read", len(found), len(model.ledger))
        return cls(found, now)

    @property
    def rows(self) -> int:
        """Number of rows of all batches."""
        return sum(batch.rows for batch in self.batches.values())

    def held_back(self, growth: Growth) -> list[HeldBack]:
        """Of each red batch the rows that train gates, and those held back to judge the grown model.

        Where the holdout slides, it holds these already, and old batches give none.
        """
        fraction, found = growth.deciding.slice_fraction, []
        stratified = self.learnable.content.task == "classification"
        new = {ref.id: ref for ref in growth.new}
        for name in growth.red:
            if name not in self.batches:
                continue
            batch = self.batches[name]
            if not self.learnable.slides:
                found.append(slice_rows(batch, fraction, stratified=stratified))
            elif name in new:
                found.append(self.learnable.split(new[name], fraction, stratified=stratified))
            else:
                found.append(HeldBack(batch, Batch(batch.X[:0], batch.y[:0], name), batch.y[:0]))
        return found

    def apart(self, held: Sequence[HeldBack]) -> tuple[Batch, NDArray[np.int64]]:
        """The rows that neither the gates nor the judged model saw; 1 for those of red batches, 0 for others."""
        holdout = Batch(self.learnable.X, self.learnable.y)
        red = {one.kept.id for one in held}
        if self.learnable.slides:
            parts = self.learnable.parts
            return holdout, np.repeat([int(name in red) for name in parts], list(parts.values()))
        backs = [one.back for one in held if one.back.rows]
        rows = joined_batches([holdout, *backs])
        return rows, (np.arange(rows.rows) >= holdout.rows).astype(np.int64)

    def for_gates(self, held: Sequence[HeldBack], options: "GrowthOptions") -> tuple[Batch, tuple[str, ...]]:
        """The rows that train new gates, and the batches that they come from.

        All red rows but those held back, and earlier ones, drawn at random, to tell them from.
        """
        red = [one.kept for one in held]
        names = {batch.id for batch in red}
        others = [batch for name, batch in self.batches.items() if name not in names and batch.rows]
        if not others:
            return joined_batches(red), tuple(names)
        starts = np.cumsum([0, *(batch.rows for batch in others)])
        count = options.earlier_rows(sum(batch.rows for batch in red), int(starts[-1]))
        drawn = np.sort(np.random.default_rng(0).permutation(starts[-1])[:count])
        parts = []
        for batch, start, end in zip(others, starts[:-1], starts[1:], strict=True):
            chosen = drawn[(drawn >= start) & (drawn < end)] - start
            if len(chosen):
                parts.append(Batch(batch.X[chosen], batch.y[chosen], batch.id))
        return joined_batches([*red, *parts]), tuple(batch.id for batch in (*red, *parts))

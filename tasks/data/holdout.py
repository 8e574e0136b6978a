"""The holdout of a dataset: rows that a model has not learnt, versioned as a batch of their own.

It is the newest batch of the dataset ``<name>.holdout``: ingest one there to choose it yourself, otherwise the
first ``train`` splits it off the base. Rows that occur in it are left out wherever a batch is learnt; where rows
repeat one another anyway, only as many as were taken (decision 0089). One by event time slides (see
``tasks.data.sliding_holdout``); others stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenlightning.data.batch import Batch
from greenlightning.data.ledger import LedgerEntry
from greenlightning.data.splits import split_rows
from greenlightning.errors import InputError, NothingServedError
from greenlightning.tables import ConformedTable, TableEncoder, TableSchema, in_form_of
from greenlightning.tables.identity import table_fingerprints
from tasks.core.steps import task
from tasks.data.batch_files import BatchContent, joined, provenance, read_content, waiting
from tasks.data.batch_index import BATCH_ID, HOLDOUT, BatchRef, batch_ref, batches, known_batch
from tasks.data.event_time import time_column
from tasks.data.ingestion import write_landed
from tasks.data.schemas import schema_of
from tasks.data.sliding_holdout import first_holdout, parts_of, too_small
from tasks.data.versioning import checkout, version_batch

SEED_DIGITS = 7
TAKEN = "taken"
REPEATING = 0.1
"""Share of the rows left that equal held ones, above which rows are no longer distinguished by their values."""
HoldoutBy = Literal["auto", "time", "random"]


def holdout_of(dataset: str) -> str:
    """Name of the dataset that a dataset's holdout is versioned under."""
    return f"{dataset}{HOLDOUT}"


@task(task_run_name="holdout {dataset}", persist_result=False)
def ensure_holdout(dataset: str, base: list[BatchRef], fraction: float, how: HoldoutBy = "auto") -> BatchRef:
    """The existing holdout, or that of a first training: the latest ``fraction`` of the base, or a random one.

    The latest is the default where a time column is declared; it slides. The random one is stratified in each
    batch, and seeded by the batch's id.
    """
    if dataset.endswith(HOLDOUT):
        raise InputError(f"{dataset!r} is a holdout, which judges models", "Train the dataset that it belongs to")
    _finish(dataset)
    if (existing := batches(holdout_of(dataset))) and not parts_of(existing[-1]):
        return existing[-1]
    time = time_column(dataset)
    if how == "time" and time is None:
        raise InputError(f"The dataset {dataset!r} declares no time column", "Name it with: ingest --time COLUMN")
    if time is not None and how != "random":
        return first_holdout(dataset, base, fraction, time)
    parts = [_split(ref, fraction) for ref in base]
    held, rest = (joined([part[place] for part in parts]) for place in (0, 1))
    if held.frame.empty:
        raise too_small(dataset, sum(ref.rows for ref in base))
    schema = schema_of(dataset)
    taken = {TAKEN: [(ref.id, len(part.y)) for ref, (part, _) in zip(base, parts, strict=True)]}
    about = taken if np.isin(_names(rest, schema), _names(held, schema)).mean() > REPEATING else {}
    table, source = ConformedTable(held.frame, held.y), f"holdout-of-{base[0].id}.parquet"
    return version_batch.fn(write_landed(table, schema, holdout_of(dataset), source, about))


def current_holdout(dataset: str) -> BatchRef:
    """The dataset's holdout; NothingServedError if there is none."""
    _finish(dataset)
    if existing := batches(holdout_of(dataset)):
        return existing[-1]
    raise NothingServedError(
        f"Dataset {dataset!r} has no holdout", f"Restore data/batches/{holdout_of(dataset)}, or train again"
    )


def _finish(dataset: str) -> None:
    """Finish what a kill left of a holdout: one that is described still has to be pushed and checked."""
    for landed in waiting(holdout_of(dataset)):
        if BATCH_ID.fullmatch(landed.id) and known_batch(holdout_of(dataset), landed.id):
            version_batch.fn(landed)


def left_out_note(rows: int) -> tuple[str, ...]:
    """What to say of rows that equal rows of the holdout, beside those that it holds."""
    if rows <= 0:
        return ()
    which = "1 row that equals one" if rows == 1 else f"{rows:,} rows that equal some"
    return (f"{which} of the holdout left out: no version is judged on what it learnt",)


def _split(ref: BatchRef, fraction: float) -> tuple[BatchContent, BatchContent]:
    """The rows of a batch that are held back, and the others."""
    content = read_content(checkout(ref))
    stratified = content.task == "classification"
    rest, held = split_rows(content.y, fraction, int(ref.id[:SEED_DIGITS], 16), stratified=stratified)
    return content.rows(held), content.rows(rest)


def _names(
    content: BatchContent, schema: TableSchema | None, seen: Sequence[str] | None = None
) -> NDArray[np.uint64]:
    """Names of the rows by the columns that the model sees, as its schema has them, and the label."""
    frame = in_form_of(content.frame, schema) if schema else content.frame
    seen = list(seen or (schema.features if schema else content.features))
    others = [name for name in seen if name not in frame]
    return table_fingerprints(frame.join(content.frame[others])[seen], content.y)


def _as_many(names: NDArray[np.uint64], held: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which of the ``names`` (n,) are as many of each as ``held`` (m,) has, the first ones."""
    rows = pd.Series(names)
    taken = rows.map(pd.Series(held).value_counts()).fillna(0)
    return np.asarray(rows.groupby(rows).cumcount() < taken)


class Learnable:
    """Opens batches without the rows that occur in the holdout, encoded as a model sees them."""

    def __init__(
        self, holdout: BatchRef, encoder: TableEncoder | None = None, schema: TableSchema | None = None
    ) -> None:
        self.content, self.encoder, self.holdout = read_content(checkout(holdout)), encoder, holdout
        self.y, self.parts = self.content.y, parts_of(holdout)
        self.taken = dict(provenance(checkout(holdout)).get(TAKEN, ()))
        self._schema = encoder.schema if encoder else schema
        self._seen = list(self._schema.features if self._schema else self.content.features)
        if self.slides:
            time = time_column(holdout.dataset)
            self._seen = [name for name in self.content.features if name in (*self._seen, time)]
        self._held = self._fingerprints(self.content)
        self._earlier: dict[str, Learnable] = {}

    @property
    def slides(self) -> bool:
        """Whether its rows are learnt once newer ones take their place."""
        return bool(self.parts)

    @cached_property
    def X(self) -> NDArray[Any]:  # noqa: N802
        """The holdout's inputs (n, d)."""
        return self.content.inputs(self.encoder)

    def free(self, content: BatchContent, batch_id: str) -> BatchContent:
        """The rows of the batch ``batch_id`` that do not occur in the holdout, or were not taken for it."""
        names = self._fingerprints(content)
        if self.taken:
            return content.rows(~_as_many(names, self._held[self._place(batch_id, self.taken)]))
        return content.rows(~np.isin(names, self._held))

    def rows(self, content: BatchContent, batch_id: str) -> Batch:
        """The batch ``batch_id`` less the holdout's rows, encoded."""
        free = self.free(content, batch_id)
        return Batch(free.inputs(self.encoder), free.y, batch_id)

    def open(self, ref: BatchRef) -> Batch:
        """The rows of a versioned batch that may be learnt."""
        return self.rows(read_content(checkout(ref)), ref.id)

    def part(self, batch_id: str) -> Batch:
        """The rows of a batch in the holdout, encoded, the oldest first."""
        place = self._place(batch_id, self.parts)
        return Batch(self.X[place], self.y[place], batch_id)

    def split(self, ref: BatchRef, fraction: float, *, stratified: bool) -> "HeldBack":
        """The rows of a new batch that a candidate learns before it is judged, and those it is judged on."""
        batch = self.open(ref)
        if not self.slides:
            return slice_rows(batch, fraction, stratified=stratified)
        back = self.part(ref.id)
        before = np.concatenate([batch.y[-1:] if batch.rows else back.y[:1], back.y[:-1]])[: back.rows]
        return HeldBack(batch, back, before)

    def entry(self, ref: BatchRef, rows: int) -> LedgerEntry:
        """The ledger's entry of a batch of which ``rows`` are learnt."""
        return LedgerEntry(rows, ref.md5, holdout=self.holdout.id if self.slides else None)

    def learnt(self, ref: BatchRef, entry: LedgerEntry | None) -> Batch:
        """The rows of a batch that are learnt, by its ledger entry; without one, those that may be."""
        if entry is None or entry.holdout is None:
            return self.open(ref)
        if entry.holdout != self.holdout.id:
            if entry.holdout not in self._earlier:
                holdout = batch_ref(self.holdout.dataset, entry.holdout)
                self._earlier[entry.holdout] = Learnable(holdout, self.encoder, self._schema)
            return self._earlier[entry.holdout].learnt(ref, entry)
        free, part = self.open(ref), self.part(ref.id)
        left = slice(0, max(entry.rows - free.rows, 0))
        return Batch(np.concatenate([free.X, part.X[left]]), np.concatenate([free.y, part.y[left]]), ref.id)

    @staticmethod
    def _place(batch_id: str, parts: Mapping[str, int]) -> slice:
        """Where the rows of a batch are in the holdout."""
        ends = dict(zip(parts, np.cumsum(list(parts.values())).tolist(), strict=True))
        return slice(ends[batch_id] - parts[batch_id], ends[batch_id]) if batch_id in parts else slice(0, 0)

    def _fingerprints(self, content: BatchContent) -> NDArray[np.uint64]:
        return _names(content, self._schema, self._seen)


@dataclass(frozen=True, eq=False)
class HeldBack:
    """The rows that the candidate learns first, those held back to evaluate it, and the targets before these."""

    kept: Batch
    back: Batch
    before: NDArray[Any]


def slice_rows(batch: Batch, fraction: float, *, stratified: bool = True) -> HeldBack:
    """Hold a fraction of a batch's rows back."""
    kept, held = split_rows(batch.y, fraction, int(batch.id[:SEED_DIGITS], 16), stratified=stratified)
    learnt, back = (Batch(batch.X[rows], batch.y[rows], batch.id) for rows in (kept, held))
    return HeldBack(learnt, back, batch.y[np.maximum(held - 1, 0)])

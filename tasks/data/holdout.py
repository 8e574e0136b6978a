"""The fixed holdout of a dataset: rows that no model ever learns, versioned as a batch of their own.

It is the newest batch of the dataset ``<name>.holdout``: ingest one there to choose it yourself, otherwise the
first ``train`` splits it off the base. Rows that occur in it are left out wherever a batch is learnt.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from prefect import task

from greenlightning.data.batch import Batch
from greenlightning.data.splits import split_rows
from greenlightning.errors import InputError, NothingServedError
from greenlightning.tables import ConformedTable, TableEncoder
from greenlightning.tables.identity import table_fingerprints
from tasks.data.batch_files import BatchContent, joined, read_content
from tasks.data.batch_index import HOLDOUT, BatchRef, batches
from tasks.data.event_time import latest_rows, time_column
from tasks.data.ingestion import write_landed
from tasks.data.schemas import schema_of
from tasks.data.versioning import checkout, version_batch

SEED_DIGITS = 7
HoldoutBy = Literal["auto", "time", "random"]


def holdout_of(dataset: str) -> str:
    """Name of the dataset that a dataset's holdout is versioned under."""
    return f"{dataset}{HOLDOUT}"


@task(task_run_name="holdout {dataset}", persist_result=False)
def ensure_holdout(dataset: str, base: list[BatchRef], fraction: float, how: HoldoutBy = "auto") -> BatchRef:
    """The existing holdout, or a new one: the latest ``fraction`` of the base, or a random one of each batch.

    The latest is the default where a time column is declared; the random one is stratified, and seeded by the
    batch's id.
    """
    if existing := batches(holdout_of(dataset)):
        return existing[-1]
    time = time_column(dataset)
    if how == "time" and time is None:
        raise InputError(f"The dataset {dataset!r} declares no time column", "Name it with: ingest --time COLUMN")
    if time is None or how == "random":
        held = joined([_held_rows(ref, fraction) for ref in base])
    else:
        whole = joined([read_content(checkout(ref)) for ref in base])
        held = whole.rows(latest_rows(whole.frame[time], fraction))
    if held.frame.empty:
        raise InputError("The base is too small to hold rows back", "Give at least 20 rows, or ingest a holdout")
    table = ConformedTable(held.frame, held.y)
    source = f"holdout-of-{base[0].id}.parquet"
    return version_batch.fn(write_landed(table, schema_of(dataset), holdout_of(dataset), source))


def current_holdout(dataset: str) -> BatchRef:
    """The dataset's holdout; NothingServedError if there is none."""
    if existing := batches(holdout_of(dataset)):
        return existing[-1]
    raise NothingServedError(
        f"Dataset {dataset!r} has no holdout", f"Restore data/batches/{holdout_of(dataset)}, or train again"
    )


def _held_rows(ref: BatchRef, fraction: float) -> BatchContent:
    content = read_content(checkout(ref))
    stratified = content.task == "classification"
    _, held = split_rows(content.y, fraction, int(ref.id[:SEED_DIGITS], 16), stratified=stratified)
    return content.rows(held)


class Learnable:
    """Opens batches without the rows that occur in the holdout, encoded as a model sees them."""

    def __init__(
        self, holdout: BatchRef, encoder: TableEncoder | None = None, features: tuple[str, ...] = ()
    ) -> None:
        self.content, self.encoder = read_content(checkout(holdout)), encoder
        self.y = self.content.y
        self._seen = list(encoder.schema.features if encoder else features or self.content.features)
        self._held = self._fingerprints(self.content)

    @cached_property
    def X(self) -> NDArray[Any]:  # noqa: N802
        """The holdout's inputs (n, d)."""
        return self.content.inputs(self.encoder)

    def free(self, content: BatchContent) -> BatchContent:
        """The rows of a batch that do not occur in the holdout."""
        return content.rows(~np.isin(self._fingerprints(content), self._held))

    def rows(self, content: BatchContent, batch_id: str) -> Batch:
        """The batch ``batch_id`` less the holdout's rows, encoded."""
        free = self.free(content)
        return Batch(free.inputs(self.encoder), free.y, batch_id)

    def open(self, ref: BatchRef) -> Batch:
        """The rows of a versioned batch that may be learnt."""
        return self.rows(read_content(checkout(ref)), ref.id)

    def _fingerprints(self, content: BatchContent) -> NDArray[np.uint64]:
        """Names of the rows by the columns that the model sees, and the label."""
        return table_fingerprints(content.frame[self._seen], content.y)


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

"""The fixed holdout of a dataset: rows that no model ever learns, versioned as a batch of their own.

It is the newest batch of the dataset ``<name>.holdout``: ingest one there to choose it yourself, otherwise the
first ``train`` splits it off the base. Rows that occur in it are left out wherever a batch is learnt.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from prefect import task

from greenlightning.data.batch import Batch, row_fingerprints
from greenlightning.data.splits import split_rows
from greenlightning.errors import InputError, NothingServedError
from tasks.data.batch_index import BatchRef, batches
from tasks.data.ingestion import feature_names, land, load_batch
from tasks.data.labels import LABEL
from tasks.data.versioning import checkout, version_batch

SEED_DIGITS = 7


def holdout_of(dataset: str) -> str:
    """Name of the dataset that a dataset's holdout is versioned under."""
    return f"{dataset}.holdout"


@task(task_run_name="holdout {dataset}", persist_result=False)
def ensure_holdout(dataset: str, base: list[BatchRef], fraction: float, folder: Path) -> BatchRef:
    """The existing holdout, or a new one: a stratified ``fraction`` of each base batch, seeded by its id."""
    if existing := batches(holdout_of(dataset)):
        return existing[-1]
    X, y = zip(*(_held_rows(ref, fraction) for ref in base), strict=True)
    frame = pd.DataFrame(np.concatenate(X), columns=list(feature_names(checkout(base[0]))))
    frame[LABEL] = np.concatenate(y)
    if frame.empty:
        raise InputError("The base is too small to hold rows back", "Give at least 20 rows, or ingest a holdout")
    source = folder / f"holdout-of-{base[0].id}.parquet"
    frame.to_parquet(source)
    return version_batch.fn(land.fn(source, holdout_of(dataset)))


def current_holdout(dataset: str) -> BatchRef:
    """The dataset's holdout; NothingServedError if there is none."""
    if existing := batches(holdout_of(dataset)):
        return existing[-1]
    raise NothingServedError(
        f"Dataset {dataset!r} has no holdout", f"Restore data/batches/{holdout_of(dataset)}, or train again"
    )


def _held_rows(ref: BatchRef, fraction: float) -> tuple[NDArray[Any], NDArray[Any]]:
    X, y = load_batch(checkout(ref))
    _, held = split_rows(y, fraction, int(ref.id[:SEED_DIGITS], 16))
    return X[held], y[held]


class Learnable:
    """Opens batches without the rows that occur in the holdout."""

    def __init__(self, holdout: BatchRef) -> None:
        self.X, self.y = load_batch(checkout(holdout))
        self._held = row_fingerprints(self.X, self.y)

    def rows(self, X: NDArray[Any], y: NDArray[Any], batch_id: str) -> Batch:
        """The batch ``batch_id`` of inputs (n, d) and labels (n,), less the holdout's rows."""
        free = ~np.isin(row_fingerprints(X, y), self._held)
        return Batch(X[free], y[free], batch_id)

    def open(self, ref: BatchRef) -> Batch:
        """The rows of a versioned batch that may be learnt."""
        return self.rows(*load_batch(checkout(ref)), ref.id)


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

"""Expectations of a batch, learnt from the base batch, and the measures that are compared with them.

Why these measures and limits: docs/decisions/0008-validation.md.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from greenlightning.data.labels import Label
from greenlightning.errors import InputError
from tasks.data.ingestion import feature_names, load_batch

RANGE_MARGIN = 0.1
FAR = 30.0
CAP = 2.0
DISTINCT_SHARE = 0.75
BLOCK_ROWS = 4096


class Expectations(BaseModel):
    """Statistics of the base batch and bounds for later ones: frozen, stored as JSON, named by a digest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: tuple[str, ...] = Field(description="feature columns, in order")
    low: tuple[float, ...] = Field(description="lowest value of each feature in the base")
    high: tuple[float, ...] = Field(description="highest value of each feature in the base")
    mean: tuple[float, ...]
    spread: tuple[float, ...] = Field(description="standard deviation of each feature in the base")
    labels: tuple[Label, ...]
    rows: int = Field(description="rows of the base")
    repeated: float = Field(description="share of the base's rows that repeat an earlier row")
    largest_class: float = Field(description="share of the base's most frequent label")
    min_rows: int = Field(default=10, ge=1)
    min_classes: int = Field(default=2, ge=1)
    max_outside: float = Field(default=0.1, description="share of cells that may lie outside the range")
    max_far: float = Field(default=0.05, description="share of a column's cells that may lie far outside")
    max_strange_rows: float = Field(default=0.02, description="share of rows that may be mostly outside")
    max_shift: float = Field(default=0.8, description="how far the means may move, in standard deviations")
    allow_new_labels: bool = False

    @property
    def digest(self) -> str:
        """sha256 of the canonical JSON."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def knowing(self, labels: Iterable[Label]) -> "Expectations":
        """The same expectations, with ``labels`` added to the known ones."""
        new = tuple(label for label in labels if label not in self.labels)
        return self.model_copy(update={"labels": self.labels + new})

    def slack(self, rows: int) -> float:
        """Allowance for chance in a share or mean: one standard error of the smaller of batch and base."""
        return 1 / math.sqrt(max(1, min(rows, self.rows)))

    def max_repeated(self, rows: int) -> float:
        """At least three quarters of the distinct rows that the base predicts for ``rows`` rows are required."""
        return 1 - DISTINCT_SHARE * (1 - self.repeated) * min(1, self.rows / max(1, rows))

    def max_largest_class(self, rows: int) -> float:
        """The most frequent label may take three quarters of what the base leaves to the others."""
        return min(1, self.largest_class + 0.75 * (1 - self.largest_class) + self.slack(rows))


@dataclass(frozen=True)
class Measures:
    """Measures of a batch: per feature (d,), per row (n,), and in total."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    missing: NDArray[np.int64]
    infinite: NDArray[np.int64]
    far: NDArray[np.float64]
    outside: NDArray[np.int64]
    repeated: NDArray[np.bool_]
    shift: float
    counts: dict[Label, int]

    @property
    def rows(self) -> int:
        """Number of samples."""
        return len(self.outside)

    @property
    def features(self) -> int:
        """Number of feature columns."""
        return len(self.missing)

    @property
    def outside_share(self) -> float:
        """Share of all cells outside the base's range."""
        return float(self.outside.sum()) / max(1, self.rows * self.features)

    @property
    def repeated_share(self) -> float:
        """Share of rows that repeat an earlier row, label included."""
        return float(self.repeated.mean()) if self.rows else 0.0

    @property
    def label_type(self) -> str:
        """The type of the labels: int, float, bool or str."""
        return kind_of(self.counts)

    @property
    def largest_class(self) -> float:
        """Share of the most frequent label."""
        return max(self.counts.values(), default=0) / max(1, sum(self.counts.values()))


def learn_expectations(
    path: Path, *, min_rows: int = 10, max_shift: float = 0.8, allow_new_labels: bool = False
) -> Expectations:
    """Learn from a base batch; InputError unless it is finite, varies, and has at least two classes."""
    X, y = load_batch(path)
    base = measure(X, y)
    faults = {
        "has missing or infinite values": int(base.missing.sum() + base.infinite.sum()),
        "has rows without a label": base.rows - sum(base.counts.values()),
        "has only one class": len(base.counts) < 2,
        "has no feature that varies": not base.spread.any(),
        f"has only {base.rows} rows": base.rows < min_rows,
    }
    if cause := next((cause for cause, present in faults.items() if present), None):
        raise InputError(f"The base batch {path.stem} {cause}", "Nothing can be learnt from it; ingest another")
    return Expectations(
        features=feature_names(path),
        low=tuple(base.low.tolist()),
        high=tuple(base.high.tolist()),
        mean=tuple(base.mean.tolist()),
        spread=tuple(base.spread.tolist()),
        labels=tuple(sorted(base.counts)),
        rows=base.rows,
        repeated=base.repeated_share,
        largest_class=base.largest_class,
        min_rows=min_rows,
        max_shift=max_shift,
        allow_new_labels=allow_new_labels,
    )


def measure(X: NDArray[Any], y: NDArray[Any], base: Expectations | None = None) -> Measures:
    """Measure ``X`` (n, d) and ``y`` (n,), in blocks; without a base nothing is outside, far or shifted."""
    rows, features = X.shape
    low, high = np.full(features, np.inf), np.full(features, -np.inf)
    missing, infinite, far = (np.zeros(features, np.int64) for _ in range(3))
    outside = np.zeros(rows, np.int64)
    total = np.zeros(features)
    for block in _blocks(rows):
        cells = X[block]
        if not np.isfinite(cells).all():
            missing += np.isnan(cells).sum(axis=0)
            infinite += np.isinf(cells).sum(axis=0)
            cells = np.where(np.isnan(cells), 0, cells)
        low, high = np.minimum(low, cells.min(axis=0)), np.maximum(high, cells.max(axis=0))
        total += cells.sum(axis=0, dtype=np.float64)
        if base:
            outside[block] = _beyond(cells, base, RANGE_MARGIN).sum(axis=1)
            far += _beyond(cells, base, FAR).sum(axis=0) * (np.array(base.high) > np.array(base.low))
    mean = total / max(1, rows)
    return Measures(
        low=low,
        high=high,
        mean=mean,
        spread=_spread(X, mean),
        missing=missing,
        infinite=infinite,
        far=far / max(1, rows),
        outside=outside,
        repeated=_repeated(X, y),
        shift=_shift(mean, base) if base else 0.0,
        counts=dict(Counter(label for label in y.tolist() if label is not None)),
    )


def kind_of(labels: Iterable[Label]) -> str:
    """The name of the labels' type; labels of one batch are of one type."""
    return next((type(label).__name__ for label in labels), "none")


def _blocks(rows: int) -> list[slice]:
    return [slice(start, start + BLOCK_ROWS) for start in range(0, rows, BLOCK_ROWS)]


def _beyond(cells: NDArray[Any], base: Expectations, margin: float) -> NDArray[np.bool_]:
    """Cells more than ``margin`` base ranges below or above the base's range."""
    low, high = np.array(base.low), np.array(base.high)
    reach = margin * (high - low)
    beyond: NDArray[np.bool_] = (cells < low - reach) | (cells > high + reach)
    return beyond


def _spread(X: NDArray[Any], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    squares = np.zeros(X.shape[1])
    with np.errstate(invalid="ignore"):
        for block in _blocks(len(X)):
            squares += np.square(X[block] - mean).sum(axis=0)
    return np.sqrt(squares / max(1, len(X)))


def _shift(mean: NDArray[np.float64], base: Expectations) -> float:
    """RMS over features of the change of the mean in base standard deviations, each capped at 2."""
    spread = np.array(base.spread)
    varies = spread > 0
    with np.errstate(invalid="ignore"):
        moved = np.abs(mean - np.array(base.mean))[varies] / spread[varies]
    return float(np.sqrt(np.mean(np.square(np.fmin(moved, CAP)))))


def _repeated(X: NDArray[Any], y: NDArray[Any]) -> NDArray[np.bool_]:
    """True for every row that equals an earlier one, label included; rows with equal hashes are compared."""
    labels = y.tolist()
    hashes = [hash((row.tobytes(), label)) for row, label in zip(X, labels, strict=True)]
    repeated = pd.Series(hashes, dtype=np.int64).duplicated(keep=False).to_numpy(copy=True)
    alike = np.flatnonzero(repeated)
    content = pd.DataFrame({"row": [X[i].tobytes() for i in alike], "label": [labels[i] for i in alike]})
    repeated[alike] = content.duplicated().to_numpy()
    return repeated

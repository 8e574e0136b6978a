"""Statistics of the columns of a batch: what a later batch is compared with.

Columns are copied to contiguous float64 before anything is summed, so that no number depends on the memory layout.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

WIDEST = 64
"""Most columns whose correlations are kept."""

COLUMNS_AT_ONCE = 32
IQR_OF_NORMAL = 1.349
FARTHEST = 8.0
SHRINKAGE = 0.05
MODERN = 0.25
"""Least weight of the newest batch where statistics follow a stream."""

Array = NDArray[np.float64]


class NumericColumns(BaseModel):
    """Statistics of numeric columns: one number a column in each tuple; not-a-number counts as missing.

    ``location`` and ``scale`` are median and quartile range over 1.349. A constant column has
    spread and scale 0, and so has one without any value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...]
    rows: int
    low: tuple[float, ...]
    high: tuple[float, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    location: tuple[float, ...]
    scale: tuple[float, ...]
    ordinary: tuple[float, ...]
    """Share of cells other than the most frequent value."""
    missing: tuple[float, ...]
    correlation: tuple[tuple[float, ...], ...] = ()
    """Of the scores of the columns, where there are at most 64."""

    @classmethod
    def of(cls, names: Sequence[str], X: NDArray[Any]) -> "NumericColumns":
        """Compute the statistics of the columns ``names`` of ``X`` (n, d)."""
        starts = range(0, X.shape[1], COLUMNS_AT_ONCE)
        blocks = [_statistics(np.array(X[:, at : at + COLUMNS_AT_ONCE].T, np.float64, order="C")) for at in starts]
        found = np.concatenate(blocks, axis=1) if blocks else np.zeros((8, 0))
        fields = ("low", "high", "mean", "spread", "location", "scale", "ordinary", "missing")
        made = cls(
            names=tuple(names),
            rows=len(X),
            **{field: tuple(row) for field, row in zip(fields, found.tolist(), strict=True)},
        )
        if not len(X) or not 1 < X.shape[1] <= WIDEST:
            return made
        return made.model_copy(update={"correlation": _rows_of(made._correlation_of(X))})

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Columns (d,) without a single value; their statistics are 0."""
        return np.asarray(self.array("missing") == 1)

    def array(self, field: str) -> Array:
        """One of the statistics as an array (d,)."""
        return np.array(getattr(self, field), dtype=np.float64)

    def scores(self, X: NDArray[Any]) -> Array:
        """How many scales each cell of ``X`` (n, d) lies from the location, at most 8; 0 where it is missing."""
        return scores(np.asarray(X, np.float64), self.array("location"), self.array("scale"))

    def followed_by(self, new: "NumericColumns") -> "NumericColumns":
        """Return these statistics moved towards those of a ``new`` batch, the range widened to hold both.

        The new batch weighs a quarter, or its share of the rows if that is more. A column that was constant so far
        takes location and scale from the new batch alone.
        """
        weight = max(MODERN, new.rows / max(1, self.rows + new.rows))
        location, scale = self._blended(new, "location", "scale", weight)
        mean, spread = self._blended(new, "mean", "spread", weight)
        update: dict[str, Any] = {
            "low": np.fmin(self._known("low"), new._known("low")),
            "high": np.fmax(self._known("high"), new._known("high")),
            "mean": mean,
            "spread": spread,
            "location": location,
            "scale": scale,
            "ordinary": np.maximum(self.array("ordinary"), new.array("ordinary")),
            "missing": np.maximum(self.array("missing"), new.array("missing")),
        }
        changed: dict[str, Any] = {
            field: tuple(np.nan_to_num(values).tolist()) for field, values in update.items()
        }
        if self.correlation and new.correlation:
            mixed = (1 - weight) * np.array(self.correlation) + weight * np.array(new.correlation)
            changed["correlation"] = _rows_of(mixed)
        return self.model_copy(update=changed)

    def _known(self, field: str) -> Array:
        """A statistic, not-a-number for columns without a value."""
        return np.where(self.unknown, np.nan, self.array(field))

    def _blended(self, new: "NumericColumns", centre: str, width: str, weight: float) -> tuple[Array, Array]:
        """Centre and width of a mixture of both; the new ones alone where the width was 0 or nothing was known."""
        old_centre, old_width = self.array(centre), self.array(width)
        new_centre, new_width = new.array(centre), new.array(width)
        step = new_centre - old_centre
        between = weight * (1 - weight) * np.square(step)
        mixed = np.sqrt((1 - weight) * np.square(old_width) + weight * np.square(new_width) + between)
        centred = old_centre + weight * step
        fresh, gone = ((old_width == 0) & (new_width > 0)) | self.unknown, new.unknown
        constant = (old_width == 0) & (new_width == 0) & (step == 0)
        mixed = np.where(constant, 0.0, mixed)
        return (
            np.where(fresh, new_centre, np.where(gone, old_centre, centred)),
            np.where(fresh, new_width, np.where(gone, old_width, mixed)),
        )

    def _correlation_of(self, X: NDArray[Any]) -> Array:
        z = np.ascontiguousarray(self.scores(X).T)
        products = z @ z.T
        size = np.sqrt(np.diag(products))
        size[size == 0] = 1
        found = (1 - SHRINKAGE) * products / np.outer(size, size)
        np.fill_diagonal(found, 1.0)
        return np.asarray(found)


def scores(X: Array, location: Array, scale: Array) -> Array:
    """``(X - location) / scale``, cut off at ±8; 0 for missing cells, and ±8 for what differs from a constant."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (X - location) / scale
    z = np.where(np.isnan(X) | (location == X), 0.0, z)
    return np.clip(z, -FARTHEST, FARTHEST)


def _statistics(columns: Array) -> Array:
    """The eight statistics (8, d) of contiguous ``columns`` (d, n), missing cells left out."""
    d, n = columns.shape
    empty = np.isnan(columns)
    known = n - empty.sum(axis=1)
    out = np.zeros((8, d))
    out[7] = 1 - known / max(1, n)
    full = known == n
    if n and full.any():
        out[:7, full] = _of_known(columns[full])
    for index in np.flatnonzero(~full & (known > 0)):
        out[:7, index] = _of_known(columns[index, ~empty[index]][None])[:, 0]
    return out


def _of_known(cells: Array) -> Array:
    """Seven statistics (7, d) of ``cells`` (d, n) without a missing one."""
    ordered = np.sort(cells, axis=1)
    low, high = ordered[:, 0], ordered[:, -1]
    constant = low == high
    with np.errstate(invalid="ignore", over="ignore"):
        mean = np.where(constant, low, cells.mean(axis=1))
        spread = np.where(constant, 0.0, np.sqrt(np.square(cells - mean[:, None]).mean(axis=1)))
        quarter, middle, three = np.quantile(ordered, [0.25, 0.5, 0.75], axis=1)
        scale = (three - quarter) / IQR_OF_NORMAL
    scale = np.where(constant, 0.0, np.where(scale > 0, scale, spread))
    return np.stack([low, high, mean, spread, middle, scale, 1 - _most_frequent(ordered)])


def _most_frequent(ordered: Array) -> Array:
    """Share (d,) of the most frequent value in each sorted row."""
    d, n = ordered.shape
    new = np.ones((d, n + 1), dtype=np.bool_)
    new[:, 1:n] = ordered[:, 1:] != ordered[:, :-1]
    return np.array([np.diff(np.flatnonzero(row)).max() / n for row in new])


def _rows_of(matrix: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix.tolist())

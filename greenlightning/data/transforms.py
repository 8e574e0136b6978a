"""Frozen transforms of real targets, for targets that are skewed or have heavy tails."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
KINDS = ("none", "log", "quantile")
KNOTS = 256
SMALL_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class TargetTransform:
    """A strictly increasing map of each output, frozen on base targets.

    "log" is ``sign(y) log(1 + |y| / s)`` with s the tenth percentile of |y| [1]_. "quantile" interpolates between
    256 quantiles of the base and those of the normal distribution, and goes on straight beyond the outermost ones.

    Attributes
    ----------
    kind : {"none", "log", "quantile"}
        The map.
    tables : tuple of ndarray of shape (2, m)
        For each of k outputs: s twice for "log"; quantiles and normal scores for "quantile"; nothing for "none".

    References
    ----------
    .. [1] John and Draper, "An Alternative Family of Transformations", Applied Statistics 29, 1980.
    """

    kind: str = "none"
    tables: tuple[Floats, ...] = ()

    @classmethod
    def frozen_on(cls, kind: str, values: Floats) -> "TargetTransform":
        """Freeze a map of this kind on targets (n, k)."""
        if kind == "none":
            return cls()
        table = _log_scale if kind == "log" else _knots
        return cls(kind, tuple(table(column) for column in values.T))

    def forward(self, values: Floats) -> Floats:
        """Map targets (n, k)."""
        if self.kind == "none":
            return values
        return np.stack([self._forward(*pair) for pair in zip(values.T, self.tables, strict=True)], axis=1)

    def inverse(self, mapped: Floats) -> Floats:
        """Map back what ``forward`` gives (n, k)."""
        if self.kind == "none":
            return mapped
        return np.stack([self._inverse(*pair) for pair in zip(mapped.T, self.tables, strict=True)], axis=1)

    def _forward(self, y: Floats, table: Floats) -> Floats:
        if self.kind == "log":
            return np.asarray(np.sign(y) * np.log1p(np.abs(y) / table[0, 0]))
        return _piecewise(y, table[0], table[1])

    def _inverse(self, z: Floats, table: Floats) -> Floats:
        if self.kind == "log":
            return np.asarray(np.sign(z) * np.expm1(np.abs(z)) * table[0, 0])
        return _piecewise(z, table[1], table[0])

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON."""
        return {"kind": self.kind, "tables": [table.tolist() for table in self.tables]}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "TargetTransform":
        """Invert ``to_dict``."""
        return cls(content["kind"], tuple(np.array(table) for table in content["tables"]))


def _log_scale(values: Floats) -> Floats:
    sizes = np.abs(values[values != 0])
    return np.full((2, 1), np.quantile(sizes, SMALL_SHARE) if len(sizes) else 1.0)


def _knots(values: Floats) -> Floats:
    """Distinct quantiles and their normal scores; two at least."""
    shares = (np.arange(min(KNOTS, len(values))) + 0.5) / min(KNOTS, len(values))
    quantiles, first, times = np.unique(np.quantile(values, shares), return_index=True, return_counts=True)
    if len(quantiles) < 2:
        return np.array([[values[0], values[0] + 1.0], [0.0, 1.0]])
    ranks = first + (times - 1) / 2
    return np.stack([quantiles, ndtri((ranks + 0.5) / len(shares))])


def _piecewise(x: Floats, xs: Floats, ys: Floats) -> Floats:
    """Interpolate, and go on straight with the mean slope of the outermost tenth of the knots."""
    found = np.interp(x, xs, ys)
    reach = max(1, len(xs) // 10)
    for outside, at, other in ((x < xs[0], 0, reach), (x > xs[-1], -1, -1 - reach)):
        slope = (ys[at] - ys[other]) / (xs[at] - xs[other])
        found[outside] = ys[at] + slope * (x[outside] - xs[at])
    return np.asarray(found)


NO_TRANSFORM = TargetTransform()

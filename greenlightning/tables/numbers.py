"""Numeric columns: a frozen fill and an indicator of missing cells, and normal quantiles for heavy tails."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from greenlightning.tables.values import Cells

KNOTS = 65
TAIL = 0.005
HEAVY = 12.0
FEWEST_VALUES = 20
GRID = float(1 << 20)
READ_AT_ONCE = 16
Table = pd.DataFrame | Mapping[str, Cells]


def taken(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the columns of these names: the frame itself, uncopied, where it has no others."""
    return frame if frame.columns.tolist() == names else frame[names]


def block(table: Table, names: tuple[str, ...]) -> NDArray[Any]:
    """Return the cells of numeric columns as one array (n, m)."""
    if isinstance(table, pd.DataFrame):
        return taken(table, list(names)).to_numpy()
    cells = [np.asarray(table[name]) for name in names]
    return np.column_stack(cells) if cells else np.empty((len(next(iter(table.values()))), 0))


def _columns(frame: pd.DataFrame, names: tuple[str, ...]) -> Iterator[NDArray[np.floating[Any]]]:
    """Yield one column (n,) after another, as float32 where all are; a few at a time are read along the rows."""
    dtype = np.float32 if (frame.dtypes == np.float32).all() else np.float64
    for start in range(0, len(names), READ_AT_ONCE):
        yield from np.ascontiguousarray(frame[list(names[start : start + READ_AT_ONCE])].to_numpy(dtype).T)


@dataclass(frozen=True, eq=False)
class NumberColumns:
    """The frozen tables of m numeric columns.

    Attributes
    ----------
    names : tuple of m str
        The columns.
    fill : ndarray of shape (m,), float64
        The base's median, in place of a missing cell.
    has_gaps : ndarray of shape (m,), bool
        Columns with a missing cell in the base: these have an indicator.
    knots : ndarray of shape (m, 65), float64
        Quantiles of a heavy-tailed column in the base; NaN for the others, which stay as they are.
    """

    names: tuple[str, ...]
    fill: NDArray[np.float64]
    has_gaps: NDArray[np.bool_]
    knots: NDArray[np.float64]

    @classmethod
    def fit(cls, frame: pd.DataFrame, names: tuple[str, ...]) -> "NumberColumns":
        """Freeze the tables on columns ``names`` of a base; the order of its rows does not matter.

        The median is the mean of the one or two in the middle of the sorted values.
        """
        fill, gaps, knots = (
            np.zeros(len(names)),
            np.zeros(len(names), dtype=bool),
            np.full((len(names), KNOTS), np.nan),
        )
        for place, values in enumerate(_columns(frame, names)):
            known = np.sort(values[np.isfinite(values)]).astype(np.float64, copy=False)
            gaps[place] = bool(np.isnan(values).any())
            if len(known):
                fill[place] = known[(len(known) - 1) // 2 : len(known) // 2 + 1].mean()
                if is_heavy_tailed(known):
                    knots[place] = np.quantile(known, np.linspace(0, 1, KNOTS))
        return cls(names, fill, gaps, knots)

    @property
    def indicated(self) -> tuple[str, ...]:
        """Columns that have an indicator."""
        return tuple(name for name, gap in zip(self.names, self.has_gaps, strict=True) if gap)

    def transform(self, table: Table) -> NDArray[Any]:
        """Return the filled columns and then their indicators, (n, m + i).

        float32 stays where no cell changes; what is filled or transformed is float64, for which bits then do not
        depend on the type that the cells came in.
        """
        values = block(table, self.names)
        values = values if values.dtype == np.float32 else values.astype(np.float64, copy=False)
        missing, curved = np.isnan(values), np.flatnonzero(~np.isnan(self.knots[:, 0]))
        if missing.any():
            values = np.where(missing, self.fill, values)
        if len(curved):
            values = values.astype(np.float64)
        for place in curved:
            values[:, place] = normal_quantiles(values[:, place], self.knots[place])
        if not self.has_gaps.any():
            return values
        return np.column_stack([values, missing[:, self.has_gaps].astype(values.dtype)])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the tables by name."""
        return {"fill": self.fill, "has_gaps": self.has_gaps, "knots": self.knots}

    @classmethod
    def of_arrays(cls, names: tuple[str, ...], arrays: dict[str, NDArray[Any]]) -> "NumberColumns":
        """Invert ``arrays``."""
        return cls(names, arrays["fill"], arrays["has_gaps"].astype(bool), arrays["knots"])


def is_heavy_tailed(known: NDArray[np.float64]) -> bool:
    """Tell whether sorted values (n,) reach over 12 interquartile ranges from the median, as prices do.

    Columns of fewer than 20 different values, and those whose quartiles are equal, stay as they are.
    """
    five = np.quantile(known, [0.25, 0.5, 0.75]), known[0], known[-1]
    return reaches_far(*five) and len(np.unique(known)) >= FEWEST_VALUES


def reaches_far(quartiles: NDArray[np.float64], first: float, last: float) -> bool:
    """Tell whether extremes are over 12 interquartile ranges from the median; never where quartiles are equal."""
    low, median, high = quartiles
    return bool(high != low and max(last - median, median - first) > HEAVY * (high - low))


def normal_quantiles(values: NDArray[np.float64], knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map values (n,) to the normal quantile of their rank among ``knots``, within ±2.58, on a grid of 2^-20.

    Equal knots give the middle of their ranks, as scikit-learn's QuantileTransformer does.
    """
    ranks = np.linspace(0, 1, len(knots))
    rank = 0.5 * (np.interp(values, knots, ranks) - np.interp(-values, -knots[::-1], -ranks[::-1]))
    return np.asarray(np.rint(ndtri(np.clip(rank, TAIL, 1 - TAIL)) * GRID) / GRID)

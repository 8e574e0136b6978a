"""Piecewise-linear columns beside the inputs: gates then see thresholds of a single column at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Bins:
    """Intervals between quantiles of the base, each a column: how far a value lies within it, from 0 to 1 [1]_.

    Attributes
    ----------
    column : ndarray of shape (b,), int64
        Which input each interval cuts.
    low, width : ndarray of shape (b,), float64
        Where the interval starts, and how long it is.

    References
    ----------
    .. [1] Gorishniy, Rubachev and Babenko, "On Embeddings for Numerical Features in Tabular Deep Learning",
       NeurIPS 2022, section 3.1.
    """

    column: NDArray[np.int64]
    low: NDArray[np.float64]
    width: NDArray[np.float64]

    @classmethod
    def of(cls, X: NDArray[Any], n_bins: int) -> "Bins":
        """Cut each column of the base ``X`` (n, d) at its quantiles; columns of two values stay whole.

        A column of fewer than ``n_bins`` values is cut at each of them.

        Examples
        --------
        >>> Bins.of(np.array([[0.0], [1.0], [2.0], [3.0], [4.0]]), 2).low.tolist()
        [0.0, 2.0]
        """
        edges = [_edges(values, n_bins) if n_bins else NOTHING for values in X.T]
        column = np.repeat(np.arange(len(edges)), [max(len(each) - 1, 0) for each in edges])
        low = np.concatenate([NOTHING, *(each[:-1] for each in edges)])
        width = np.concatenate([NOTHING, *(np.diff(each) for each in edges)])
        return cls(column.astype(np.int64), low, width)

    def __len__(self) -> int:
        return len(self.column)

    def expand(self, X: Tensor) -> Tensor:
        """Return inputs (n, d) and their places in the intervals, (n, d + b), float64; X where there are none."""
        if not len(self):
            return X
        column, low, width = (torch.from_numpy(each).to(X.device) for each in (self.column, self.low, self.width))
        inputs = X.double()
        places = inputs.index_select(1, column).sub_(low).div_(width).clamp_(0.0, 1.0)
        return torch.cat([inputs, places], dim=1)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name; none where there are no intervals, as in formats before them."""
        named = {"bin.column": self.column, "bin.low": self.low, "bin.width": self.width}
        return named if len(self) else {}

    @classmethod
    def of_arrays(cls, arrays: dict[str, NDArray[Any]]) -> "Bins":
        """Invert ``arrays``."""
        if "bin.column" not in arrays:
            return NO_BINS
        return cls(arrays["bin.column"], arrays["bin.low"], arrays["bin.width"])


def _edges(values: NDArray[Any], n_bins: int) -> NDArray[np.float64]:
    """Ascending edges of the intervals of one column; none where it has two values or fewer."""
    levels = np.unique(values).astype(np.float64)
    if len(levels) <= 2:
        return NOTHING
    if len(levels) <= n_bins + 1:
        return levels
    return np.unique(np.quantile(values.astype(np.float64), np.linspace(0, 1, n_bins + 1)))


NOTHING = np.empty(0)
NO_BINS = Bins(np.empty(0, dtype=np.int64), NOTHING, NOTHING)

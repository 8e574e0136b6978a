"""Input drift: how far each input column has moved from the base, by population stability index."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from greenlightning.errors import InputError

BINS = 10
FALSE_DISCOVERY_RATE = 0.01
MODERATE = 0.1
WORST = 5


@dataclass(frozen=True, eq=False)
class QuantileBins:
    """How a sample of the base fills its own deciles.

    The first edge lies just below the smallest value and the last is the largest, so that the two outer bins
    are empty for the base and take what later lies outside its range. Equal edges leave empty bins between.

    Attributes
    ----------
    edges : ndarray of shape (11, d)
        Deciles of each column.
    counts : ndarray of shape (12, d)
        Rows of the base in each bin.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, X: ArrayLike) -> "QuantileBins":
        """Compute deciles of the columns of ``X`` (n, d) and count the rows in each bin.

        Raises
        ------
        InputError
            Where there are no rows.
        """
        inputs = np.asarray(X, dtype=np.float64)
        if not len(inputs):
            raise InputError("Input drift has no base to be measured from", "Give at least one row")
        edges = np.quantile(inputs, np.linspace(0, 1, BINS + 1), axis=0, method="inverted_cdf")
        edges[0] = np.nextafter(edges[0], -np.inf)
        return cls(edges, _filled(inputs, edges))

    def drift(self, X: ArrayLike) -> "InputDrift":
        """Compute the drift of the columns of ``X`` (n, d).

        Raises
        ------
        InputError
            Where it has other columns or no rows.
        """
        inputs = np.asarray(X, dtype=np.float64)
        if inputs.ndim != 2 or not len(inputs) or inputs.shape[1] != self.edges.shape[1]:
            raise InputError(
                f"Inputs of shape {inputs.shape} cannot be compared with {self.edges.shape[1]} columns",
                "Give at least one row of the columns that the base has",
            )
        now, then = _filled(inputs, self.edges).astype(np.float64), self.counts.astype(np.float64)
        filled = now + then > 0
        n, m = len(inputs), float(then.sum(axis=0)[0])
        difference = (now * np.sqrt(m / n) - then * np.sqrt(n / m)) ** 2
        pearson = np.divide(difference, now + then, out=np.zeros_like(difference), where=filled).sum(axis=0)
        freedom = filled.sum(axis=0) - 1
        p = np.where(freedom > 0, chdtrc(np.maximum(freedom, 1), pearson), 1.0)
        return InputDrift(_psi(now, then, filled, freedom), adjusted(p))


@dataclass(frozen=True, eq=False)
class InputDrift:
    """How far each input column has moved from the base.

    ``psi`` is ``Σ_b (p_b − q_b) ln(p_b / q_b)`` over the bins [1]_, less what two samples of these sizes show by
    chance, ``(1/n + 1/m)(bins − 1)`` [2]_; p-values are Pearson's test that both samples fill the bins alike,
    adjusted for the number of columns [3]_.

    Attributes
    ----------
    psi : ndarray of shape (d,)
        Population stability index of each column.
    p_values : ndarray of shape (d,)
        Adjusted p-value of each column.

    References
    ----------
    .. [1] Siddiqi, "Credit Risk Scorecards", 2006.
    .. [2] Yurdakul and Naranjo, "Statistical Properties of the Population Stability Index", 2020.
    .. [3] Benjamini and Hochberg, "Controlling the False Discovery Rate", 1995.

    Examples
    --------
    >>> X = np.arange(1000.0)[:, None]
    >>> bins = QuantileBins.of(X)
    >>> bins.drift(X[::2]).drifted.tolist(), bins.drift(X + 500).drifted.tolist()
    ([False], [True])
    """

    psi: NDArray[np.float64]
    p_values: NDArray[np.float64]

    @property
    def drifted(self) -> NDArray[np.bool_]:
        """Columns (d,) that moved for certain (false discovery rate 1 %) and at all noticeably (PSI over 0.1)."""
        return (self.p_values < FALSE_DISCOVERY_RATE) & (self.psi > MODERATE)

    @property
    def share(self) -> float:
        """Share of the columns that drifted."""
        return float(self.drifted.mean())

    @property
    def largest(self) -> float:
        """Largest index of a column whose move is certain; 0 where none is."""
        return float(self.psi[self.p_values < FALSE_DISCOVERY_RATE].max(initial=0.0))

    def worst(self, names: Sequence[str]) -> dict[str, float]:
        """Up to five drifted columns with their index, the largest first."""
        order = np.argsort(-np.where(self.drifted, self.psi, -1.0), kind="stable")[:WORST]
        return {names[column]: float(self.psi[column]) for column in order if self.drifted[column]}

    def table(self, names: Sequence[str]) -> dict[str, list[Any]]:
        """All columns, the one that moved most first, as ``columns`` and ``data`` (pandas calls it "split")."""
        order = np.argsort(-self.psi, kind="stable")
        found = zip(self.psi.tolist(), self.p_values.tolist(), self.drifted.tolist(), strict=True)
        rows = [[name, *values] for name, values in zip(names, found, strict=True)]
        return {"columns": ["column", "psi", "p_value", "drifted"], "data": [rows[i] for i in order]}

    def to_dict(self, names: Sequence[str]) -> dict[str, Any]:
        """Return a summary for JSON, with the columns' ``names``."""
        return {"largest": self.largest, "share": self.share, "worst": self.worst(names)}


def _filled(X: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count the rows (12, d) in each bin: at most the first edge, between two, and beyond the last."""
    above = np.stack([np.greater(X, edge).sum(axis=0) for edge in edges])
    n = np.full((1, X.shape[1]), len(X))
    return np.asarray(np.concatenate([n, above]) - np.concatenate([above, np.zeros_like(n)]), dtype=np.int64)


def _psi(
    now: NDArray[np.float64], then: NDArray[np.float64], filled: NDArray[np.bool_], freedom: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Compute the index (d,) less its chance level; half a row more in each bin gives empty ones a logarithm."""
    bins = freedom + 1
    n, m = now.sum(axis=0), then.sum(axis=0)
    p, q = (now + 0.5) / (n + bins / 2), (then + 0.5) / (m + bins / 2)
    by_bin = np.where(filled, (p - q) * np.log(p / q), 0.0)
    return np.asarray(np.maximum(by_bin.sum(axis=0) - (1 / n + 1 / m) * freedom, 0.0))


def adjusted(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjust p-values (d,) for their number, ``min_{j ≥ i} p_(j) d / j`` (Benjamini and Hochberg, 1995).

    ``scipy.stats.false_discovery_control`` gives the same; importing it costs half a second.
    """
    order = np.argsort(p_values)
    scaled = p_values[order] * (len(order) / np.arange(1, len(order) + 1))
    found = np.empty_like(p_values)
    found[order] = np.minimum.accumulate(scaled[::-1])[::-1].clip(0, 1)
    return found

"""Input drift: how far each input column has moved from the base, by population stability index."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2, false_discovery_control

from greenlightning.errors import InputError

BINS = 10
FALSE_DISCOVERY_RATE = 0.01
MODERATE = 0.1
WORST = 5


@dataclass(frozen=True, eq=False)
class QuantileBins:
    """How a sample of the base fills its own deciles: ``edges`` (11, d) and ``counts`` (12, d).

    The first edge lies just below the smallest value and the last is the largest, so that the two outer bins
    are empty for the base and take what later lies outside its range. Equal edges leave empty bins between.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, X: ArrayLike) -> "QuantileBins":
        """Deciles of the columns of ``X`` (n, d) and the rows in each bin; raises InputError without rows."""
        inputs = np.asarray(X, dtype=np.float64)
        if not len(inputs):
            raise InputError("Input drift has no base to be measured from", "Give at least one row")
        edges = np.quantile(inputs, np.linspace(0, 1, BINS + 1), axis=0, method="inverted_cdf")
        edges[0] = np.nextafter(edges[0], -np.inf)
        return cls(edges, _filled(inputs, edges))

    def drift(self, X: ArrayLike) -> "InputDrift":
        """Drift of the columns of ``X`` (n, d); raises InputError where it has other columns or no rows."""
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
        p = np.where(freedom > 0, chi2.sf(pearson, np.maximum(freedom, 1)), 1.0)
        return InputDrift(_psi(now, then, filled, freedom), false_discovery_control(p, method="bh"))


@dataclass(frozen=True, eq=False)
class InputDrift:
    """Population stability index (d,) of each column, and its p-value adjusted for the number of columns.

    ``psi`` is ``Σ_b (p_b − q_b) ln(p_b / q_b)`` over the bins (Siddiqi 2006), less what two samples of these
    sizes show by chance, ``(1/n + 1/m)(bins − 1)`` (Yurdakul & Naranjo 2020); p-values are Pearson's test that
    both samples fill the bins alike, adjusted by Benjamini and Hochberg (1995).
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
        """JSON-able summary."""
        return {"largest": self.largest, "share": self.share, "worst": self.worst(names)}


def _filled(X: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows (12, d) in each bin: at most the first edge, between two, and beyond the last."""
    above = np.stack([np.greater(X, edge).sum(axis=0) for edge in edges])
    n = np.full((1, X.shape[1]), len(X))
    return np.asarray(np.concatenate([n, above]) - np.concatenate([above, np.zeros_like(n)]), dtype=np.int64)


def _psi(
    now: NDArray[np.float64], then: NDArray[np.float64], filled: NDArray[np.bool_], freedom: NDArray[np.intp]
) -> NDArray[np.float64]:
    """The index (d,), half a row added to each bin so that an empty one has a logarithm, less its chance level."""
    bins = freedom + 1
    n, m = now.sum(axis=0), then.sum(axis=0)
    p, q = (now + 0.5) / (n + bins / 2), (then + 0.5) / (m + bins / 2)
    by_bin = np.where(filled, (p - q) * np.log(p / q), 0.0)
    return np.asarray(np.maximum(by_bin.sum(axis=0) - (1 / n + 1 / m) * freedom, 0.0))

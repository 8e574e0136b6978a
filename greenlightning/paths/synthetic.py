"""Landmarks that are nobody's rows, for recipes that are published: drawn by a Gaussian copula (Sklar 1959)."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from greenlightning.paths.landmarks import LandmarkPaths

SKETCH = np.linspace(0.005, 0.995, 199)
"""Probabilities of the quantiles kept of each column; the extremes, which may tell of one row, are not."""


@dataclass(frozen=True, eq=False)
class SyntheticLandmarks(LandmarkPaths):
    """Path features at landmarks that ``synthetic_rows`` drew; the rest is as in LandmarkPaths."""

    kind: ClassVar[str] = "synthetic"
    frozen_part: ClassVar[str] = "synthetic landmarks"

    @staticmethod
    def _candidates(
        inputs: NDArray[Any], y: ArrayLike | None, n_rows: int, rng: np.random.Generator
    ) -> NDArray[Any]:
        return synthetic_rows(inputs, min(n_rows, len(inputs)), rng)

    @property
    def holds_rows(self) -> bool:
        """False: no landmark is a row of the base."""
        return False


def synthetic_rows(X: ArrayLike, n_rows: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw rows with the quantiles of each column of ``X`` and the rank correlations between columns.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Rows to imitate. Only 199 quantiles a column and a correlation matrix (d, d) of them are used.
    n_rows : int
        Rows to draw.
    rng : Generator
        Source of the draw.

    Returns
    -------
    ndarray of shape (n_rows, d)
        The rows drawn.
    """
    from scipy.stats import rankdata  # half a second, which only the making of a recipe spends

    rows = np.asarray(X, dtype=np.float64)
    quantiles = np.quantile(rows, SKETCH, axis=0)
    scores = ndtri((rankdata(rows, axis=0) - 0.5) / len(rows))
    scores -= scores.mean(axis=0)
    spread = np.sqrt(np.square(scores).mean(axis=0))
    scores /= np.where(spread > 0, spread, 1.0)
    values, axes = np.linalg.eigh(scores.T @ scores / len(scores))
    drawn = rng.standard_normal((n_rows, rows.shape[1])) * np.sqrt(values.clip(0)) @ axes.T
    shares = ndtr(drawn)
    return np.stack([np.interp(p, SKETCH, q) for p, q in zip(shares.T, quantiles.T, strict=True)], axis=1)

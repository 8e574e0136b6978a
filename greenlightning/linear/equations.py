"""The normal equations of ridge regression on centred path features, from statistics alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from greenlightning.data.targets import Targets
from greenlightning.errors import InputError, MismatchError
from greenlightning.linear.statistics import Statistics
from greenlightning.paths import PathFeatures

PANEL = 64
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """``(S (G − n m mᵀ) S + alpha I) V = R``: ridge regression on real-valued features.

    Features and targets are centred, so the intercept is not penalised (as in scikit-learn's Ridge).

    Attributes
    ----------
    statistics : Statistics
        The integer sums.
    scales : ndarray of shape (D,)
        S: real size of one unit of each integer feature.
    alpha : float
        Ridge strength, in units of the statistics' weights.
    feature_means : ndarray of shape (D,)
        S m: means of the real-valued features.
    target_means : ndarray of shape (k,)
        Means of the real-valued targets.
    right : ndarray of shape (D, k)
        R: the right sides.
    """

    statistics: Statistics
    scales: Floats
    alpha: float
    feature_means: Floats
    target_means: Floats
    right: Floats

    @classmethod
    def of(cls, statistics: Statistics, paths: PathFeatures, targets: Targets, alpha: float) -> "NormalEquations":
        """Set the equations up.

        Raises
        ------
        InputError
            Where ``alpha`` is negative or there are no samples.
        MismatchError
            Where the statistics belong to another recipe or other targets.
        """
        if alpha < 0 or statistics.n == 0:
            none = "There are no samples to learn from"
            problem = none if statistics.n == 0 else f"alpha={alpha} is negative"
            raise InputError(problem, "Give at least one batch and a ridge strength of zero or more")
        if (statistics.recipe, statistics.targets) != (paths.digest, targets.digest):
            raise MismatchError("The statistics belong to another recipe or targets", "Collect them with these")
        n, scales, target_scales = statistics.n, paths.scales, targets.scales(len(statistics.columns))
        feature_means = statistics.feature_sums / n * scales
        target_means = statistics.target_sums / n * target_scales
        right = statistics.B * np.outer(scales, target_scales)
        right -= n * np.outer(feature_means, target_means)
        in_units = alpha * 2.0**statistics.weight_bits
        return cls(statistics, scales, in_units, feature_means, target_means, right)

    def matrix(self) -> Floats:
        """Compute the matrix (D, D) in Fortran order; only its lower triangle, which LAPACK reads, is set."""
        size, G = len(self.scales), self.statistics.G
        upper = np.zeros((size, size))
        weighted = self.statistics.n * self.feature_means
        for start in range(0, size, PANEL):
            rows = slice(start, start + PANEL)
            panel = G[rows, start:] * self.scales[start:]
            panel *= self.scales[rows, None]
            panel -= np.outer(weighted[rows], self.feature_means[start:])
            upper[rows, start:] = panel
        upper.flat[:: size + 1] += self.alpha
        return upper.T

    def largest_diagonal(self) -> float:
        """Compute the largest entry on the diagonal of the matrix, which is the largest of all."""
        squares = self.statistics.G.diagonal() * self.scales**2
        return float((squares - self.statistics.n * self.feature_means**2).max(initial=0.0)) + self.alpha

    def residual(self, weights: Floats) -> Floats:
        """Compute ``R − A V`` of ``weights`` V (D, k), with A from the integers themselves."""
        product = gram_product(self.statistics, weights * self.scales[:, None])
        product *= self.scales[:, None]
        product -= np.outer(self.statistics.n * self.feature_means, self.feature_means @ weights)
        product += self.alpha * weights
        return self.right - product

    def backward_error(self, weights: Floats, residual: Floats) -> float:
        """Compute ``‖R − A V‖ / (max|A| ‖V‖ + ‖R‖)``; 0 where both are 0."""
        size = self.largest_diagonal() * np.linalg.norm(weights) + np.linalg.norm(self.right)
        return float(np.linalg.norm(residual) / size) if size else 0.0


def gram_product(statistics: Statistics, V: Floats) -> Floats:
    """Compute ``G V`` (D, c) in float64, a few rows of G at a time: no float copy of G is made."""
    G = statistics.G
    return np.concatenate([G[i : i + PANEL].astype(np.float64) @ V for i in range(0, len(G), PANEL)])

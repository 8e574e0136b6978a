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
    """``(S (G − n m mᵀ) S + alpha I) V = R``: real-valued features have scales S (D,) and means S m.

    Features and targets are centred, so the intercept is not penalised (as in scikit-learn's Ridge).
    ``feature_means`` (D,) and ``target_means`` (k,) are real-valued; ``right`` is R (D, k).
    """

    statistics: Statistics
    scales: Floats
    alpha: float
    feature_means: Floats
    target_means: Floats
    right: Floats

    @classmethod
    def of(cls, statistics: Statistics, paths: PathFeatures, targets: Targets, alpha: float) -> "NormalEquations":
        """Set the equations up; raises InputError and MismatchError as ``solver.solve`` says."""
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
        return cls(statistics, scales, alpha, feature_means, target_means, right)

    def matrix(self) -> Floats:
        """The matrix (D, D) in Fortran order; only its lower triangle is set, which is all LAPACK reads."""
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
        """The largest entry on the diagonal of the matrix, which is the largest of all."""
        squares = self.statistics.G.diagonal() * self.scales**2
        return float((squares - self.statistics.n * self.feature_means**2).max(initial=0.0)) + self.alpha

    def residual(self, weights: Floats) -> Floats:
        """``R − A V`` of ``weights`` V (D, k), with A from the integers themselves."""
        product = gram_product(self.statistics, weights * self.scales[:, None])
        product *= self.scales[:, None]
        product -= np.outer(self.statistics.n * self.feature_means, self.feature_means @ weights)
        product += self.alpha * weights
        return self.right - product

    def backward_error(self, weights: Floats, residual: Floats) -> float:
        """``‖R − A V‖ / (max|A| ‖V‖ + ‖R‖)``, 0 where all of it is."""
        size = self.largest_diagonal() * np.linalg.norm(weights) + np.linalg.norm(self.right)
        return float(np.linalg.norm(residual) / size) if size else 0.0


def gram_product(statistics: Statistics, V: Floats) -> Floats:
    """``G V`` (D, c) in float64, a few rows of G at a time: no float copy of G is made."""
    G = statistics.G
    return np.concatenate([G[i : i + PANEL].astype(np.float64) @ V for i in range(0, len(G), PANEL)])

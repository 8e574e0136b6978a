"""From scores to probabilities."""

import numpy as np
from numpy.typing import NDArray

UNIFORM_SHARE = 0.01


def class_probabilities(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities (n, k) from least-squares scores (n, k), without a parameter to fit.

    Least squares on one-hot labels estimates each class's probability, but not exactly on the simplex: the
    nearest point there is taken (Duchi et al. 2008, algorithm 1), then mixed with 1 % of the uniform
    distribution, so that no class is ever called impossible. The order of the classes does not change.
    """
    n, k = scores.shape
    descending = -np.sort(-scores, axis=1)
    excess = (np.cumsum(descending, axis=1) - 1) / np.arange(1, k + 1)
    support = np.count_nonzero(descending > excess, axis=1)
    nearest = np.maximum(scores - excess[np.arange(n), support - 1][:, None], 0)
    nearest /= nearest.sum(axis=1, keepdims=True)
    return np.asarray((1 - UNIFORM_SHARE) * nearest + UNIFORM_SHARE / k)

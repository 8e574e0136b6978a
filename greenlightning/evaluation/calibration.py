"""Calibration: whether answers of a given confidence are right as often as they say."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15


@dataclass(frozen=True, eq=False)
class Reliability:
    """Rows, mean confidence and share that is right, one value (b,) for each bin that is not empty."""

    rows: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def ece(self) -> float:
        """Expected calibration error, ``Σ_b n_b/n |accuracy_b − confidence_b|`` (Guo et al. 2017)."""
        return float(self.rows @ np.abs(self.accuracy - self.confidence) / self.rows.sum())


def reliability(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> Reliability:
    """Bin the largest probabilities (n,) in 15 equal bins, and count which answers (n,) are right in each."""
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    rows, sums, right = (np.bincount(place, weights, BINS) for weights in (None, confidence, correct))
    used = rows > 0
    return Reliability(rows[used].astype(np.int64), sums[used] / rows[used], right[used] / rows[used])

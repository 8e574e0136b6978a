"""Calibration: whether answers of a given confidence are right as often as they say."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence and accuracy in each of b bins that are not empty.

    Attributes
    ----------
    rows : ndarray of shape (b,)
        Rows in the bin.
    confidence : ndarray of shape (b,)
        Their mean confidence.
    accuracy : ndarray of shape (b,)
        Share of them that is right.
    """

    rows: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def ece(self) -> float:
        """Expected calibration error, ``Σ_b n_b/n |accuracy_b − confidence_b|`` [1]_.

        References
        ----------
        .. [1] Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", ICML 2017.
        """
        return float(self.rows @ np.abs(self.accuracy - self.confidence) / self.rows.sum())


def reliability(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> Reliability:
    """Compare confidence and accuracy in 15 equal bins.

    Parameters
    ----------
    confidence : ndarray of shape (n,)
        Largest probability of each row.
    correct : ndarray of shape (n,), bool
        Whether the answer is right.

    Returns
    -------
    Reliability
        The bins that are not empty.

    Examples
    --------
    >>> round(reliability(np.array([0.9, 0.9]), np.array([True, False])).ece, 3)
    0.4
    """
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    rows, sums, right = (np.bincount(place, weights, BINS) for weights in (None, confidence, correct))
    used = rows > 0
    return Reliability(rows[used].astype(np.int64), sums[used] / rows[used], right[used] / rows[used])

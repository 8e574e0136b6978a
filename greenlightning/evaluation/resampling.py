"""The bootstrap of rows: scores of resamples, drawn cell by cell where many rows are alike."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 2_000
FEWEST_RESAMPLES = 400
DRAWN_ROWS = 40_000_000
BLOCK_ENTRIES = 4_000_000
CONFIDENCE = 0.95
Floats = NDArray[np.float64]
ScoreOfCounts = Callable[[NDArray[np.generic], NDArray[np.int64]], Floats]


def resampled(
    rows: NDArray[np.generic], score: ScoreOfCounts, seed: int = 0, n_resamples: int = N_RESAMPLES
) -> Floats:
    """Compute a score of each bootstrap resample of the rows.

    Rows that are alike form a cell, and a resample changes the counts of the cells alone, which are multinomial:
    where there are few cells, they are drawn so, at a cost that does not grow with the rows. Otherwise rows are
    drawn, 40 million in all, or 400 resamples if that is more.

    Parameters
    ----------
    rows : ndarray of shape (p, n)
        What the score needs of each row.
    score : callable
        Takes the cells (p, c) and their counts in r resamples (r, c), and returns the scores (r, ...).
    seed : int, default=0
        Seed of the draws.
    n_resamples : int, default=2000
        Resamples.

    Returns
    -------
    ndarray of shape (n_resamples, ...)
        The scores.

    References
    ----------
    .. [1] Efron and Tibshirani, "An Introduction to the Bootstrap", 1993.
    """
    cells, counts = _cells(rows)
    rng, n = np.random.default_rng(seed), int(counts.sum())
    alike = 4 * len(counts) <= n or len(counts) <= 4
    wanted = n_resamples if alike else min(n_resamples, max(FEWEST_RESAMPLES, DRAWN_ROWS // n))
    block, found = max(1, BLOCK_ENTRIES // len(counts)), []
    for start in range(0, wanted, block):
        size = min(block, wanted - start)
        if alike:
            drawn = rng.multinomial(n, counts / n, size=size)
        else:
            place = np.repeat(np.arange(len(counts)), counts)
            drawn = np.stack(
                [np.bincount(place[rng.integers(n, size=n)], minlength=len(counts)) for _ in range(size)]
            )
        found.append(score(cells, drawn))
    return np.concatenate(found)


def _cells(rows: NDArray[np.generic]) -> tuple[NDArray[np.generic], NDArray[np.int64]]:
    """Distinct columns (p, c) of ``rows`` and how often each occurs."""
    if rows.dtype != bool:
        return np.unique(rows, axis=1, return_counts=True)
    weights = 1 << np.arange(len(rows))
    codes, counts = np.unique(weights @ rows.astype(np.int64), return_counts=True)
    return (codes & weights[:, None]) > 0, counts


def percentiles(scores: Floats, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the percentile interval that holds a share ``confidence`` of the resamples' ``scores`` (r,)."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    return float(low), float(high)

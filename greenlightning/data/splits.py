"""Deterministic splits of rows, stratified by label where the labels allow it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]


def split_rows(y: NDArray[Any], fraction: float, seed: int, *, stratified: bool = True) -> tuple[Rows, Rows]:
    """Split rows in those to keep and those to hold back, by ``seed`` alone.

    Fewer than 20 rows, or a fraction of 0, hold nothing back.

    Parameters
    ----------
    y : ndarray of shape (n,) or (n, k)
        Labels or real targets.
    fraction : float
        Share of the rows to hold back.
    seed : int
        Seed of the draw.
    stratified : bool, default=True
        Whether labels keep their proportions; no label is then held back whole.

    Returns
    -------
    kept, held : ndarray
        Positions in ascending order.

    Examples
    --------
    >>> kept, held = split_rows(np.arange(40) % 2, 0.25, seed=0)
    >>> len(kept), len(held)
    (30, 10)
    """
    rows = np.arange(len(y))
    if len(y) < 20 or fraction == 0:
        return rows, rows[:0]
    labels = None
    if stratified:
        counts = np.unique(y, return_counts=True)[1]
        if counts.min() >= 2 and min(fraction, 1 - fraction) * len(y) >= len(counts):
            labels = y
    from sklearn.model_selection import train_test_split

    _, held = train_test_split(rows, test_size=fraction, random_state=seed, stratify=labels)
    if stratified:
        held = held[np.isin(y[held], np.delete(y, held))]
    return np.delete(rows, held), np.sort(held)

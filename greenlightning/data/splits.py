"""Deterministic splits of rows, stratified by label where the labels allow it."""

import math
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
    random, size = np.random.RandomState(seed), math.ceil(fraction * len(y))
    if not stratified:
        held = random.permutation(len(y))[:size]
    else:
        _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        if counts.min() >= 2 and min(fraction, 1 - fraction) * len(y) >= len(counts):
            held = _stratified(codes, counts, size, random)
        else:
            held = random.permutation(len(y))[:size]
        held = held[np.isin(y[held], np.delete(y, held))]
    return np.delete(rows, held), np.sort(held)


def _stratified(
    codes: NDArray[np.intp], counts: NDArray[np.intp], size: int, random: np.random.RandomState
) -> Rows:
    """Draw ``size`` rows in the proportions of the labels, as scikit-learn 1.9 does: the same draws in order.

    Splits stay what they were, and importing scikit-learn takes longer than a small retraining.
    """
    kept = _shares(counts, len(codes) - size, random)
    held = _shares(counts - kept, size, random)
    of_label = np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1])
    drawn = [rows[random.permutation(len(rows))] for rows in of_label]
    return np.concatenate([rows[k : k + h] for rows, k, h in zip(drawn, kept, held, strict=True)])


def _shares(counts: NDArray[np.intp], size: int, random: np.random.RandomState) -> NDArray[np.intp]:
    """Divide ``size`` among labels by their counts: the whole parts, then the largest remainders, ties drawn."""
    exact = counts / counts.sum() * size
    shares: NDArray[np.intp] = np.floor(exact).astype(np.intp)
    remainders, left = exact - shares, int(size - shares.sum())
    for value in np.sort(np.unique(remainders))[::-1]:
        if left == 0:
            break
        tied = np.flatnonzero(remainders == value)
        drawn = random.choice(tied, size=min(len(tied), left), replace=False)
        shares[drawn] += 1
        left -= len(drawn)
    return shares

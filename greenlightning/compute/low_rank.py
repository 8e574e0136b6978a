"""``G`` of few rows in fewer numbers: its entries at some features give all others, to the bit.

The sums ``G = Σ φφᵀ`` of n rows have rank r ≤ n. A Cholesky factorisation with pivoting [1]_ finds r features S
with ``G = G[:, S] G[S, S]⁻¹ G[S, :]``. That product is computed in floating point, and every entry is an integer:
rounding gives it exactly where the error is far below a half, which is verified before the short form is used.

References
----------
.. [1] Higham, "Cholesky factorization", WIREs Computational Statistics, 2009.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cholesky, solve_triangular
from scipy.linalg.lapack import dpstrf

Integers = NDArray[np.int64]

FEWER = 0.75
"""Share of D below which rows are few: of more, the short form would save less than a sixteenth."""
ZERO, LARGEST_ERROR = 0.05, 1 / 128
"""What counts as zero on the diagonal, and an error that is 64 times smaller than one that would matter."""
EXACT = 1 << 53


def short_form(G: Integers, n: int) -> tuple[Integers, Integers] | None:
    """Find the features S and the entries that give the sums of few rows.

    Parameters
    ----------
    G : ndarray of shape (D, D)
        Sums of products of integer features.
    n : int
        Rows.

    Returns
    -------
    features : ndarray of shape (r,)
        Positions of S, in the order of their choice.
    entries : ndarray of shape (r D - r (r - 1) / 2,)
        Rows S of ``G``, each without what an earlier one has: columns S first, then the others ascending.
    None
        Instead of both, where rows are too many or rounding would not be sure.
    """
    D = len(G)
    if not 0 < n < FEWER * D:
        return None
    _, pivots, rank, _ = dpstrf(G, lower=1, tol=ZERO)
    if not 0 < rank < FEWER * D:
        return None
    features = pivots[:rank].astype(np.int64) - 1
    order = _order(features, D)
    ordered = G[np.ix_(order, order)]
    try:
        error = np.abs(_product(ordered[:rank]) - ordered).max()
    except LinAlgError:
        return None
    if not error < LARGEST_ERROR:
        return None
    return features, ordered[:rank][_trapezoid(rank, D)]


def from_short_form(features: Integers, entries: Integers, size: int) -> Integers:
    """Compute the sums from what ``short_form`` returned.

    Parameters
    ----------
    features, entries : ndarray
        The short form.
    size : int
        Number D of features.

    Returns
    -------
    ndarray of shape (D, D)
        The sums.

    Raises
    ------
    ValueError
        Where these are no entries of such sums.
    """
    rank, order = len(features), _order(features, size)
    rows = np.zeros((rank, size), dtype=np.int64)
    rows[_trapezoid(rank, size)] = entries
    rows[:, :rank] += np.triu(rows[:, :rank], 1).T
    product = _product(rows)
    if not np.abs(product).max() < EXACT:
        raise ValueError("the entries are too large")
    found = np.empty((size, size), dtype=np.int64)
    found[np.ix_(order, order)] = np.rint(product)
    return found


def _product(rows: Integers) -> NDArray[np.float64]:
    """Compute ``G`` (D, D), columns S first, from its rows S (r, D)."""
    values = rows.astype(np.float64)
    half = solve_triangular(cholesky(values[:, : len(rows)], lower=True), values, lower=True)
    return np.asarray(half.T @ half)


def _order(features: Integers, size: int) -> Integers:
    """Put S before the other features; raise ValueError where it is no set of features."""
    others = np.setdiff1d(np.arange(size), features)
    if len(others) + len(features) != size:
        raise ValueError("the features are not different ones")
    return np.concatenate([features, others])


def _trapezoid(rank: int, size: int) -> NDArray[np.bool_]:
    """Mark the entries (r, D) on the diagonal and right of it."""
    return np.arange(size) >= np.arange(rank)[:, None]

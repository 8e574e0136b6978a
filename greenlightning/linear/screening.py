"""Screening: what any sum of ``φφᵀ`` over samples must satisfy, whoever computed it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cholesky

from greenlightning.errors import MismatchError
from greenlightning.linear.statistics import Statistics

ROUNDING = 1e-12


def screen(statistics: Statistics, sender: str) -> None:
    """Check that statistics can be those of ``n`` samples.

    ``G`` must be symmetric and positive semidefinite, and all sums of products must keep the Cauchy-Schwarz bound:
    ``|G_ij|² ≤ G_ii G_jj``, ``|Σφ_i|² ≤ n G_ii`` and ``|B_ij|² ≤ G_ii Σy_j²``. Features must lie within their
    width and sums within ``n`` times it. For classes, counts must add up to ``n`` and columns of ``B`` to the
    feature sums.

    Parameters
    ----------
    statistics : Statistics
        The statistics received.
    sender : str
        Name of who sent them, for the message.

    Raises
    ------
    MismatchError
        Where a check fails.
    """
    largest = 1 << (statistics.bits - 1)
    diagonal = np.diagonal(statistics.G).astype(np.float64)
    ours = statistics.feature_sums, statistics.B, statistics.target_squares
    totals, B, squares = (values.astype(np.float64) for values in ours)
    n = np.array([statistics.n], dtype=np.float64)
    problems = {
        "holds no samples": statistics.n <= 0,
        "G is not symmetric": not np.array_equal(statistics.G, statistics.G.T),
        "a sum of squares is negative": bool((diagonal < 0).any() or (squares < 0).any()),
        "G breaks the Cauchy-Schwarz bound": _exceed(statistics.G, diagonal, diagonal),
        "feature sums break the Cauchy-Schwarz bound": _exceed(totals[:, None], diagonal, n),
        "B breaks the Cauchy-Schwarz bound": _exceed(B, diagonal, squares),
        "features exceed their width": bool(diagonal.max(initial=0) > statistics.n * largest**2),
        "feature sums exceed n features": bool(
            np.abs(statistics.feature_sums).max(initial=0) > statistics.n * largest
        ),
    }
    if statistics.targets.startswith("classes"):
        problems |= {
            "class counts do not add up to n": int(statistics.target_sums.sum()) != statistics.n,
            "class counts are not those of labels": not np.array_equal(
                statistics.target_squares, statistics.target_sums
            ),
            "B does not add up to the feature sums": not np.array_equal(
                statistics.B.sum(axis=1), statistics.feature_sums
            ),
        }
    if statistics.class_grams is not None:
        sums = np.array_equal(statistics.class_grams.sum(axis=0), statistics.G)
        problems |= {"the sums of the classes do not add up to G": not sums}
    found = [problem for problem, present in problems.items() if present]
    if not found and not _is_semidefinite(statistics.G):
        found = ["G is not positive semidefinite"]
    if found:
        raise MismatchError(
            f"The statistics of {sender} are not those of samples: {found[0]}", "Ask it to compute them again"
        )


def _exceed(products: NDArray[Any], left: NDArray[Any], right: NDArray[Any]) -> bool:
    """Whether a sum of products (a, b) is larger than the sums of squares (a,) and (b,) allow."""
    bound = np.sqrt(np.outer(left.clip(0), right.clip(0))) * (1 + 1e-9)
    return bool((np.abs(products) > bound).any())


def _is_semidefinite(G: NDArray[np.int64]) -> bool:
    """Whether no eigenvalue of ``G`` (D, D) is below zero, up to the rounding of its largest ones."""
    shifted = G.astype(np.float64)
    np.fill_diagonal(shifted, np.diagonal(shifted) + ROUNDING * max(float(np.trace(shifted)), 1.0))
    try:
        cholesky(shifted, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError:
        return False
    return True

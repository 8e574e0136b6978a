"""Screening: what any sum of ``φφᵀ`` over samples must satisfy, whoever computed it."""

import numpy as np

from greenlightning.errors import MismatchError
from greenlightning.linear.statistics import Statistics


def screen(statistics: Statistics, sender: str) -> None:
    """Check that statistics can be those of ``n`` samples.

    ``G`` must be symmetric and keep the Cauchy-Schwarz bound ``|G_ij|² ≤ G_ii G_jj``, features must lie within
    their width and sums within ``n`` times it; for classes, counts must add up to ``n`` and columns of ``B`` to
    the feature sums.

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
    bound = np.sqrt(np.outer(diagonal.clip(0), diagonal.clip(0))) * (1 + 1e-9)
    problems = {
        "holds no samples": statistics.n <= 0,
        "G is not symmetric": not np.array_equal(statistics.G, statistics.G.T),
        "G breaks the Cauchy-Schwarz bound": bool((diagonal < 0).any() or (np.abs(statistics.G) > bound).any()),
        "features exceed their width": bool(diagonal.max(initial=0) > statistics.n * largest**2),
        "feature sums exceed n features": bool(
            np.abs(statistics.feature_sums).max(initial=0) > statistics.n * largest
        ),
    }
    if statistics.targets.startswith("classes"):
        problems |= {
            "class counts do not add up to n": int(statistics.target_sums.sum()) != statistics.n,
            "B does not add up to the feature sums": not np.array_equal(
                statistics.B.sum(axis=1), statistics.feature_sums
            ),
        }
    if statistics.class_grams is not None:
        sums = np.array_equal(statistics.class_grams.sum(axis=0), statistics.G)
        problems |= {"the sums of the classes do not add up to G": not sums}
    found = [problem for problem, present in problems.items() if present]
    if found:
        raise MismatchError(
            f"The statistics of {sender} are not those of samples: {found[0]}", "Ask it to compute them again"
        )

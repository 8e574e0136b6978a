"""From scores to probabilities."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.evaluation.rules import DecisionRule

UNIFORM_SHARE = 0.01


def class_probabilities(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn least-squares scores into probabilities, without a parameter to fit.

    Least squares on one-hot labels estimates each class's probability, but not exactly on the simplex: the
    nearest point there is taken [1]_, then mixed with 1 % of the uniform distribution, so that no class is ever
    called impossible. The order of the classes does not change.

    Parameters
    ----------
    scores : ndarray of shape (n, k)
        Scores of each class.

    Returns
    -------
    ndarray of shape (n, k)
        Probabilities; each row adds up to 1.

    References
    ----------
    .. [1] Duchi, Shalev-Shwartz, Singer and Chandra, "Efficient Projections onto the l1-Ball for Learning in High
       Dimensions", ICML 2008, algorithm 1.

    Examples
    --------
    >>> class_probabilities(np.array([[0.8, 0.2], [1.5, -0.5]])).round(3).tolist()
    [[0.797, 0.203], [0.995, 0.005]]
    """
    n, k = scores.shape
    descending = -np.sort(-scores, axis=1)
    excess = (np.cumsum(descending, axis=1) - 1) / np.arange(1, k + 1)
    support = np.count_nonzero(descending > excess, axis=1)
    nearest = np.maximum(scores - excess[np.arange(n), support - 1][:, None], 0)
    nearest /= nearest.sum(axis=1, keepdims=True)
    return np.asarray((1 - UNIFORM_SHARE) * nearest + UNIFORM_SHARE / k)


def answers(scores: NDArray[np.float64], rule: DecisionRule, classes: Sequence[Any]) -> NDArray[np.intp]:
    """Return the positions (n,) in ``classes`` that scores (n, k) lead to: by the rule, else the highest score."""
    return rule.decide(class_probabilities(scores), classes) if rule else np.asarray(scores.argmax(axis=1))

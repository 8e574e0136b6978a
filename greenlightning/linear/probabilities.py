"""From scores to probabilities."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from greenlightning.evaluation.rules import DecisionRule

UNIFORM_SHARE = 0.01
FEWEST_ROWS = 30
LARGEST = 100.0
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """Two frozen numbers that make probabilities as sure as they are right.

    Logits are ``power log p + slope s``, of probabilities p on the simplex and scores s. Neither factor is
    negative, so the order of the classes stays. By default p is left as it is. Where classes join or labels move,
    scores are lower and as often right, so both factors rise as the mean score of a row's own class falls, which
    the sums tell; see ``docs/decisions/0004-probabilities.md``.

    Attributes
    ----------
    power, slope : float
        Factors, of zero or more, of the logarithm of p and of the score.
    level : float or None
        Mean score of a row's own class, over what was learnt when they were fitted; None keeps them as they are.
    """

    power: float = 1.0
    slope: float = 0.0
    level: float | None = None

    def __bool__(self) -> bool:
        return self != UNCALIBRATED

    @classmethod
    def of(cls, scores: Floats, positions: NDArray[np.intp], *, linear: bool = False) -> "Calibration":
        """Fit the two numbers to the log-loss of held-out rows.

        Labels are smoothed by one pseudo-row of every class alike [1]_, so that a few rows, all right, do not make
        it certain. The loss is convex.

        Parameters
        ----------
        scores : ndarray of shape (n, k)
            Scores of rows that were not learnt.
        positions : ndarray of shape (n,)
            The column of each row's label.
        linear : bool, default=False
            Whether ``power`` is 0, so that logits are scores times ``slope``.

        Returns
        -------
        Calibration
            The numbers; the default below 30 rows, or of one class.

        References
        ----------
        .. [1] Platt, "Probabilistic Outputs for Support Vector Machines", 1999.

        Examples
        --------
        >>> Calibration.of(np.array([[0.9, 0.1]] * 50 + [[0.1, 0.9]] * 50), np.repeat([0, 1], 50)).slope > 1
        True
        """
        n, k = scores.shape
        if n < FEWEST_ROWS or k < 2:
            return UNCALIBRATED
        logs = np.log(class_probabilities(scores))
        targets = np.full((n, k), 1 / (k * (n + 1)))
        targets[np.arange(n), positions] += n / (n + 1)

        def loss(factors: Floats) -> tuple[float, Floats]:
            logits = factors[0] * logs + factors[1] * scores
            excess = softmax(logits, axis=1) - targets
            slopes = np.array([np.sum(excess * logs), np.sum(excess * scores)])
            return -float(np.sum(targets * log_softmax(logits, axis=1))) / n, slopes / n

        from scipy.optimize import minimize  # a tenth of a second, which only a first training spends

        bounds = [(0.0, 0.0 if linear else LARGEST), (0.0, LARGEST)]
        found = minimize(loss, np.array([1.0 - linear, 1.0]), jac=True, method="L-BFGS-B", bounds=bounds).x
        return cls(*(round(float(factor), 6) for factor in found))

    def at(self, level: float) -> "Calibration":
        """Return the numbers for a model whose rows score ``level``, on average, for their own class.

        Examples
        --------
        >>> Calibration(0.5, 8.0, level=0.9).at(0.6)
        Calibration(power=0.75, slope=12.0, level=None)
        """
        if not self.level or level <= 0:
            return self
        sharper = self.level / level
        return Calibration(self.power * sharper, self.slope * sharper)

    def to_dict(self) -> dict[str, float]:
        """Return a form for JSON; empty for the default."""
        return {name: value for name, value in asdict(self).items() if value is not None} if self else {}


UNCALIBRATED = Calibration()


def class_probabilities(scores: Floats, calibration: Calibration = UNCALIBRATED) -> Floats:
    """Turn least-squares scores into probabilities.

    Least squares on one-hot labels estimates each class's probability, but not exactly on the simplex: the
    nearest point there is taken [1]_, then mixed with 1 % of the uniform distribution, so that no class is ever
    called impossible, and calibrated. The order of the classes does not change.

    Parameters
    ----------
    scores : ndarray of shape (n, k)
        Scores of each class.
    calibration : Calibration, optional
        How sure they are to be; by default as the simplex says.

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
    found = np.asarray((1 - UNIFORM_SHARE) * nearest + UNIFORM_SHARE / k)
    if not calibration:
        return found
    return np.asarray(softmax(calibration.power * np.log(found) + calibration.slope * scores, axis=1))


def answers(
    scores: Floats, rule: DecisionRule, classes: Sequence[Any], calibration: Calibration = UNCALIBRATED
) -> NDArray[np.intp]:
    """Return the positions (n,) in ``classes`` that scores (n, k) lead to: by the rule, else the highest score."""
    if not rule:
        return np.asarray(scores.argmax(axis=1))
    return rule.decide(class_probabilities(scores, calibration), classes)

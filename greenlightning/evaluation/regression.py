"""Scores of a regressor, each with its interval."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from greenlightning.evaluation.answers import RealAnswers
from greenlightning.evaluation.resampling import percentiles, resampled

REAL_SCORES = ("rmse", "mae", "r2")


@dataclass(frozen=True, eq=False)
class RegressionEvaluation:
    """Scores of a model.

    Attributes
    ----------
    rmse, mae : float
        Root mean squared and mean absolute error, in units of the target.
    r2 : float
        Share of the targets' variance explained; NaN where the targets are all alike.
    n : int
        Rows.
    answers : RealAnswers
        What was scored.
    """

    rmse: float
    mae: float
    r2: float
    n: int
    answers: RealAnswers

    def interval(self, score: str) -> tuple[float, float]:
        """Return the 95 % bootstrap interval of "rmse", "mae" or "r2"."""
        return percentiles(self._resamples[:, REAL_SCORES.index(score)])

    @cached_property
    def _resamples(self) -> NDArray[np.float64]:
        drawn = resampled(_terms(self.answers), _scores)
        known = np.isfinite(drawn).all(axis=1)
        return drawn[known] if known.any() else drawn


def evaluate_regression(y_true: ArrayLike, predicted: ArrayLike) -> RegressionEvaluation:
    """Score real outputs against targets.

    Over several outputs, squared and absolute errors are averaged, and so is R².

    Parameters
    ----------
    y_true, predicted : array-like of shape (n,) or (n, k)
        Targets and predictions.

    Returns
    -------
    RegressionEvaluation
        The scores.

    Raises
    ------
    InputError
        Where there are no rows, the shapes differ, or a value is not finite.

    Examples
    --------
    >>> found = evaluate_regression([1.0, 2.0, 3.0], [1.0, 2.0, 6.0])
    >>> round(found.rmse, 3), found.mae, found.r2
    (1.732, 1.0, -3.5)
    """
    answers = RealAnswers.of(y_true, predicted)
    rmse, mae, r2 = _scores(_terms(answers), np.ones((1, len(answers)), dtype=np.int64))[0].tolist()
    return RegressionEvaluation(rmse, mae, r2, len(answers), answers)


def _terms(answers: RealAnswers) -> NDArray[np.float64]:
    """Squared and absolute errors, centred targets and their squares (4 k, n), which all scores follow from."""
    centred = answers.truth - answers.truth.mean(axis=0)
    error = answers.predicted - answers.truth
    return np.concatenate([np.square(error), np.abs(error), centred, np.square(centred)], axis=1).T


def _scores(terms: NDArray[np.generic], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """RMSE, MAE and R² (r, 3) of rows with these terms (4 k, c), by their counts in r samples (r, c)."""
    means = counts @ terms.T.astype(np.float64) / counts.sum(axis=1, keepdims=True)
    squared, absolute, mean, square = np.split(means, 4, axis=1)
    variance = square - np.square(mean)
    unexplained = np.divide(squared, variance, out=np.full(squared.shape, np.nan), where=variance > 0)
    found = (np.sqrt(squared.mean(axis=1)), absolute.mean(axis=1), 1 - unexplained.mean(axis=1))
    return np.stack(found, axis=1)

"""Scores of a classifier, each with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from greenlightning.evaluation.answers import Answers, terms_of
from greenlightning.evaluation.calibration import Reliability, reliability
from greenlightning.evaluation.resampling import percentiles, resampled
from greenlightning.evaluation.rules import DecisionRule
from greenlightning.evaluation.score import Score

CLASS_SCORES = (Score.ACCURACY, Score.BALANCED_ACCURACY, Score.MACRO_F1, Score.LOG_LOSS)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Scores of a model.

    Attributes
    ----------
    accuracy, balanced_accuracy, macro_f1, log_loss, cost : float
        The scores; the log-loss in nats, the cost a row by the rule's costs.
    n : int
        Rows.
    confusion : ndarray of shape (k, k)
        Counts of true (rows) against predicted (columns) classes.
    classes : tuple of k labels
        Classes of the model and of the rows.
    reliability : Reliability
        Confidence and accuracy by bin.
    answers : Answers
        What was scored.
    """

    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    log_loss: float
    cost: float
    n: int
    confusion: NDArray[np.int64]
    classes: tuple[Any, ...]
    reliability: Reliability
    answers: Answers

    @property
    def ece(self) -> float:
        """Expected calibration error."""
        return self.reliability.ece

    def interval(self, score: Score) -> tuple[float, float]:
        """Return the 95 % bootstrap interval of a score."""
        return percentiles(resampled(terms_of(score, self.answers), score.of_counts)[:, 0])


def evaluate(
    y_true: ArrayLike, proba: ArrayLike, classes: Sequence[Any], rule: DecisionRule | None = None
) -> Evaluation:
    """Score probabilities against labels.

    A label that the model does not know counts as wrong, with probability 1e-15, the least that log-loss
    sees. Balanced accuracy averages the recall of the labels that occur, macro-F1 the F1 of those that occur as
    truth or prediction.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        Labels.
    proba : array-like of shape (n, k)
        Probabilities of each class.
    classes : sequence of k labels
        The classes of the columns.
    rule : DecisionRule, optional
        From probabilities to an answer; by default the most probable class.

    Returns
    -------
    Evaluation
        The scores.

    Raises
    ------
    InputError
        Where there are no rows or the shapes do not fit.

    Examples
    --------
    >>> evaluate(["a", "b"], [[0.9, 0.1], [0.6, 0.4]], ["a", "b"]).accuracy
    0.5
    """
    return evaluate_answers(Answers.of(y_true, proba, classes, rule))


def evaluate_answers(answers: Answers) -> Evaluation:
    """Score answers on labelled rows, as ``evaluate`` does."""
    union = answers.union()
    truth, answered = answers.codes(union)
    k, once = len(union), np.ones((1, len(answers)), dtype=np.int64)
    wanted = (*CLASS_SCORES, Score.COST)
    found = {str(score): float(score.of_counts(terms_of(score, answers), once)[0, 0]) for score in wanted}
    return Evaluation(
        **found,
        n=len(answers),
        confusion=np.bincount(truth * k + answered, minlength=k * k).reshape(k, k),
        classes=union,
        reliability=reliability(answers.proba.max(axis=1), truth == answered),
        answers=answers,
    )

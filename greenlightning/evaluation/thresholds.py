"""The decision threshold of two classes, chosen on held-out rows, and scored on rows that did not choose it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from greenlightning.evaluation.answers import Answers, terms_of
from greenlightning.evaluation.comparison import Comparison, compare
from greenlightning.evaluation.rules import DecisionRule
from greenlightning.evaluation.score import Score

FEWEST_OF_CLASS = 10
CANDIDATES = 99


@dataclass(frozen=True, eq=False)
class ThresholdChoice:
    """A threshold, and what it gains over answering the more probable class.

    Attributes
    ----------
    rule : DecisionRule
        The rule with the threshold that all rows choose.
    answers : Answers
        The rows, each half answered by the threshold that the other half chose.
    gain : Comparison
        These answers against those of the more probable class.
    """

    rule: DecisionRule
    answers: Answers
    gain: Comparison


def choose_threshold(answers: Answers, score: Score, seed: int = 0) -> ThresholdChoice | None:
    """Choose the decision threshold of two classes by a score.

    The threshold is taken only where it is surely better: each half of the rows is answered by the threshold that
    the other half chose, and the 95 % interval of the gain must lie above 0.

    Parameters
    ----------
    answers : Answers
        Probabilities on rows that were not learnt.
    score : Score
        The score to be best in.
    seed : int, default=0
        Seed of the halves.

    Returns
    -------
    ThresholdChoice or None
        None where no threshold is better for certain, the classes are not two, the score knows no threshold, or
        there are under 10 rows of a class.
    """
    if len(answers.classes) != 2 or not score.is_share:
        return None
    plain = replace(answers, rule=DecisionRule())
    first, second = (np.asarray(answers.truth == label) for label in answers.classes)
    if min(first.sum(), second.sum()) < FEWEST_OF_CLASS:
        return None
    half = _halves(second, seed)
    decided = np.empty(len(answers), dtype=np.intp)
    for chosen_on in (half, ~half):
        decided[~chosen_on] = answers.proba[~chosen_on, 1] >= _best(plain, score, chosen_on)
    crossed = replace(plain, decided=decided)
    gain = compare(terms_of(score, crossed, plain), margin=0.0, score=score)
    if gain.low <= 0:
        return None
    rule = DecisionRule(threshold=_best(plain, score, np.ones(len(answers), dtype=bool)))
    return ThresholdChoice(rule, replace(crossed, rule=rule), gain)


def _halves(second: NDArray[np.bool_], seed: int) -> NDArray[np.bool_]:
    """Half of the rows of each class."""
    half = np.zeros(len(second), dtype=bool)
    rng = np.random.default_rng(seed)
    for rows in (np.flatnonzero(second), np.flatnonzero(~second)):
        half[rng.permutation(rows)[: len(rows) // 2]] = True
    return half


def _best(answers: Answers, score: Score, rows: NDArray[np.bool_]) -> float:
    """Return the threshold with the best score on these rows; of equal ones that nearest to a half."""
    proba, truth = answers.proba[rows], answers.truth[rows]
    inner = np.quantile(proba[:, 1], np.arange(1, CANDIDATES + 1) / (CANDIDATES + 1))
    candidates = np.unique(np.append(inner.clip(1e-6, 1 - 1e-6), 0.5))
    models = [Answers(truth, proba, answers.classes, DecisionRule(threshold=float(one))) for one in candidates]
    scores = score.of_counts(terms_of(score, *models), np.ones((1, len(truth)), dtype=np.int64))[0]
    best = candidates[scores >= scores.max() - 1e-12]
    return float(best[np.abs(best - 0.5).argmin()])

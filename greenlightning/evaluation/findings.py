"""What a reader should know before a model serves: no better than a constant, classes left out, and the like.

Each finding is one line with its numbers. The limits are such that a sound model on a sound table has none.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from greenlightning.evaluation.answers import Answers, RealAnswers, terms_of
from greenlightning.evaluation.comparison import Comparison, compare
from greenlightning.evaluation.rules import DecisionRule
from greenlightning.evaluation.score import Score
from greenlightning.evaluation.score_text import score_text

FEWEST_ROWS = 10
FEWEST_HELD_ROWS = 3
MANY_NUMBERS = 20
ROWS_PER_NUMBER = 20
FEWEST_CHANGES = 2
NAMED = 5


def class_findings(
    answers: Answers, learnt: Mapping[Any, float], score: Score = Score.ACCURACY, rows: str = "holdout rows"
) -> tuple[str, ...]:
    """Tell what is wrong with a classifier's answers on rows that it never learnt.

    Parameters
    ----------
    answers : Answers
        Its answers, with at least one row.
    learnt : mapping of label to float
        Rows learnt of each class.
    score : Score, default=Score.ACCURACY
        By which the model is compared with a constant answer.
    rows : str, default="holdout rows"
        What the rows are called.

    Returns
    -------
    tuple of str
        One line each; empty where nothing was found.

    Examples
    --------
    >>> proba = np.tile([0.9, 0.1], (100, 1))
    >>> answers = Answers.of(["no"] * 95 + ["yes"] * 5, proba, ["no", "yes"])
    >>> for line in class_findings(answers, {"no": 380, "yes": 20}):
    ...     print(line)
    no better than always answering 'no': accuracy 0.95 against 0.95 on 100 holdout rows
    'yes' (5 of 100 holdout rows) is never predicted
    """
    true, answered = set(np.unique(answers.truth).tolist()), set(np.unique(answers.labels).tolist())
    counts = dict(zip(*np.unique(answers.truth, return_counts=True), strict=True))
    absent = [label for label, count in learnt.items() if count and label not in true]
    few = {label: count for label, count in learnt.items() if 0 < count < FEWEST_ROWS}
    missed = [label for label, count in counts.items() if count >= FEWEST_HELD_ROWS and label not in answered]
    lines = [_against_constant(answers, learnt, score, rows), real_labels(learnt)]
    if absent:
        lines.append(f"{_named(absent)} not among the {len(answers)} {rows}, so no score covers {_it(absent)}")
    if few:
        shown = ", ".join(f"{label!r} {count:g}" for label, count in list(few.items())[:NAMED])
        more = f" and {len(few) - NAMED} more" if len(few) > NAMED else ""
        lines.append(f"very few rows of some classes were learnt: {shown}{more}")
    for label in missed[:NAMED]:
        lines.append(f"{_text(label)} ({counts[label]} of {len(answers)} {rows}) is never predicted")
    return tuple(line for line in lines if line)


def regression_findings(
    answers: RealAnswers, score: Score = Score.RMSE, rows: str = "holdout rows"
) -> tuple[str, ...]:
    """Tell where a regressor is no better than the mean of the targets (or their median, for the MAE)."""
    centre = np.mean if score is Score.RMSE else np.median
    constant = RealAnswers(answers.truth, np.broadcast_to(centre(answers.truth, axis=0), answers.truth.shape))
    name = "the mean" if score is Score.RMSE else "the median"
    return tuple(filter(None, [_no_better(answers, constant, score, f"always answering {name}", rows)]))


def last_value_finding(
    answers: Answers | RealAnswers, previous: ArrayLike, score: Score, rows: str = "new rows in their order"
) -> str:
    """Tell where a model is no better than repeating the target of the row before.

    Parameters
    ----------
    answers : Answers or RealAnswers
        The model's answers.
    previous : array-like of shape (n,) or (n, k)
        Target of the row before each row, in order of time.
    score : Score
        By which both are compared; log-loss and cost are replaced by accuracy.
    rows : str
        What the rows are called.

    Returns
    -------
    str
        One line, or nothing. Rows sorted by label tell nothing, and neither do those of few changes.
    """
    before = np.asarray(previous)
    if isinstance(answers, RealAnswers):
        return _no_better(answers, RealAnswers.of(answers.truth, before), score, "repeating the last value", rows)
    changes = int((before != answers.truth).sum())
    if changes < FEWEST_CHANGES * len(answers.classes):
        return ""
    classes = answers.union(Answers.of(before, np.ones((len(before), 1)), before[:1].tolist()))
    repeated = Answers.of(answers.truth, (before[:, None] == np.array(classes, dtype=before.dtype)) * 1.0, classes)
    fair = score if score.is_share else Score.ACCURACY
    return _no_better(answers, repeated, fair, "repeating the last label", rows)


def real_labels(learnt: Mapping[Any, float]) -> str:
    """Tell whether labels look like a regression target: many distinct numbers with few rows each."""
    numbers = [label for label in learnt if isinstance(label, int | float) and not isinstance(label, bool)]
    if len(numbers) < max(MANY_NUMBERS, len(learnt)):
        return ""
    rows = sum(learnt.values()) / len(numbers)
    if rows >= ROWS_PER_NUMBER and all(float(label).is_integer() for label in numbers):
        return ""
    return f"the labels look like a regression target: {len(numbers)} distinct numbers, {rows:.3g} rows each"


def _against_constant(answers: Answers, learnt: Mapping[Any, float], score: Score, rows: str) -> str:
    """Compare with the answer that the shares of the classes learnt alone give."""
    counts = np.array([learnt.get(label, 0.0) for label in answers.classes])
    if not counts.sum():
        return ""
    shares = np.tile(counts / counts.sum(), (len(answers), 1))
    constant = Answers(answers.truth, shares, answers.classes, DecisionRule(costs=answers.rule.costs))
    name = f"always answering {_text(constant.labels[0])}"
    return _no_better(
        answers, constant, score, "the shares of the classes" if score is Score.LOG_LOSS else name, rows
    )


def _no_better(
    answers: Answers | RealAnswers, simple: Answers | RealAnswers, score: Score, name: str, rows: str
) -> str:
    found = compare(terms_of(score, answers, simple), margin=0.0, score=score)
    if _better(found):
        return ""
    worse = found.high < 0 if score.is_share else found.low > 0
    ahead = (found.challenger > found.champion) == score.is_share
    verdict = "worse" if worse else "not clearly better" if ahead else "no better"
    ours, theirs = (score_text(value, ".4g") for value in (found.challenger, found.champion))
    numbers = f"{score.label} {ours} against {theirs} on {found.n:,} {rows}"
    return f"{verdict} than {name}: {numbers}"


def _better(found: Comparison) -> bool:
    """Whether the whole interval shows an advantage."""
    return found.low > 0 if found.score.is_share else found.high < 0


def _named(labels: Sequence[Any]) -> str:
    shown = ", ".join(map(_text, labels[:NAMED])) + (
        f" and {len(labels) - NAMED} more" if len(labels) > NAMED else ""
    )
    return f"class {shown} is" if len(labels) == 1 else f"classes {shown} are"


def _it(labels: Sequence[Any]) -> str:
    return "it" if len(labels) == 1 else "them"


def _text(label: Any) -> str:
    """Write a label as Python does."""
    return repr(label.item() if isinstance(label, np.generic) else label)

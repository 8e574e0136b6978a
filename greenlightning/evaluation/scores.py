"""Scores of a model, the paired comparison of challenger and champion, and the gate between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import f1_score

from greenlightning.data.labels import label_array
from greenlightning.errors import InputError
from greenlightning.evaluation.calibration import Reliability, reliability

SMALLEST_PROBABILITY = 1e-15


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Scores of a model.

    Attributes
    ----------
    accuracy, macro_f1, log_loss : float
        The scores; the log-loss in nats.
    n : int
        Rows.
    confusion : ndarray of shape (k, k)
        Counts of true (rows) against predicted (columns) classes.
    classes : tuple of k labels
        Classes of the model and of the rows.
    reliability : Reliability
        Confidence and accuracy by bin.
    """

    accuracy: float
    macro_f1: float
    log_loss: float
    n: int
    confusion: NDArray[np.int64]
    classes: tuple[Any, ...]
    reliability: Reliability

    @property
    def ece(self) -> float:
        """Expected calibration error."""
        return self.reliability.ece


def evaluate(y_true: ArrayLike, proba: ArrayLike, classes: Sequence[Any]) -> Evaluation:
    """Score probabilities against labels.

    A label that the model does not know counts as wrong, with probability 1e-15, the least that log-loss
    sees. Macro-F1 averages over the labels that occur as truth or prediction.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        Labels.
    proba : array-like of shape (n, k)
        Probabilities of each class.
    classes : sequence of k labels
        The classes of the columns.

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
    truth = label_array(y_true) if isinstance(y_true, list | tuple) else np.asarray(y_true)
    P, known = np.asarray(proba, dtype=np.float64), label_array(classes).tolist()
    if not len(truth) or P.shape != (len(truth), len(known)):
        raise InputError(
            f"Probabilities of shape {P.shape} do not fit {len(truth)} labels and {len(known)} classes",
            "Give one row a label and one column a class, and at least one row",
        )
    names, code = np.unique(truth, return_inverse=True)
    union = sorted({*known, *names.tolist()}, key=lambda label: (isinstance(label, str), label))
    place = {label: i for i, label in enumerate(union)}
    columns = np.array([place[label] for label in known])
    codes = np.array([place[label] for label in names.tolist()])[code]
    answers = columns[P.argmax(axis=1)]
    k = len(union)
    padded = np.zeros((len(truth), k))
    padded[:, columns] = P
    of_truth = padded[np.arange(len(truth)), codes].clip(SMALLEST_PROBABILITY, 1.0)
    return Evaluation(
        accuracy=float(np.mean(answers == codes)),
        macro_f1=float(f1_score(codes, answers, average="macro", zero_division=0.0)),
        log_loss=float(np.log(1 / of_truth).mean()),
        n=len(truth),
        confusion=np.bincount(codes * k + answers, minlength=k * k).reshape(k, k),
        classes=tuple(union),
        reliability=reliability(P.max(axis=1), answers == codes),
    )


@dataclass(frozen=True)
class Comparison:
    """Difference in accuracy of two models on the same rows.

    Attributes
    ----------
    difference : float
        Accuracy of the challenger less the champion's.
    low, high : float
        Its bootstrap interval.
    not_worse : bool
        Whether the interval reaches up to ``-margin``.
    margin : float
        Loss of accuracy that is accepted.
    n : int
        Rows.
    """

    difference: float
    low: float
    high: float
    not_worse: bool
    margin: float
    n: int

    def __str__(self) -> str:
        interval = f"{self.difference:+.4f} [{self.low:+.4f}, {self.high:+.4f}] on {self.n} rows"
        return f"{interval}, {'at most' if self.not_worse else 'more than'} {self.margin:g} worse"


def compare(
    challenger_correct: ArrayLike,
    champion_correct: ArrayLike,
    margin: float,
    seed: int,
    n_resamples: int = 2000,
    confidence: float = 0.95,
) -> Comparison:
    """Compare two models by a paired bootstrap of the difference in accuracy.

    With ``b`` rows that only the challenger and ``c`` that only the champion gets right, the difference is
    ``(b − c) / n``. Resampling n rows with replacement changes it through these two counts alone, which
    become ``Multinomial(n, (b/n, c/n, 1 − (b+c)/n))``: they are drawn so, at a cost that does not grow with
    n. The interval is that of the percentile method [1]_. The challenger is not worse, unless the whole interval
    lies below ``−margin``: a small slice must show harm before it keeps a model out that has learnt more
    (``docs/decisions/0005-champion-gate.md``).

    Parameters
    ----------
    challenger_correct, champion_correct : array-like of shape (n,), bool
        Rows that each model answers correctly.
    margin : float
        Loss of accuracy that is accepted.
    seed : int
        Seed of the resamples.
    n_resamples : int, default=2000
        Resamples.
    confidence : float, default=0.95
        Share of the resamples that the interval holds.

    Returns
    -------
    Comparison
        The difference and its interval.

    Raises
    ------
    InputError
        Where there are no rows or the lengths differ.

    References
    ----------
    .. [1] Efron and Tibshirani, "An Introduction to the Bootstrap", 1993.
    """
    ours, theirs = np.asarray(challenger_correct, dtype=bool), np.asarray(champion_correct, dtype=bool)
    n = len(ours)
    if not n or ours.shape != theirs.shape:
        raise InputError(
            f"The models were compared on {n} and {len(theirs)} rows",
            "Compare them on the same rows, at least one",
        )
    only_ours, only_theirs = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    cells = np.array([only_ours, only_theirs, n - only_ours - only_theirs]) / n
    draws = np.random.default_rng(seed).multinomial(n, cells, size=n_resamples)
    tail = (1 - confidence) / 2
    low, high = np.quantile((draws[:, 0] - draws[:, 1]) / n, [tail, 1 - tail])
    return Comparison((only_ours - only_theirs) / n, float(low), float(high), bool(high >= -margin), margin, n)


@dataclass(frozen=True)
class Decision:
    """Whether the challenger becomes champion.

    Attributes
    ----------
    promote : bool
        Whether it does.
    reason : str
        Why, in one line.
    """

    promote: bool
    reason: str


def gate(holdout: Comparison, slice: Comparison | None = None) -> Decision:
    """Promote the challenger where it is not worse.

    Parameters
    ----------
    holdout : Comparison
        On the fixed holdout.
    slice : Comparison, optional
        On the held-back slice of the new batch.

    Returns
    -------
    Decision
        Whether to promote, and why.
    """
    seen = {"holdout": holdout} | ({"new batch": slice} if slice else {})
    promote = all(comparison.not_worse for comparison in seen.values())
    numbers = "; ".join(f"{where} {comparison}" for where, comparison in seen.items())
    return Decision(promote, f"{'promoted' if promote else 'champion kept'}: {numbers}")

"""What a model answers on rows whose truth is known, and what each score needs of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from greenlightning.data.labels import label_array
from greenlightning.data.targets import as_columns
from greenlightning.errors import InputError
from greenlightning.evaluation.rules import MOST_PROBABLE, DecisionRule
from greenlightning.evaluation.score import Score, Terms, confusion_cells

SMALLEST_PROBABILITY = 1e-15


@dataclass(frozen=True, eq=False)
class Answers:
    """Probabilities of a classifier on n labelled rows, and the rule that turns them into labels.

    Attributes
    ----------
    truth : ndarray of shape (n,)
        Labels.
    proba : ndarray of shape (n, k)
        Probabilities of each class.
    classes : tuple of k labels
        The classes of the columns.
    rule : DecisionRule
        From probabilities to an answer.
    decided : ndarray of shape (n,) or None
        Positions of the answers, where they do not follow from the rule: those of cross-fitted thresholds.
    balanced : bool
        Whether the classifier was given balanced class weights.

    Raises
    ------
    InputError
        Where there are no rows or the shapes do not fit.
    """

    truth: NDArray[Any]
    proba: NDArray[np.float64]
    classes: tuple[Any, ...]
    rule: DecisionRule = MOST_PROBABLE
    decided: NDArray[np.intp] | None = None
    balanced: bool = False

    def __post_init__(self) -> None:
        if not len(self.truth) or self.proba.shape != (len(self.truth), len(self.classes)):
            raise InputError(
                f"Probabilities of shape {self.proba.shape} do not fit {len(self.truth)} labels and "
                f"{len(self.classes)} classes",
                "Give one row a label and one column a class, and at least one row",
            )

    @classmethod
    def of(
        cls, y_true: ArrayLike, proba: ArrayLike, classes: Sequence[Any], rule: DecisionRule | None = None
    ) -> "Answers":
        """Take labels (n,), probabilities (n, k) and k classes as they come."""
        truth = label_array(y_true) if isinstance(y_true, list | tuple) else np.asarray(y_true)
        known = tuple(label_array(classes).tolist())
        return cls(truth, np.asarray(proba, dtype=np.float64), known, rule or MOST_PROBABLE)

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def positions(self) -> NDArray[np.intp]:
        """Positions (n,) of the answers among the classes."""
        return self.rule.decide(self.proba, self.classes) if self.decided is None else self.decided

    @property
    def labels(self) -> NDArray[Any]:
        """The labels (n,) answered."""
        return np.asarray(label_array(self.classes)[self.positions])

    def union(self, *others: "Answers") -> tuple[Any, ...]:
        """All classes of these answers, their truth and ``others``, sorted."""
        labels = {label for one in (self, *others) for label in (*one.classes, *np.unique(one.truth).tolist())}
        return tuple(sorted(labels, key=lambda label: (isinstance(label, str), label)))

    def codes(self, union: Sequence[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Positions (n,) of the truth and of the answers among the classes ``union``."""
        place = {label: i for i, label in enumerate(union)}
        names, code = np.unique(self.truth, return_inverse=True)
        columns = np.array([place[label] for label in self.classes])
        truth = np.array([place[label] for label in names.tolist()])[code]
        return truth, columns[self.positions]

    def of_truth(self) -> NDArray[np.float64]:
        """Probability (n,) of the true label, at least 1e-15: that of a label without a column."""
        place = {label: i for i, label in enumerate(self.classes)}
        names, code = np.unique(self.truth, return_inverse=True)
        columns = np.array([place.get(label, len(place)) for label in names.tolist()])[code]
        padded = np.pad(self.proba, ((0, 0), (0, 1)))
        return np.asarray(padded[np.arange(len(self)), columns].clip(SMALLEST_PROBABILITY, 1.0))

    def terms(self, score: Score, union: Sequence[Any]) -> Terms:
        """Compute what ``score`` needs of each row (n,): correctness, loss, cost, or a confusion matrix's cell."""
        if score is Score.LOG_LOSS:
            return np.log(1 / self.of_truth())
        truth, answers = self.codes(union)
        if score is Score.ACCURACY:
            return np.asarray(truth == answers)
        if score is Score.COST:
            return np.asarray(self.rule.cost_matrix(union, union)[truth, answers])
        return confusion_cells(truth, answers)


@dataclass(frozen=True, eq=False)
class RealAnswers:
    """Outputs of a regressor on n rows.

    Attributes
    ----------
    truth, predicted : ndarray of shape (n, k)
        Targets and predictions.

    Raises
    ------
    InputError
        Where there are no rows or the shapes differ.
    """

    truth: NDArray[np.float64]
    predicted: NDArray[np.float64]

    def __post_init__(self) -> None:
        if not len(self.truth) or self.truth.shape != self.predicted.shape:
            raise InputError(
                f"Predictions of shape {self.predicted.shape} do not fit targets of shape {self.truth.shape}",
                "Give one prediction a target, and at least one row",
            )

    @classmethod
    def of(cls, y_true: ArrayLike, predicted: ArrayLike) -> "RealAnswers":
        """Take targets and predictions, (n,) or (n, k), as they come."""
        return cls(as_columns(y_true), as_columns(predicted))

    def __len__(self) -> int:
        return len(self.truth)

    def union(self, *others: "RealAnswers") -> tuple[Any, ...]:
        """No classes."""
        return ()

    def terms(self, score: Score, union: Sequence[Any] = ()) -> Terms:
        """Squared or absolute error (n,) of each row, the mean over its outputs."""
        error = self.predicted - self.truth
        return np.asarray((np.square(error) if score is Score.RMSE else np.abs(error)).mean(axis=1))


def terms_of(score: Score, *models: Answers | RealAnswers) -> Terms:
    """Terms (m, n) of several models on the same rows.

    Raises
    ------
    InputError
        Where the numbers of rows or the tasks differ, or the score belongs to another task.
    """
    for one in models:
        score.check_task("regression" if isinstance(one, RealAnswers) else "classification")
    if len(lengths := [len(one) for one in models]) > 1 and len(set(lengths)) > 1:
        raise InputError(
            f"The models were compared on {lengths[0]} and {lengths[1]} rows",
            "Compare them on the same rows, at least one",
        )
    union = models[0].union(*models[1:])  # type: ignore[arg-type]
    return np.stack([one.terms(score, union) for one in models])

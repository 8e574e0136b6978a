"""The scores that models are compared by, each from what it needs of a row."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from greenlightning.errors import InputError

TRUTH_BITS = 32
Terms = NDArray[np.generic]


class Score(StrEnum):
    """A score that models can be compared by."""

    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    MACRO_F1 = "macro_f1"
    LOG_LOSS = "log_loss"
    COST = "cost"
    RMSE = "rmse"
    MAE = "mae"

    @property
    def task(self) -> str:
        """The task it belongs to."""
        return "regression" if self in (Score.RMSE, Score.MAE) else "classification"

    def check_task(self, task: str) -> None:
        """Raise InputError where it does not belong to the task."""
        if self.task != task:
            raise InputError(
                f"{self.label} is a score of {self.task}, and the task is {task}", "Choose a score of the task"
            )

    @property
    def is_share(self) -> bool:
        """Whether it is a share that should be large; the others are errors that should be small."""
        return self in (Score.ACCURACY, Score.BALANCED_ACCURACY, Score.MACRO_F1)

    @property
    def label(self) -> str:
        """Its name in a sentence."""
        names = {Score.MACRO_F1: "macro-F1", Score.LOG_LOSS: "log-loss", Score.RMSE: "RMSE", Score.MAE: "MAE"}
        return names.get(self, self.value.replace("_", " "))

    def of_counts(self, terms: Terms, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Compute the score from the terms of cells and their counts.

        Balanced accuracy is the mean recall of the classes that occur; macro-F1 is the mean F1 of the classes that
        occur as truth or answer.

        Parameters
        ----------
        terms : ndarray of shape (m, c)
            Terms of each of m models in each cell.
        counts : ndarray of shape (r, c)
            Rows of each cell in each of r samples.

        Returns
        -------
        ndarray of shape (r, m)
            The scores.
        """
        if self in (Score.BALANCED_ACCURACY, Score.MACRO_F1):
            return np.stack([self._of_confusion(codes, counts) for codes in terms.astype(np.int64)], axis=1)
        means = counts @ terms.T.astype(np.float64) / counts.sum(axis=1, keepdims=True)
        return np.asarray(np.sqrt(means) if self is Score.RMSE else means)

    def _of_confusion(self, codes: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
        truth, answer = codes >> TRUTH_BITS, codes & (2**TRUTH_BITS - 1)
        k = int(max(truth.max(), answer.max())) + 1
        true, answered = _by_class(counts, truth, k), _by_class(counts, answer, k)
        right = _by_class(counts * (truth == answer), truth, k)
        whole = true if self is Score.BALANCED_ACCURACY else (true + answered) / 2
        shares = np.divide(right, whole, out=np.zeros(right.shape), where=whole > 0)
        return np.asarray(shares.sum(axis=1) / (whole > 0).sum(axis=1))


def _by_class(counts: NDArray[np.int64], classes: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """Sum counts (r, c) of cells by their class: (r, k)."""
    from scipy.sparse import csr_array

    place = csr_array((np.ones(len(classes)), (np.arange(len(classes)), classes)), shape=(len(classes), k))
    return np.asarray((place.T @ counts.T).T, dtype=np.float64)


def confusion_cells(truth: NDArray[np.integer], answers: NDArray[np.integer]) -> NDArray[np.int64]:
    """Give each row (n,) the number of its cell of the confusion matrix, from the codes of truth and answer."""
    return np.asarray((truth.astype(np.int64) << TRUTH_BITS) | answers)

"""A batch: one immutable snapshot of data, named by the hash of its content."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from greenlightning.data.labels import label_array, plain
from greenlightning.errors import InputError

BLOCK_ROWS = 4_096


def content_id(X: ArrayLike, y: Sequence[Any] | NDArray[Any]) -> str:
    """Name a batch by its values: 16 hex digits of sha256 over float64 inputs and the labels.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Inputs.
    y : sequence of length n, or ndarray of shape (n,) or (n, k)
        Labels or real targets.

    Returns
    -------
    str
        The same values give the same name, whatever file format or dtype they came in.

    Examples
    --------
    >>> content_id([[1.0], [2.0]], ["a", "b"]) == content_id(np.array([[1], [2]]), np.array(["a", "b"]))
    True
    """
    answers = label_array(y) if isinstance(y, list | tuple) else np.asarray(y)
    labels = [plain(label) for label in answers.tolist()]
    digest = hashlib.sha256(json.dumps([np.shape(X), labels], default=str, separators=(",", ":")).encode())
    for inputs in _as_written(X):
        digest.update(inputs.data)
    return digest.hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Batch:
    """Inputs, targets, and the name they are learnt under.

    Attributes
    ----------
    X : ndarray of shape (n, d)
        Inputs.
    y : ndarray of shape (n,) or (n, k)
        Labels or real targets.
    id : str
        Name; by default the ``content_id`` of inputs, weights and targets.
    weights : ndarray of shape (n,) or None
        How often each row counts; None once.

    Raises
    ------
    InputError
        Where inputs and targets have different lengths.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    id: str = field(default="")
    weights: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if len(self.X) != len(self.y):
            raise InputError(
                f"The batch has {len(self.X)} rows of inputs and {len(self.y)} targets",
                "Give one target for each row",
            )
        if not self.id:
            object.__setattr__(self, "id", content_id(self._weighted_inputs(), self.y))

    def fingerprints(self) -> NDArray[np.uint64]:
        """Name each row (n,) by its inputs, its weight if it has one, and its target."""
        return row_fingerprints(self._weighted_inputs(), self.y)

    def _weighted_inputs(self) -> NDArray[Any]:
        return self.X if self.weights is None else np.column_stack([self.X, self.weights])

    @property
    def rows(self) -> int:
        """Number of samples."""
        return len(self.X)


def row_fingerprints(X: ArrayLike, y: ArrayLike) -> NDArray[np.uint64]:
    """Name each row by its values: the same row has the same name in whichever batch it comes.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Inputs.
    y : array-like of shape (n,) or (n, k)
        Labels or real targets.

    Returns
    -------
    ndarray of shape (n,), uint64
        64-bit names.
    """
    answers = np.asarray(y)
    kinds, kind = np.unique(answers, axis=0, return_inverse=True)
    written = (json.dumps([plain(value) for value in np.atleast_1d(answer)], default=str) for answer in kinds)
    begun = [hashlib.sha256(answer.encode()) for answer in written]
    names = []
    rows = (row for inputs in _as_written(X) for row in inputs)
    for row, answer in zip(rows, kind.ravel(), strict=True):
        name = begun[answer].copy()
        name.update(row)
        names.append(name.digest()[:8])
    return np.frombuffer(b"".join(names), dtype="<u8").astype(np.uint64)


def _as_written(X: ArrayLike) -> Iterator[NDArray[np.float64]]:
    """``X`` (n, d) as float64 in C order with one zero, some rows at a time."""
    inputs = np.asarray(X)
    for start in range(0, len(inputs), BLOCK_ROWS):
        yield np.add(inputs[start : start + BLOCK_ROWS], 0.0, dtype="<f8", order="C", casting="unsafe")

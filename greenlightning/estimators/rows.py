"""Rows of an estimator's training data: how often each counts, and which ones are still learnt."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import _check_sample_weight

from greenlightning.errors import CapacityError, InputError, LedgerError
from greenlightning.paths.base import available_memory

Rows = tuple[NDArray[Any], NDArray[Any]]


def repeated(X: NDArray[Any], y: NDArray[Any], sample_weight: ArrayLike | None) -> Rows:
    """Repeat each row as often as its weight says.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Inputs.
    y : ndarray of shape (n,) or (n, k)
        Targets.
    sample_weight : array-like of shape (n,) or None
        Non-negative integers; a weight of 0 leaves the row out. None counts each row once.

    Returns
    -------
    tuple of ndarray
        Inputs and targets of ``sum(sample_weight)`` rows.

    Raises
    ------
    InputError
        Where a weight is negative or has a fraction.
    CapacityError
        Where the repeated rows would not fit into memory.

    Examples
    --------
    >>> import numpy as np
    >>> repeated(np.array([[1.0], [2.0]]), np.array([0, 1]), [2, 1])[1]
    array([0, 0, 1])
    """
    if sample_weight is None:
        return X, y
    weights = _check_sample_weight(sample_weight, X)
    if (weights < 0).any() or (weights % 1).any():
        raise InputError(
            "sample_weight must hold non-negative integers: for others the sums are not exact",
            "Scale and round the weights, for example np.rint(10 * sample_weight)",
        )
    if weights.sum() * X[:1].nbytes > available_memory():
        raise CapacityError(
            f"sample_weight asks for {weights.sum():,.0f} rows, too many for the memory", "Give smaller weights"
        )
    times = weights.astype(np.int64)
    return np.repeat(X, times, axis=0), np.repeat(y, times, axis=0)


def fingerprints_without(known: NDArray[np.uint64], removed: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Remove one occurrence of each fingerprint in ``removed`` from the sorted ``known``.

    Raises
    ------
    LedgerError
        Where one is missing.
    """
    wanted, times = np.unique(removed, return_counts=True)
    first = np.searchsorted(known, wanted, side="left")
    present = np.searchsorted(known, wanted, side="right") - first
    missing = int(np.maximum(times - present, 0).sum())
    if missing:
        raise LedgerError(
            f"{missing} of {len(removed)} rows were never learnt",
            "Forget only rows that were learnt, unchanged",
        )
    gone = np.concatenate([np.arange(f, f + t) for f, t in zip(first, times, strict=True)] or [first])
    return np.delete(known, gone)

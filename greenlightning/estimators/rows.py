"""Rows of an estimator's training data: how often each counts, and which ones are still learnt."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import _check_sample_weight

from greenlightning.data.batch import Batch
from greenlightning.data.labels import Label, plain
from greenlightning.data.targets import ClassTargets
from greenlightning.errors import CapacityError, InputError, LedgerError
from greenlightning.linear.weighting import fixed_point
from greenlightning.paths.base import available_memory

ClassWeight = Mapping[Any, float] | Literal["balanced"] | None
FEW_CLASSES = 16
"""Classes that have sums of their own: at 1,024 features 8 MB each in memory, half of it on disk."""


def weighted_batch(X: NDArray[Any], y: NDArray[Any], sample_weight: ArrayLike | None) -> Batch:
    """Make a batch of rows that count as often as their weights say.

    Integers repeat the rows; other weights go with them, without the rows of weight 0.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Inputs.
    y : ndarray of shape (n,) or (n, k)
        Targets.
    sample_weight : array-like of shape (n,) or None
        Numbers of zero or more; a weight of 0 leaves the row out. None counts each row once.

    Returns
    -------
    Batch
        The rows.

    Raises
    ------
    InputError
        Where a weight is negative.
    CapacityError
        Where the repeated rows would not fit into memory.

    Examples
    --------
    >>> import numpy as np
    >>> weighted_batch(np.array([[1.0], [2.0]]), np.array([0, 1]), [2, 1]).y
    array([0, 0, 1])
    """
    if sample_weight is None:
        return Batch(X, y)
    weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if (weights < 0).any():
        raise InputError("sample_weight must hold numbers of zero or more", "Leave out rows that must not count")
    if (weights % 1).any():
        some = weights > 0
        return Batch(X[some], y[some], weights=weights[some])
    if weights.sum() * X[:1].nbytes > available_memory():
        raise CapacityError(
            f"sample_weight asks for {weights.sum():,.0f} rows, too many for the memory", "Give smaller weights"
        )
    times = weights.astype(np.int64)
    return Batch(np.repeat(X, times, axis=0), np.repeat(y, times, axis=0))


def class_targets(wanted: ClassWeight, batch: Batch) -> ClassTargets:
    """Make targets with the weights of the classes, which are kept apart where they are few.

    Parameters
    ----------
    wanted : mapping of label to float, "balanced" or None
        Weights, or how to choose them.
    batch : Batch
        The first batch.

    Returns
    -------
    ClassTargets
        The targets.

    Raises
    ------
    InputError
        Where a weight cannot be used, or ``wanted`` is another word.
    """
    frozen = class_weights(wanted, batch)
    if wanted is None or len(np.unique(batch.y)) > FEW_CLASSES:
        return ClassTargets(frozen)
    return ClassTargets("balanced" if isinstance(wanted, str) else frozen, apart=True)


def class_weights(wanted: ClassWeight, batch: Batch) -> dict[Label, float]:
    """Freeze the weights of the classes on a first batch.

    Parameters
    ----------
    wanted : mapping of label to float, "balanced" or None
        Weights, or how to choose them.
    batch : Batch
        The first batch.

    Returns
    -------
    dict of label to float
        Weights in fixed point; empty where all classes count once.

    Raises
    ------
    InputError
        Where a weight cannot be used, or ``wanted`` is another word.
    """
    if wanted is None:
        return {}
    if isinstance(wanted, str):
        if wanted != "balanced":
            raise InputError(
                f"class_weight={wanted!r} is not known", 'Give "balanced", or a weight for each class'
            )
        labels, place = np.unique(batch.y, return_inverse=True)
        counts = np.bincount(place, batch.weights)
        found = dict(zip(labels.tolist(), counts.sum() / (len(labels) * counts), strict=True))
    else:
        found = {plain(label): float(weight) for label, weight in wanted.items()}
    units, bits = fixed_point(list(found.values()))
    return dict(zip(found, (units / 2.0**bits).tolist(), strict=True))


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

"""Class labels, kept exactly: integers beyond 2^53, booleans, floats and text are never rounded or merged."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from greenlightning.errors import InputError, MismatchError, UnknownLabelError

Label = int | str | float | bool


def plain(label: Any) -> Any:
    """Convert a label to a plain Python value, and integral numbers to ``int``: equal labels are written alike.

    Examples
    --------
    >>> import numpy as np
    >>> [plain(label) for label in (np.uint64(2**63 + 1), 1.0, True, 0.5, "007")]
    [9223372036854775809, 1, 1, 0.5, '007']
    """
    value = label.item() if isinstance(label, np.generic) else label
    return int(value) if isinstance(value, bool | float) and value % 1 == 0 else value


def label_array(labels: Sequence[Any]) -> NDArray[Any]:
    """Convert a sequence of labels to an array that equals it, element by element.

    NumPy promotes ``[1, 2**63]`` to float64 and ``["1", 1]`` to text, which merges labels. Here such a sequence
    becomes uint64 where that holds all of it, and an array of objects otherwise.

    Parameters
    ----------
    labels : sequence of int, float, bool or str
        n labels.

    Returns
    -------
    ndarray of shape (n,)
        The same values.

    Examples
    --------
    >>> label_array([1, 2**63 + 1]).dtype
    dtype('uint64')
    >>> label_array(["1", 1]).tolist()
    ['1', 1]
    """
    values = [label.item() if isinstance(label, np.generic) else label for label in labels]
    integers = all(isinstance(value, int) for value in values)
    for dtype in (None, np.uint64):
        with suppress(OverflowError, TypeError, ValueError):
            array = np.array(values, dtype=dtype)
            if array.ndim != 1 or not values:
                return array
            rounded = integers and array.dtype.kind == "f"
            if not rounded and _kinds(array.tolist()) == _kinds(values) and array.tolist() == values:
                return array
    exact = np.empty(len(values), dtype=object)
    exact[:] = values
    return exact


def checked_labels(y: ArrayLike) -> NDArray[Any]:
    """Convert ``y`` to labels of one kind, all numbers or all text.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels: integers up to 64 bits, booleans, floats or text.

    Returns
    -------
    ndarray of shape (n,)
        The labels, of a boolean, integer, float or text dtype.

    Raises
    ------
    InputError
        Where numbers and text mix, a label is missing, ``y`` is not one column, an integer has more than 64 bits,
        or a float is so large that it may stand for several integers.
    """
    labels = label_array(y) if isinstance(y, list | tuple) else np.asarray(y)
    if labels.dtype == object and labels.ndim == 1:
        labels = label_array(labels.tolist())
    missing = labels.dtype.kind == "f" and np.isnan(labels).any()
    if labels.ndim != 1 or labels.dtype.kind not in "biufU" or missing:
        raise InputError(
            f"The labels, {labels.dtype} of shape {labels.shape}, are not one column of numbers or of text",
            "Give one label a row, all of one kind, none missing, integers of at most 64 bits",
        )
    if labels.dtype.kind == "f" and (np.abs(labels) >= 2.0 ** (np.finfo(labels.dtype).nmant + 1)).any():
        raise InputError(
            f"Labels of type {labels.dtype} as large as {np.abs(labels).max():g} may have lost digits",
            "Give them as integers or as text",
        )
    return labels


def sorted_classes(labels: ArrayLike) -> tuple[Label, ...]:
    """Return the distinct labels in ascending order, as plain Python values.

    Examples
    --------
    >>> sorted_classes([7, 2**63, 7])
    (7, 9223372036854775808)
    """
    return tuple(np.unique(checked_labels(labels)).tolist())


def joined_classes(*classes: Iterable[Label]) -> tuple[Label, ...]:
    """Return the union of several sets of classes in ascending order; of equal labels the first one stays.

    Raises
    ------
    MismatchError
        Where some labels are text and some are numbers.
    """
    union = {label: None for labels in classes for label in labels}
    if len(set(_kinds(union))) > 1:
        raise MismatchError("Some labels are text and some are numbers", "Give all batches labels of one kind")
    return tuple(sorted(union))


def positions(y: ArrayLike, classes: Sequence[Label]) -> NDArray[np.intp]:
    """Find each label of ``y`` in ``classes``.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels.
    classes : sequence of k labels
        The classes that are known.

    Returns
    -------
    ndarray of shape (n,)
        Positions from 0 to k - 1.

    Raises
    ------
    UnknownLabelError
        Where a label is not among the classes; the message names up to five.
    """
    labels, inverse = np.unique(checked_labels(y), return_inverse=True)
    known = {label: i for i, label in enumerate(classes)}
    unknown = [label for label in labels.tolist() if label not in known]
    if unknown:
        raise UnknownLabelError(
            f"Unknown labels {unknown[:5]}", "Learn a batch that has them first, or allow new labels"
        )
    return np.array([known[label] for label in labels.tolist()], dtype=np.intp)[inverse]


def labels_like(y: ArrayLike, classes: NDArray[Any]) -> NDArray[Any]:
    """Convert labels to the kind of the ``classes`` that are known, so that these keep their type.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels of a later batch.
    classes : ndarray of shape (k,)
        Classes of text, booleans, integers or floats.

    Returns
    -------
    ndarray of shape (n,)
        The same labels: True and 1.0 as 1 where the classes are integers.

    Raises
    ------
    MismatchError
        Where one is text and the other numbers.
    InputError
        Where a label has no equal value of the classes' kind, such as 0.5 among integers.

    Examples
    --------
    >>> labels_like([1.0, 2.0], label_array([0, 1]))
    array([1, 2])
    """
    labels = checked_labels(y)
    if not len(labels) or not len(classes):
        return labels
    joined_classes(labels[:1].tolist(), classes[:1].tolist())
    kind = {"b": bool, "f": float, "U": str}.get(classes.dtype.kind, int)
    names, inverse = np.unique(labels, return_inverse=True)
    converted = [kind(name) for name in names.tolist()]
    strange = [name for name, label in zip(names.tolist(), converted, strict=True) if name != label]
    if strange:
        raise InputError(
            f"The label {strange[0]!r} is not of the kind of the classes known, {kind.__name__}",
            "Give all batches labels of one kind",
        )
    return label_array(converted)[inverse]


def _kinds(values: Iterable[Any]) -> list[bool]:
    """Tell for each value whether it is text."""
    return [isinstance(value, str) for value in values]

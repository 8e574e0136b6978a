"""Labels in one type for all files of a data set, and the task that they show."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenlightning.errors import InputError
from greenlightning.tables.schema import Task
from greenlightning.tables.values import FALSE, TRUE, is_missing

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
WHOLE = re.compile(r"-?[1-9][0-9]*")
LONGEST = 300
FEW_VALUES = 20
MANY_INTEGERS = 50


def canonical_labels(values: Iterable[Any], kind: str = "") -> NDArray[Any]:
    """Convert labels to bool, int64, float64 or str.

    Text that spells numbers becomes numbers, whole numbers become integers, and blanks around text go.

    Parameters
    ----------
    values : iterable of length n
        Labels as a file holds them.
    kind : {"bool", "int", "float", "str", ""}
        Type of the labels that are known; True is then 1 among integers, 1 is True among booleans, and a number
        is text among text. By default the type that the values show.

    Returns
    -------
    ndarray of shape (n,)
        The labels; of objects, with None where one is missing.

    Raises
    ------
    InputError
        Where NumPy would change a label and so could merge two classes, or a label is not a scalar.

    Examples
    --------
    >>> canonical_labels(["1", "2.0", 3])
    array([1, 2, 3])
    >>> canonical_labels([True, False], kind="int")
    array([1, 0])
    """
    items = [None if _is_gap(value) else value for value in values]
    known = [value for value in items if value is not None]
    if strange := [type(value).__name__ for value in known if not isinstance(value, SCALARS)]:
        raise InputError(f"Labels of type {strange[0]} cannot be learnt", "Give text, numbers or true/false")
    if any(isinstance(value, str) and len(value) > LONGEST and _is_beyond(value) for value in known):
        raise _inexact(items)
    known = _as_kind(known, kind) if kind else _of_one_type(known)
    tidy = np.array(known)
    if known and not _is_exact(tidy, known):
        raise _inexact(items)
    if len(known) == len(items):
        return tidy
    holes = np.full(len(items), None, dtype=object)
    holes[[value is not None for value in items]] = tidy.tolist()
    return holes


def stored_labels(values: Sequence[Any]) -> NDArray[Any]:
    """Convert labels that were canonical when they were stored: text stays text, even if it spells numbers.

    Parameters
    ----------
    values : sequence of length n
        Labels of one type, None where one is missing.

    Returns
    -------
    ndarray of shape (n,)
        The labels.
    """
    return canonical_labels(values, "str" if any(isinstance(value, str) for value in values) else "")


SCALARS = (str, bool, int, float, np.bool_, np.integer, np.floating)


def label_kind(labels: NDArray[Any]) -> str:
    """Name the type of canonical labels: "bool", "int", "float" or "str"."""
    return next((type(label).__name__ for label in labels.tolist() if label is not None), "str")


def shown_task(labels: NDArray[Any]) -> tuple[Task, str]:
    """Tell from canonical labels (n,) whether they are classes or a quantity, and why.

    Numbers are a quantity where they have fractions and over 20 values, or are over 50 different integers and
    more than the square root of the number of rows.
    """
    known = [label for label in labels.tolist() if label is not None]
    return task_of(label_kind(labels), len(set(known)), len(known))


def task_of(kind: str, distinct: int, rows: int) -> tuple[Task, str]:
    """Tell whether so many different labels of a type are classes or a quantity, and why."""
    if kind in ("bool", "str"):
        return "classification", f"the labels are {'true or false' if kind == 'bool' else 'text'}"
    if kind == "float" and distinct > FEW_VALUES:
        return "regression", f"{distinct:,} different numbers with fractions in {rows:,} rows"
    if distinct > MANY_INTEGERS and distinct > rows**0.5:
        return "regression", f"{distinct:,} different numbers in {rows:,} rows"
    return "classification", f"{distinct:,} different numbers in {rows:,} rows"


def alike_labels(labels: Sequence[Any]) -> list[tuple[str, str]]:
    """List pairs of labels that differ by blanks or case only."""
    found: dict[str, str] = {}
    pairs = []
    for label in sorted(str(label) for label in labels):
        folded = " ".join(label.split()).casefold()
        if folded in found:
            pairs.append((found[folded], label))
        found.setdefault(folded, label)
    return pairs


def _is_gap(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _of_one_type(known: list[Any]) -> list[Any]:
    if all(isinstance(value, bool | np.bool_) for value in known):
        return [bool(value) for value in known]
    numbers = [_number(value) for value in known]
    return [str(value).strip() for value in known] if None in numbers else numbers


def _as_kind(known: list[Any], kind: str) -> list[Any]:
    """Convert labels to the type of those known where each has an equal there; else leave them to be refused."""
    if kind == "str":
        return [value.strip() if isinstance(value, str) else str(_plain(value)) for value in known]
    words = [str(_plain(value)).strip().casefold() for value in known]
    if kind == "bool" and all(word in TRUE | FALSE for word in words):
        return [word in TRUE for word in words]
    if kind in ("int", "float") and all(word in ("true", "false") for word in words):
        return [int(word == "true") for word in words]
    return _of_one_type(known)


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_exact(tidy: NDArray[Any], known: list[Any]) -> bool:
    """Whether the array holds the very labels: NumPy makes floats of mixed integers beyond int64."""
    held = tidy.tolist()
    return tidy.dtype.kind in "bifU" and held == known and set(map(type, held)) <= set(map(type, known))


def _is_beyond(value: Any) -> bool:
    """Whether a label is, or spells, a whole number that int64 does not hold."""
    if isinstance(value, str):
        text = value.strip()
        return WHOLE.fullmatch(text) is not None and (len(text) > LONGEST or _is_beyond(int(text)))
    return isinstance(value, int | np.integer) and not -(2**63) <= int(value) < 2**63


def _inexact(items: list[Any]) -> InputError:
    """Return the error of labels that NumPy would change; it names the first row at fault, where one is."""
    for row, value in enumerate(items, start=1):
        ends = isinstance(value, str) and value.endswith("\0")
        if ends or _is_beyond(value):
            what = "text that ends in a NUL character" if ends else "a whole number beyond 64 bits"
            cause = f"Row {row} of the labels holds {what}, which cannot be kept exactly"
            break
    else:
        cause = "The labels mix large whole numbers with fractions and cannot be kept exactly"
    return InputError(cause, "Number the classes from 0, or write the labels as other text")


def _number(value: Any) -> int | float | None:
    """Return the number that a label is or spells, whole ones as int; None for text such as 'A' or '007'."""
    if isinstance(value, str):
        value = value.strip()
        if not NUMBER.fullmatch(value):
            return None
    if isinstance(value, int | np.integer) or (isinstance(value, str) and "." not in value):
        return int(value)
    number = float(value)
    return int(number) if number.is_integer() else number


def real_targets(values: "pd.Series[Any]") -> NDArray[np.float64]:
    """Convert the label column of a regression to float64 (n,), NaN where one is missing.

    Raises
    ------
    InputError
        Where a label is not a number; the message names the row.
    """
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.to_numpy(np.float64, na_value=np.nan)
    found = np.full(len(values), np.nan)
    for row, value in enumerate(values.tolist()):
        try:
            found[row] = np.nan if value is None or is_missing(str(value)) else float(value)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"Row {row + 1} of the label column {values.name!r} holds {value!r}, not a number",
                "Mend the cell, or declare the task classification",
            ) from error
    return found

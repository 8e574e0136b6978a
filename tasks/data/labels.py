"""The labels of a batch in one type, so that a label means the same in every file format."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenlightning.errors import InputError

LABEL = "label"
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def tidy_labels(values: Iterable[Any]) -> NDArray[Any]:
    """Labels (n,) as bool, int64, float64 or str; an object array with None where one is missing.

    Text that spells numbers becomes numbers, and whole numbers become integers. Raises InputError where NumPy
    would change a label, and so could merge two classes.
    """
    items = [None if pd.isna(value) or value == "" else value for value in values]
    known = [value for value in items if value is not None]
    if all(isinstance(value, bool | np.bool_) for value in known):
        known = [bool(value) for value in known]
    else:
        numbers = [_number(value) for value in known]
        known = [str(value) for value in known] if None in numbers else numbers
    tidy = np.array(known)
    if not _is_exact(tidy, known):
        raise InputError(
            "The labels cannot be kept exactly: an integer is too large, or text ends in a NUL character",
            "Number the classes from 0, or write the labels as other text",
        )
    if len(known) == len(items):
        return tidy
    holes = np.full(len(items), None, dtype=object)
    holes[[value is not None for value in items]] = tidy.tolist()
    return holes


def _is_exact(tidy: NDArray[Any], known: list[Any]) -> bool:
    """Whether the array holds the very labels: NumPy makes floats of mixed integers beyond int64."""
    held = tidy.tolist()
    return tidy.dtype.kind in "bifU" and held == known and set(map(type, held)) <= set(map(type, known))


def _number(value: Any) -> int | float | None:
    """The number that a label is or spells, whole ones as int; None for text such as 'A' or '007'."""
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        return None
    if isinstance(value, int | np.integer) or (isinstance(value, str) and "." not in value):
        return int(value)
    number = float(value)
    return int(number) if number.is_integer() else number

"""Cells in one canonical form for each kind of column, however a file writes them."""

import datetime
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenlightning.errors import InputError
from greenlightning.tables.dates import ISO, MIDNIGHT, guessed_format, naive, parsed
from greenlightning.tables.schema import Column, Kind

MISSING = frozenset({"", "?", "-", ".", "na", "n/a", "nan", "none", "null", "<null>", "<na>", "#n/a", "\\n"})
TRUE = frozenset({"true", "yes", "y", "t", "on", "1"})
FALSE = frozenset({"false", "no", "n", "f", "off", "0"})
PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
TWINS = {"true": "1", "false": "0", "1": "true", "0": "false"}


Cells = NDArray[Any] | pd.api.extensions.ExtensionArray


def canonical(cells: "pd.Series[Any]", column: Column, where: str) -> Cells:
    """Convert the cells of a column to its canonical form.

    Parameters
    ----------
    cells : Series of length n
        Cells of any type.
    column : Column
        What they should hold.
    where : str
        The file or table, for messages.

    Returns
    -------
    array of length n
        Numeric and boolean: float64, NaN where missing. Categorical: categories of text. Datetime: microseconds
        of UTC. Identifier: text.

    Raises
    ------
    InputError
        Where a cell cannot be read; the message names row and column.
    """
    return CONVERTERS[column.kind](cells, column, where)


def is_missing(text: str) -> bool:
    """Tell whether a cell's text stands for a missing value."""
    return text.strip().casefold() in MISSING


def as_number(value: Any) -> float:
    """Convert one cell to a number; NaN where it is missing, ValueError where it is none.

    Examples
    --------
    >>> [as_number(cell) for cell in (" 2.50 ", True, "yes", "?")]
    [2.5, 1.0, 1.0, nan]
    """
    if isinstance(value, str):
        text = value.strip()
        if is_missing(text):
            return float("nan")
        word = text.casefold()
        if not text[:1].isdigit() and word in TRUE | FALSE:
            return float(word in TRUE)
        if "_" in text:
            raise ValueError(text)
        return float(text)
    return float(value)


def as_category(value: Any) -> str:
    """Write one cell as a category: 2.0 and "2.0" as "2", True and "TRUE" as "true".

    Examples
    --------
    >>> [as_category(cell) for cell in (2.0, "2.0", True, " Paris", "007")]
    ['2', '2', 'true', 'Paris', '007']
    """
    if isinstance(value, str):
        text = value.strip()
        if PLAIN_NUMBER.fullmatch(text):
            return as_category(float(text) if "." in text else int(text))
        return text.casefold() if text.casefold() in ("true", "false") else text
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    return str(value)


def _numbers(cells: "pd.Series[Any]", column: Column, where: str) -> Cells:
    if cells.dtype.kind == "m":
        cells = cells.dt.total_seconds()
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        cells = naive(cells) - pd.Timestamp(MIDNIGHT, unit="us")
        if cells.dt.days.dropna().eq(0).all():
            return cells.dt.total_seconds().to_numpy(np.float64)
        raise InputError(
            f"Column {column.name!r} of {where} holds dates where numbers are expected",
            "Write numbers, or change its kind in the schema and train again",
        )
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return cells.to_numpy(np.float64, na_value=np.nan)
    return _by_value(cells, as_number, column, where, "a number")


def _booleans(cells: "pd.Series[Any]", column: Column, where: str) -> Cells:
    return _by_value(cells, _as_boolean, column, where, "true or false")


def _as_boolean(value: Any) -> float:
    word = as_category(value).casefold()
    if word in MISSING:
        return float("nan")
    if word not in TRUE | FALSE:
        raise ValueError(word)
    return float(word in TRUE)


def _categories(cells: "pd.Series[Any]", column: Column, where: str) -> Cells:
    codes, words = _words(cells)
    known = set(column.categories)
    twins = {word: TWINS[word] for word in words if word in TWINS and word not in known and TWINS[word] in known}
    words = [word if word is None else twins.get(word, word) for word in words]
    found = sorted({word for word in words if word is not None})
    place = {word: number for number, word in enumerate(found)}
    table = np.array([*(-1 if word is None else place[word] for word in words), -1])
    return pd.Categorical.from_codes(table[codes], dtype=_dtype(tuple(found)), validate=False)


@lru_cache(maxsize=1_024)
def _dtype(categories: tuple[str, ...]) -> pd.CategoricalDtype:
    """Make the type of a column once; batches of a stream have mostly the same categories."""
    return pd.CategoricalDtype(pd.Index(categories, dtype="str"))


def _identifiers(cells: "pd.Series[Any]", column: Column, where: str) -> Cells:
    return _texts(cells).astype("str").array


def _texts(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """Write each cell as a category, None where it is missing."""
    codes, words = _words(cells)
    table = np.array([*words, None], dtype=object)
    return pd.Series(table[codes], index=cells.index, name=cells.name, dtype=object)


def _words(cells: "pd.Series[Any]") -> tuple[NDArray[np.intp], list[str | None]]:
    """Write each distinct cell as a category, None where it is missing; a cell's code of −1 is missing too.

    Among mixed cells each is written before it is compared, as 1 and True are equal in Python.
    """
    if cells.dtype == object and pd.api.types.infer_dtype(cells) != "string":
        cells = cells.map(as_category, na_action="ignore")
    codes, values = pd.factorize(cells.array)
    words = [as_category(value) for value in values.tolist()]
    return codes, [None if is_missing(word) else word for word in words]


def _moments(cells: "pd.Series[Any]", column: Column, where: str) -> Cells:
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return naive(cells).array
    texts = _texts(cells)
    form = column.format or guessed_format(texts.dropna()) or ISO
    moments = parsed(texts.astype("str"), form)
    wrong = (moments.isna() & texts.notna()).to_numpy()
    if wrong.any() and (other := guessed_format(texts.dropna())):
        moments = parsed(texts.astype("str"), other)
        wrong = (moments.isna() & texts.notna()).to_numpy()
    if wrong.any():
        raise _unreadable(texts, int(wrong.argmax()), column, where, f"a date (format {form})")
    return moments.array


def _by_value(
    cells: "pd.Series[Any]", convert: Callable[[Any], float], column: Column, where: str, wanted: str
) -> Cells:
    """Convert each distinct value once; the first row with one that cannot be converted is named."""
    codes, values = pd.factorize(cells.array)
    table = np.full(len(values) + 1, np.nan)
    for code, value in enumerate(values.tolist()):
        try:
            table[code] = convert(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise _unreadable(cells, int((codes == code).argmax()), column, where, wanted) from error
    return table[codes]


def _unreadable(cells: "pd.Series[Any]", row: int, column: Column, where: str, wanted: str) -> InputError:
    first = cells.index.start if isinstance(cells.index, pd.RangeIndex) else 0
    shown = repr(cells.iloc[row])
    shown = shown if len(shown) <= 40 else f"{shown[:39]}…"
    return InputError(
        f"Row {first + row + 1}, column {column.name!r} of {where} holds {shown}, not {wanted}",
        "Mend the cell or leave it empty, or change the column's kind in the schema and train again",
    )


CONVERTERS: dict[Kind, Callable[["pd.Series[Any]", Column, str], Cells]] = {
    Kind.NUMERIC: _numbers,
    Kind.BOOLEAN: _booleans,
    Kind.CATEGORICAL: _categories,
    Kind.DATETIME: _moments,
    Kind.IDENTIFIER: _identifiers,
}

"""Read JSON: a record a line, or one list of records."""

import json
import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from greenlightning.errors import InputError
from tasks.data.readers.content import Content
from tasks.data.readers.header import checked_names, lists_note, without_index
from tasks.data.readers.source import ReadOptions, SourceTable, unreadable
from tasks.data.readers.text.encodings import PLAIN, utf8_of

NESTED = (list, dict)
MOST_DIGITS = 20


def read_json(content: Content, options: ReadOptions) -> SourceTable:
    """The columns of records as they are typed; InputError for anything else, with the row that is none."""
    path = content.path
    text, encoding = utf8_of(content, options.encoding)
    by_line = not text.lstrip().startswith(b"[")
    try:
        frame = pd.read_json(BytesIO(text), orient="records", lines=by_line, dtype=False, precise_float=True)
    except (ValueError, TypeError, AttributeError) as error:
        for row, record in _records(content, text, by_line):
            _refuse_record(path, row, record)
        raise unreadable(path, "JSON records", error) from error
    frame = _flat(frame)
    frame.columns = pd.Index(checked_names(path, [str(name) for name in frame.columns]))
    lists = [str(name) for name, column in frame.items() if _are(column, list)]
    if options.label in lists:
        raise InputError(f"The labels of {path.name} are lists", "Give one label a row")
    frame = frame.drop(columns=lists)
    for name, column in frame.items():
        _refuse_nested(path, str(name), column)
    frame, notes = without_index(frame, options.wanted)
    notes += lists_note(lists)
    return SourceTable(frame, tuple(([] if encoding in PLAIN else [f"the text is read as {encoding}"]) + notes))


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with a column ``a.b`` for each field ``b`` of the records in a column ``a``."""
    nested = [name for name, column in frame.items() if _are(column, dict)]
    if not nested:
        return frame
    parts = [frame[[name]] if name not in nested else _fields(frame[name]) for name in frame.columns]
    return _flat(pd.concat(parts, axis=1))


def _fields(column: "pd.Series[Any]") -> pd.DataFrame:
    """A column for each field of the records; a cell that is no record has none of them."""
    records = [cell if isinstance(cell, dict) else {} for cell in column]
    return pd.DataFrame(records, index=column.index).add_prefix(f"{column.name}.")


def _are(column: "pd.Series[Any]", kind: type) -> bool:
    """Whether every cell that has a value is a list, or a record."""
    known = column.dropna() if column.dtype == object else column.iloc[:0]
    return bool(len(known)) and bool(known.map(lambda cell: isinstance(cell, kind)).all())


def _refuse_nested(path: Path, name: str, column: "pd.Series[Any]") -> None:
    """Raise InputError for the first cell that holds a list or a record among others that hold values."""
    if column.dtype == object and (nested := column.map(lambda cell: isinstance(cell, NESTED))).any():
        where = f"Row {int(nested.argmax()) + 1}, column {name!r} of {path.name}"
        raise InputError(f"{where} holds a list or a record", "Give records of single values")


@dataclass(frozen=True)
class _Beyond:
    """A number beyond the range of numbers, by its characters."""

    characters: int


def _whole(text: str) -> int | _Beyond:
    if len(text) > MOST_DIGITS or not -(2**63) <= int(text) < 2**64:
        return _Beyond(len(text))
    return int(text)


def _fraction(text: str) -> float | _Beyond:
    return float(text) if math.isfinite(float(text)) else _Beyond(len(text))


_decode = json.JSONDecoder(parse_int=_whole, parse_float=_fraction).decode


def _records(content: Content, text: bytes, by_line: bool) -> Iterator[tuple[int, Any]]:
    """The records and their rows; InputError for the first line that is none. A list that is broken has none."""
    if not by_line:
        with suppress(ValueError):
            yield from enumerate(_decode(text.decode()), start=1)
        return
    row = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = _decode(line.decode())
            fault = "" if isinstance(record, dict) else "it is no record"
        except ValueError as error:
            fault = str(error)
        if fault:
            raise InputError(
                f"Line {number} of {content.path.name} cannot be read as a JSON record ({fault})",
                "Give one record a line, or one list of records",
            )
        row += 1
        yield row, record


def _refuse_record(path: Path, row: int, record: Any) -> None:
    """Raise InputError for a record that is none, or holds a number beyond the range of numbers."""
    if not isinstance(record, dict):
        raise InputError(f"Row {row} of {path.name} is no record", "Give records of single values")
    for name, value in _beyond(record):
        raise InputError(
            f"Row {row}, column {name!r} of {path.name}: "
            f"a number of {value.characters:,} characters is beyond the range of numbers",
            "Correct the cell, or leave it empty",
        )


def _beyond(value: Any, name: str = "") -> Iterator[tuple[str, _Beyond]]:
    """The numbers in a record that are beyond the range of numbers, each with the name of its column."""
    if isinstance(value, _Beyond):
        yield name, value
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield from _beyond(inner, f"{name}.{key}" if name else key)

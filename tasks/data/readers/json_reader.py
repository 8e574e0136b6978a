"""Read JSON: a record a line, or one list of records."""

import json
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


def read_json(content: Content, options: ReadOptions) -> SourceTable:
    """The columns of records as they are typed; InputError for anything else, with the row that is none."""
    path = content.path
    text, encoding = utf8_of(content, options.encoding)
    by_line = not text.lstrip().startswith(b"[")
    try:
        frame = pd.read_json(BytesIO(text), orient="records", lines=by_line, dtype=False, precise_float=True)
    except (ValueError, TypeError, AttributeError) as error:
        if by_line:
            _refuse_line(content, text)
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
    return SourceTable(frame, tuple(([] if encoding in PLAIN else [f"encoding {encoding}"]) + notes))


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


def _refuse_line(content: Content, text: bytes) -> None:
    """Raise InputError for the first line that is no record."""
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            record = json.loads(line) if line.strip() else {}
            fault = "" if isinstance(record, dict) else "it is no record"
        except ValueError as error:
            fault = str(error)
        if fault:
            raise InputError(
                f"Line {number} of {content.path.name} cannot be read as a JSON record ({fault})",
                "Give one record a line, or one list of records",
            )

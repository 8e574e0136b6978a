"""Read JSON: a record a line, or one list of records."""

import json
from io import BytesIO

import pandas as pd

from greenlightning.errors import InputError
from tasks.data.readers.content import Content
from tasks.data.readers.header import checked_names, without_index
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
    frame.columns = pd.Index(checked_names(path, [str(name) for name in frame.columns]))
    for name, column in frame.items():
        if column.dtype == object and (nested := column.map(lambda cell: isinstance(cell, NESTED))).any():
            row = int(nested.argmax()) + 1
            where = f"Row {row}, column {name!r} of {path.name}"
            raise InputError(f"{where} holds a list or a record", "Give records of single values")
    frame, notes = without_index(frame, options.wanted)
    return SourceTable(frame, tuple(([] if encoding in PLAIN else [f"encoding {encoding}"]) + notes))


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

"""Read a sheet of an Excel workbook, where openpyxl is installed."""

import zipfile
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from greenlightning.errors import InputError
from tasks.data.readers.content import Content
from tasks.data.readers.header import above_note, checked_names, empty_note, lines_above, without_index
from tasks.data.readers.source import SHEETS, UNITS, ReadOptions, SourceTable, unreadable
from tasks.data.readers.text.cells import MISSING, PLACEHOLDERS
from tasks.data.readers.text.columns import Values, columns_of
from tasks.data.readers.text.text_column import TextColumn

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

Row = list[Any]


def read_excel(content: Content, options: ReadOptions) -> SourceTable:
    """The columns of a sheet, the first by default; InputError without openpyxl, and for a damaged workbook.

    Lines above the header are left out, and the cells of a merged range all have its value.
    """
    path = content.path
    if find_spec("openpyxl") is None:
        raise InputError(
            f"{path.name} is an Excel workbook", "Save it as CSV, or install what reads it: pip install openpyxl"
        )
    from openpyxl import load_workbook

    try:
        book = load_workbook(BytesIO(content.data), data_only=True)
    except (OSError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise unreadable(path, "Excel", error) from error
    sheet = _sheet(book, options.sheet, path)
    rows, notes = _rows(sheet)
    if options.sheet is None and len(book.sheetnames) > 1:
        notes.insert(0, f"sheet {sheet.title!r} of {len(book.sheetnames)}; choose another with --sheet")
    others = [name for name in book.sheetnames if name != sheet.title]
    filled = [row for row in rows if not _is_empty(row)]
    above = lines_above(filled)
    notes += above_note(above)
    if len(filled) < above + 2:
        remedy = f"Name another with --sheet: {', '.join(others)}" if others else "Give at least one sample"
        raise InputError(f"Sheet {sheet.title!r} of {path.name} has no rows", remedy)
    header = next(place for place, row in enumerate(rows) if row is filled[above])
    below, empty = _without_empty_rows(rows[header + 1 :], options.empty_rows)
    frame, made = _frame(path, rows[header], below, options)
    frame, left_out = without_index(frame, options.wanted)
    frame.attrs[SHEETS] = others
    return SourceTable(frame, tuple(notes + empty + made + left_out))


def _sheet(book: "Workbook", wanted: str | None, path: Path) -> "Worksheet":
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    names = list(sheets)
    if wanted is None:
        return sheets[names[0]]
    if wanted not in sheets and wanted.isdecimal() and 0 < int(wanted) <= len(names):
        wanted = names[int(wanted) - 1]
    if wanted not in sheets:
        raise InputError(f"{path.name} has no sheet {wanted!r}", f"Its sheets are {', '.join(names)}")
    return sheets[wanted]


def _rows(sheet: "Worksheet") -> tuple[list[Row], list[str]]:
    """The rows up to the last that holds a value, merged ranges filled, without empty columns; and notes."""
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    for merged in sheet.merged_cells.ranges:
        if merged.max_row > merged.min_row:
            _fill(rows, merged.bounds)
    rows = [[_cell(cell) for cell in row] for row in rows]
    while rows and _is_empty(rows[-1]):
        rows.pop()
    width = max((place + 1 for row in rows for place, cell in enumerate(row) if cell is not None), default=0)
    filled = sum(merged.max_row > merged.min_row for merged in sheet.merged_cells.ranges)
    notes = [f"the cells of {filled} merged range{'s' if filled > 1 else ''} all have its value"] if filled else []
    return [row[:width] for row in rows], notes


def _without_empty_rows(rows: list[Row], keeps: bool) -> tuple[list[Row], list[str]]:
    """The rows without those that have no value, and a note on them; all rows where it ``keeps`` them."""
    empty = [number for number, row in enumerate(rows, 1) if _is_empty(row)]
    if keeps or not empty:
        return rows, []
    return [row for row in rows if not _is_empty(row)], empty_note(empty)


def _is_empty(row: Row) -> bool:
    return all(cell is None for cell in row)


def _fill(rows: list[Row], bounds: tuple[int, int, int, int]) -> None:
    """Write the value of a merged range into each of its rows."""
    left, top, right, bottom = bounds
    value = rows[top - 1][left - 1]
    for row in rows[top - 1 : bottom]:
        row[left - 1 : right] = [value] * (right - left + 1)


def _cell(value: Any) -> Any:
    """A cell as it is; None in place of text that stands for a missing value."""
    if isinstance(value, str):
        value = value.strip()
        return None if value in MISSING else value
    return value


def _frame(path: Path, header: Row, rows: list[Row], options: ReadOptions) -> tuple[pd.DataFrame, list[str]]:
    """The table below the header, text read as in a CSV file; columns without a name must be empty."""
    cells = {place: [row[place] for row in rows] for place in range(len(header))}
    kept = [p for p, name in enumerate(header) if name is not None or any(cell is not None for cell in cells[p])]
    header = ["Unnamed: 0" if header[0] is None else header[0], *header[1:]]
    names = checked_names(path, ["" if header[place] is None else str(header[place]) for place in kept])
    columns = {name: _known(cells[place]) for name, place in zip(names, kept, strict=True)}
    texts = [
        TextColumn(path, name, pa.chunked_array([pa.array(column, pa.large_string())]), name == options.label)
        for name, column in columns.items()
        if any(isinstance(cell, str) for cell in column) and all(isinstance(c, str | None) for c in column)
    ]
    found = columns_of(texts, ",", None) if texts else Values([], {}, [])
    read = dict(zip((text.name for text in texts), found.columns, strict=True))
    frame = pd.DataFrame(
        {
            name: read[name].to_pandas(integer_object_nulls=True) if name in read else _typed(column)
            for name, column in columns.items()
        }
    )
    frame.attrs[UNITS] = found.units
    return frame, found.notes


def _known(cells: list[Any]) -> list[Any]:
    """The cells; where they are numbers beside placeholders such as ``?``, these are missing."""
    numbers = [cell for cell in cells if not isinstance(cell, str) and cell is not None]
    if numbers and all(cell in PLACEHOLDERS for cell in cells if isinstance(cell, str)):
        return [None if isinstance(cell, str) else cell for cell in cells]
    return cells


def _typed(cells: list[Any]) -> "pd.Series[Any]":
    """A column in the type of its cells: numbers, booleans, dates, or objects where they are mixed."""
    column = pd.Series(cells, dtype=object)
    known = column.dropna()
    if len(known) and known.map(lambda cell: isinstance(cell, int | float) and not isinstance(cell, bool)).all():
        return pd.to_numeric(column)
    return column.infer_objects()

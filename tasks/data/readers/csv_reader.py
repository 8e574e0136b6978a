"""Read tables of text: separated cells, whatever the separator, the quotes and the encoding."""

import csv
from io import StringIO
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from greenlightning.errors import InputError
from tasks.data.readers.content import Content
from tasks.data.readers.header import LOOKED_AT, above_note, empty_note, header_of, lines_above, without_index
from tasks.data.readers.source import UNITS, ReadOptions, SourceTable, unreadable
from tasks.data.readers.text.cells import Sign
from tasks.data.readers.text.columns import columns_of
from tasks.data.readers.text.dialect import NAMES, Dialect, dialect_of, separator_named
from tasks.data.readers.text.encodings import PLAIN, utf8_of
from tasks.data.readers.text.text_column import TextColumn

BLOCK = 1 << 20
csv.field_size_limit(1 << 30)


def read_csv(content: Content, options: ReadOptions) -> SourceTable:
    """The columns of a table of text: numbers where every cell is one, else text; InputError for anything else."""
    path = content.path
    text, encoding = utf8_of(content, options.encoding)
    head = text[: max(4 * BLOCK, text.find(b"\n") + 1)].decode(errors="ignore")
    dialect = dialect_of(head, separator_named(options.separator))
    cells, start, above = _header(path, dialect, head)
    names, remarks = header_of(path, cells, dialect.width, dialect.trailing)
    found = _text_table(path, memoryview(text)[start:], dialect, len(names))
    table, empty = _without_empty_rows(found, options.empty_rows)
    if names[-1] is None and table[-1].null_count < len(table):
        raise InputError(f"Column {len(names)} of {path.name} has no name", "Name it, or leave it out")
    columns = [
        TextColumn(path, name, table[position], name == options.label)
        for position, name in enumerate(names)
        if name is not None
    ]
    values = columns_of(columns, dialect.separator, _sign(options.decimal))
    tidy = pa.table(values.columns, names=[column.name for column in columns])
    frame, left_out = without_index(tidy.to_pandas(integer_object_nulls=True), options.wanted)
    frame.attrs[UNITS] = values.units
    return SourceTable(
        frame, tuple(_detected(dialect, encoding) + values.notes + above + empty + remarks + left_out)
    )


def _sign(decimal: str | None) -> Sign | None:
    if decimal is None or decimal in {*Sign}:
        return None if decimal is None else Sign(decimal)
    raise InputError(f"{decimal!r} is no decimal sign", "Give . or ,")


def _detected(dialect: Dialect, encoding: str) -> list[str]:
    """Notes on a separator or an encoding that is not the usual one."""
    notes = [] if encoding in PLAIN else [f"the text is read as {encoding}"]
    if dialect.separator != ",":
        notes.append(f"cells are separated by {NAMES.get(dialect.separator, repr(dialect.separator))}")
    return notes


def _header(path: Path, dialect: Dialect, head: str) -> tuple[list[str], int, list[str]]:
    """The cells of the header, where the bytes of the first sample begin, and a note on lines above the header."""
    rows = dialect.rows(head[dialect.start :])
    first: list[tuple[list[str], int]] = []
    try:
        filled = (row for row in rows if any(cell.strip() for cell in row))
        first.extend((row, rows.line_num) for row in islice(filled, LOOKED_AT))
    except csv.Error as error:
        if not first:
            raise unreadable(path, "CSV", error) from error
    if not first:
        raise InputError(f"{path.name} is empty", "Give a header line and at least one sample")
    above = lines_above([row for row, _ in first])
    cells, end = first[above]
    lines = islice(StringIO(head[dialect.start :], newline=""), end)
    return cells, len((head[: dialect.start] + "".join(lines)).encode()), above_note(above)


def _text_table(path: Path, body: memoryview, dialect: Dialect, width: int) -> pa.Table:
    """All rows below the header as text, columns numbered."""
    if not bytes(body[:BLOCK]).strip():
        raise InputError(f"{path.name} has no rows", "Give at least one sample")
    numbers = [str(number) for number in range(width)]
    try:
        return (_by_rows if dialect.has_blanks else _by_arrow)(path, body, dialect, numbers)
    except pa.ArrowInvalid:
        return _by_rows(path, body, dialect, numbers)


def _without_empty_rows(table: pa.Table, keeps: bool) -> tuple[pa.Table, list[str]]:
    """The table without rows that have no value, and a note on them; those between others stay where it ``keeps``.

    At the end they are the padding of a spreadsheet, and not worth a note.
    """
    if table.num_columns == 1:
        return table, []
    empty = pc.is_null(table[0])
    for column in table.columns[1:]:
        if not pc.any(empty).as_py():
            return table, []
        empty = pc.and_(empty, pc.is_null(column))
    is_empty = empty.to_numpy()
    end = len(table) - int(is_empty[::-1].argmin()) if not is_empty.all() else 0
    if keeps:
        return table.slice(0, end), []
    return table.filter(pc.invert(empty)), empty_note((is_empty[:end].nonzero()[0] + 1).tolist())


def _by_arrow(path: Path, body: memoryview, dialect: Dialect, numbers: list[str]) -> pa.Table:
    longest = max(map(len, bytes(body[: 8 * BLOCK]).split(b"\n")))
    return pyarrow.csv.read_csv(
        pa.BufferReader(pa.py_buffer(body)),
        pyarrow.csv.ReadOptions(column_names=numbers, block_size=max(BLOCK, 4 * longest)),
        pyarrow.csv.ParseOptions(
            delimiter=dialect.separator,
            quote_char=dialect.quote,
            escape_char=dialect.escape or False,
            newlines_in_values=dialect.quote.encode() in bytes(body),
        ),
        pyarrow.csv.ConvertOptions(
            column_types={number: pa.string() for number in numbers},
            null_values=[""],
            strings_can_be_null=True,
        ),
    )


def _by_rows(path: Path, body: memoryview, dialect: Dialect, numbers: list[str]) -> pa.Table:
    """The table row by row, where Arrow cannot read it; InputError for a row of another width."""
    reader, rows, last = dialect.rows(bytes(body).decode()), [], 0
    try:
        for row in reader:
            first, last = last + 1, reader.line_num
            if not row:
                continue
            rows.append([cell or None for cell in row])
            if len(row) != len(numbers):
                raise InputError(
                    f"Row {len(rows)} of {path.name} has {_counted(row)}, its header {len(numbers)}"
                    + ("; a quote may be open there" if last > first else ""),
                    "Leave only the names above the rows, and as many cells in each row, or give --separator",
                )
    except csv.Error as error:
        raise unreadable(path, "CSV", f"row {len(rows) + 1}: {error}") from error
    return pa.table([pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)], names=numbers)


def _counted(row: list[str]) -> str:
    return f"{len(row)} cell" if len(row) == 1 else f"{len(row)} cells"

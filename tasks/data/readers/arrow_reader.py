"""Read Parquet and Feather, with the types that they store."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather
import pyarrow.parquet

from greenlightning.errors import InputError
from greenlightning.tables.dates import MIDNIGHT
from tasks.data.readers.content import Content
from tasks.data.readers.formats import STREAM
from tasks.data.readers.header import INDEX_NOTE, checked_names, lists_note, without_index
from tasks.data.readers.source import ReadOptions, SourceTable, unreadable
from tasks.data.readers.text.cells import stripped, with_gaps


def read_parquet(content: Content, options: ReadOptions) -> SourceTable:
    """The columns as they are typed, without the index that pandas stores beside them."""
    try:
        table = pyarrow.parquet.ParquetFile(pa.BufferReader(content.data)).read()
    except MemoryError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise unreadable(content.path, "Parquet", error) from error
    return _source_table(content.path, table, options)


def parquet_blocks(
    path: Path, options: ReadOptions, rows: int, groups: Sequence[int] | None = None
) -> Iterator[SourceTable]:
    """The table of a Parquet file, or some of its row groups, in blocks of at most so many rows."""
    try:
        file = pyarrow.parquet.ParquetFile(path)
        for batch in file.iter_batches(rows, row_groups=groups):
            yield _source_table(path, pa.Table.from_batches([batch], file.schema_arrow), options)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, "Parquet", error) from error


def rows_of_groups(path: Path) -> list[int]:
    """The rows of each row group of a Parquet file; only its footer is read."""
    try:
        about = pyarrow.parquet.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, "Parquet", error) from error
    return [about.row_group(number).num_rows for number in range(about.num_row_groups)]


def read_feather(content: Content, options: ReadOptions) -> SourceTable:
    """The columns of a Feather or Arrow file, as they are typed."""
    try:
        source = pa.BufferReader(content.data)
        is_stream = content.data.startswith(STREAM)
        table = pa.ipc.open_stream(source).read_all() if is_stream else pyarrow.feather.read_table(source)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise unreadable(content.path, "Feather", error) from error
    return _source_table(content.path, table, options)


def _source_table(path: Path, table: pa.Table, options: ReadOptions) -> SourceTable:
    _refuse_extensions(path, table)
    table, lists = _flat(path, table, options.label)
    index = [name for name in _index_of(table) if name.strip() not in options.wanted]
    names = [name for name in table.column_names if name not in index]
    tidy = checked_names(path, names)
    columns = [_plain(path, name, table[name], name == options.label) for name in names]
    frame, notes = without_index(
        pa.table(columns, names=tidy).to_pandas(integer_object_nulls=True), options.wanted
    )
    left_out = [INDEX_NOTE.format(what=f"column {name!r}") for name in index]
    return SourceTable(frame, tuple(left_out + notes + lists_note(lists)))


def _refuse_extensions(path: Path, table: pa.Table) -> None:
    """Raise InputError for a column of an extension type, such as a period, whether Arrow knows it or not."""
    for field in table.schema:
        stored = (field.metadata or {}).get(b"ARROW:extension:name", b"").decode()
        known = field.type.extension_name if isinstance(field.type, pa.BaseExtensionType) else stored
        if known:
            raise InputError(
                f"Column {field.name!r} of {path.name} holds {known}", "Write it as numbers, text or dates"
            )


def _flat(path: Path, table: pa.Table, label: str) -> tuple[pa.Table, list[str]]:
    """The table with a column ``a.b`` for each field ``b`` of a record ``a``; columns of lists are left out."""
    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.flatten()
    lists = [field.name for field in table.schema if _is_list(field.type)]
    if label in lists:
        raise InputError(f"The labels of {path.name} are lists", "Give one label a row")
    return table.drop_columns(lists), lists


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_nested(kind) and not pa.types.is_dictionary(kind) and not pa.types.is_struct(kind)


def _index_of(table: pa.Table) -> list[str]:
    """Columns that pandas stored as an index: those without a name, and those that hold no dates.

    An index of dates is kept: it is the time of the samples.
    """
    about = json.loads((table.schema.metadata or {}).get(b"pandas", b"{}"))
    stored = [
        name for name in about.get("index_columns", ()) if isinstance(name, str) and name in table.column_names
    ]
    return [
        name
        for name in stored
        if name.startswith("__index_level_") or not pa.types.is_temporal(table.schema.field(name).type)
    ]


def _plain(path: Path, name: str, column: pa.ChunkedArray, is_label: bool) -> pa.ChunkedArray:
    """A column in a type that a table has; labels stay as they are, as labels.py refuses what is no label."""
    kind, types = column.type, pa.types
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return _decoded(path, name, column)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return stripped(column.cast(pa.large_string()), ("",))
    if types.is_decimal(kind) or types.is_float16(kind) or types.is_null(kind):
        return column.cast(pa.float64())
    if column.null_count and types.is_integer(kind):
        return with_gaps(column)
    return column if is_label else _timed(column)


def _timed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Days as moments, times of the day as moments of the day that text has them on; durations as seconds."""
    kind, types = column.type, pa.types
    if types.is_date(kind):
        return column.cast(pa.timestamp("us"))
    if types.is_duration(kind):
        return pc.divide(
            column.cast(pa.duration("ns"), safe=False).cast(pa.int64()).cast(pa.float64(), safe=False), 1e9
        )
    if types.is_time(kind):
        since = column.cast(pa.time64("us"), safe=False).cast(pa.int64())
        return pc.add(since, MIDNIGHT).cast(pa.timestamp("us"))
    return column


def _decoded(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return stripped(column.cast(pa.large_binary()).cast(pa.large_string()), ("",))
    except pa.ArrowInvalid as error:
        raise InputError(f"Column {name!r} of {path.name} holds bytes that are no text", "Leave it out") from error

"""Read Parquet files."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from tasks.data.readers.cells import with_gaps
from tasks.data.readers.header import checked_names
from tasks.data.readers.source import ReadOptions, SourceTable, unreadable


def read_parquet(path: Path, options: ReadOptions) -> SourceTable:
    """The columns as they are typed; an index that pandas stored without a name is left out."""
    try:
        table = pyarrow.parquet.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, "Parquet", error) from error
    names = [name for name in table.column_names if not name.startswith("__index_level_")]
    left_out = len(names) < len(table.column_names)
    notes = ("the index is left out; pandas' index=False does not write it",) if left_out else ()
    tidy = checked_names(path, names)
    table = pa.table([_plain(table[name]) for name in names], names=tidy)
    return SourceTable(table.to_pandas(integer_object_nulls=True), notes)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimals as float64, and whole numbers with gaps too where they fit."""
    kind = column.type
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    if column.null_count and pa.types.is_integer(kind):
        return with_gaps(column)
    return column

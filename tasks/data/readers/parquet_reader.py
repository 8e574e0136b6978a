"""Read Parquet files."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from greenlightning.errors import InputError
from tasks.data.readers.frame import check_header, frame_of_table, unreadable


def read_parquet(path: Path, label_column: str) -> pd.DataFrame:
    """Numeric columns, with the labels of ``label_column`` last; an index that pandas stored is left out."""
    try:
        table = pyarrow.parquet.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, "Parquet", error) from error
    names = [name for name in table.column_names if not name.startswith("__index_level_")]
    check_header(path, names, label_column)
    table = table.select(names)
    if pa.types.is_nested(table.schema.field(label_column).type):
        raise InputError(f"The labels in {path.name} are lists or records", "Give one value a row")
    for field in table.schema:
        if field.name != label_column and not _is_numeric(field.type):
            raise InputError(
                f"Column {field.name!r} of {path.name} is not numeric: it holds {field.type}",
                "Encode it as numbers, or leave it out",
            )
    return frame_of_table(table, label_column)


def _is_numeric(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind)
    )

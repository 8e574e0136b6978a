"""Read CSV files, plain or gzipped."""

import csv
import gzip
import zlib
from pathlib import Path
from typing import TextIO, cast

import pyarrow as pa
import pyarrow.csv

from greenlightning.errors import InputError
from tasks.data.readers.cells import MISSING, MISSING_LABELS, values_of
from tasks.data.readers.header import checked_names
from tasks.data.readers.source import ReadOptions, SourceTable, unreadable


def read_csv(path: Path, options: ReadOptions) -> SourceTable:
    """The columns of a CSV file: numbers where every cell is one, else text; InputError for anything else."""
    try:
        with _open_text(path) as stream:
            names = next(csv.reader(stream), [])
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise unreadable(path, "CSV", error) from error
    if not names:
        raise InputError(f"{path.name} is empty", "Give a header line and at least one sample")
    names = checked_names(path, names)
    reading = pyarrow.csv.ReadOptions(column_names=names, skip_rows=1)
    text = {name: pa.string() for name in names}
    types = pyarrow.csv.ConvertOptions(column_types=text, null_values=[""], strings_can_be_null=True)
    try:
        with pa.input_stream(str(path), compression="gzip" if _is_gzipped(path) else None) as content:
            table = pyarrow.csv.read_csv(content, read_options=reading, convert_options=types)
    except (pa.ArrowInvalid, OSError) as error:
        raise unreadable(path, "CSV", error) from error
    columns = [values_of(table[name], MISSING_LABELS if name == options.label else MISSING) for name in names]
    return SourceTable(pa.table(columns, names=names).to_pandas(integer_object_nulls=True))


def _is_gzipped(path: Path) -> bool:
    return path.name.lower().endswith(".gz")


def _open_text(path: Path) -> TextIO:
    if _is_gzipped(path):
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")

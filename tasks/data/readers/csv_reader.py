"""Read CSV files, plain or gzipped."""

import csv
import gzip
import zlib
from pathlib import Path
from typing import TextIO, cast

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from greenlightning.errors import InputError
from tasks.data.readers.frame import check_header, frame_of_table, unreadable


def read_csv(path: Path, label_column: str) -> pd.DataFrame:
    """Numeric columns, with the labels of ``label_column`` last; InputError for anything else."""
    try:
        with _open_text(path) as stream:
            names = next(csv.reader(stream), [])
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise unreadable(path, "CSV", error) from error
    if not names:
        raise InputError(f"{path.name} is empty", "Give a header line and at least one sample")
    check_header(path, names, label_column)
    types = {name: pa.string() if name == label_column else pa.float64() for name in names}
    options = pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=False)
    try:
        with pa.input_stream(str(path), compression="gzip" if _is_gzipped(path) else None) as content:
            table = pyarrow.csv.read_csv(content, convert_options=options)
    except pa.ArrowInvalid as error:
        raise _csv_error(path, names, str(error)) from error
    except OSError as error:
        raise unreadable(path, "CSV", error) from error
    return frame_of_table(table, label_column)


def _is_gzipped(path: Path) -> bool:
    return path.name.lower().endswith(".gz")


def _open_text(path: Path) -> TextIO:
    if _is_gzipped(path):
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")


def _csv_error(path: Path, names: list[str], message: str) -> InputError:
    """The error with the column's name, where Arrow has "In CSV column #3: … invalid value 'x'"."""
    marker, _, rest = message.removeprefix("In CSV column #").partition(":")
    if message.startswith("In CSV column #") and marker.isdigit() and "invalid value" in rest:
        value = rest.partition("invalid value ")[2].splitlines()[0]
        return InputError(
            f"Column {names[int(marker)]!r} of {path.name} is not numeric: it holds {value}",
            "Encode it as numbers, or leave it out",
        )
    return unreadable(path, "CSV", message)

"""Predictions as a file: CSV or Parquet, complete or not there at all."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from greenlightning.errors import InputError

Write = Callable[[pa.Table], None]
STDOUT = Path("-")
FORMATS = {
    ".csv": pyarrow.csv.CSVWriter,
    ".parquet": pyarrow.parquet.ParquetWriter,
    ".pq": pyarrow.parquet.ParquetWriter,
}


def check_target(target: Path, source: Path) -> None:
    """Raise InputError where predictions cannot be written to ``target``."""
    if target == STDOUT:
        return
    if target.suffix.lower() not in FORMATS:
        raise InputError(f"{target.name} names no format for predictions", "End it in .csv or .parquet")
    if target.exists() and target.samefile(source):
        raise InputError(f"{target.name} is the file to predict", "Give --out another name")
    if not (target.parent.is_dir() and os.access(target.parent, os.W_OK)):
        raise InputError(
            f"The folder {target.parent} cannot be written to", "Create it, or give --out another one"
        )


@contextmanager
def writing(target: Path) -> Iterator[Write]:
    """Yield what writes one block after the other; the file appears when all are written, or not at all."""
    partial = target.with_name(f".{target.name}.{uuid4().hex}")
    make = FORMATS.get(target.suffix.lower(), pyarrow.csv.CSVWriter)
    opened: list[pyarrow.csv.CSVWriter | pyarrow.parquet.ParquetWriter] = []
    with _stdout() if target == STDOUT else partial.open("wb") as stream:

        def write(table: pa.Table) -> None:
            if not opened:
                opened.append(make(stream, table.schema))
            opened[0].write_table(table)

        try:
            yield write
            for writer in opened:
                writer.close()
            if target != STDOUT:
                partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _stdout() -> BinaryIO:
    """Standard output by a descriptor of its own: closing it leaves ours open."""
    sys.stdout.flush()
    return os.fdopen(os.dup(sys.stdout.fileno()), "wb")

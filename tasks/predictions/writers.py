"""Predictions as a file: CSV or Parquet, complete or not there at all."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from tasks.core.atomic import partial_of
from tasks.core.environment import open_as_given
from tasks.predictions.targets import STDOUT

Write = Callable[[pa.Table], None]
FORMATS = {
    ".csv": pyarrow.csv.CSVWriter,
    ".parquet": pyarrow.parquet.ParquetWriter,
    ".pq": pyarrow.parquet.ParquetWriter,
}


@contextmanager
def writing(target: Path) -> Iterator[Write]:
    """Yield what writes one block after the other; the file appears when all are written, or not at all."""
    partial = partial_of(target)
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
                open_as_given(partial)
                partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _stdout() -> BinaryIO:
    """Standard output by a descriptor of its own: closing it leaves ours open."""
    sys.stdout.flush()
    return os.fdopen(os.dup(sys.stdout.fileno()), "wb")

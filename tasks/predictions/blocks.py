"""A file in blocks of rows, so that memory does not grow with it where its format allows."""

from collections.abc import Iterator
from pathlib import Path

from tasks.data.reading import ReadOptions, SourceTable, read_table

BLOCK_ROWS = 65_536


def blocks(path: Path, label: str) -> Iterator[SourceTable]:
    """The rows of a file in blocks, as ``read_table`` reads them; InputError for whatever cannot be used."""
    table = read_table(path, ReadOptions(label=label))
    for start in range(0, len(table.frame), BLOCK_ROWS):
        yield SourceTable(table.frame.iloc[start : start + BLOCK_ROWS], table.notes)

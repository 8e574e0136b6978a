"""Read a source file as one table, its columns as found and the labels among them.

Whatever is wrong with the file becomes one InputError that names the file, the cause and the remedy.
"""

from pathlib import Path

import pandas as pd

from greenlightning.errors import GreenLightningError, InputError
from tasks.data.readers.arrow_reader import read_feather, read_parquet
from tasks.data.readers.content import Content, content_of, format_suffix
from tasks.data.readers.csv_reader import read_csv
from tasks.data.readers.excel_reader import read_excel
from tasks.data.readers.formats import TABLE_SUFFIXES, Format, format_of
from tasks.data.readers.idx_reader import read_idx_images
from tasks.data.readers.json_reader import read_json
from tasks.data.readers.memory import bounded
from tasks.data.readers.npz_reader import read_npz
from tasks.data.readers.source import DETECTED, Reading, ReadOptions, SourceTable, unreadable
from tasks.data.readers.text.dialect import separator_named
from tasks.data.readers.text.encodings import checked_encoding

__all__ = [
    "DETECTED",
    "TABLE_SUFFIXES",
    "ReadOptions",
    "Reading",
    "SourceTable",
    "check_name",
    "check_reading",
    "format_suffix",
    "read_ahead",
    "read_table",
]


READERS = {
    Format.CSV: read_csv,
    Format.JSON: read_json,
    Format.PARQUET: read_parquet,
    Format.FEATHER: read_feather,
    Format.NPZ: read_npz,
    Format.IDX: read_idx_images,
    Format.EXCEL: read_excel,
}


def read_table(path: Path, options: ReadOptions | None = None) -> SourceTable:
    """Read ``path`` as a table with its notes; InputError for whatever cannot be used."""
    path, options = Path(path), options or ReadOptions()
    check_name(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist or is not a file", "Check the path")
    if known := _ahead.pop(_stamp(path, options), None):
        return known
    with bounded(path, options.memory):
        content = content_of(path, options.memory)
        if not content.data:
            raise InputError(f"{path.name} is empty", "Give at least one sample")
        table = _read(content, options)
    if table.frame.empty:
        raise InputError(f"{path.name} has no rows", "Give at least one sample")
    return table


def _read(content: Content, options: ReadOptions) -> SourceTable:
    """The table of a file; whatever a library makes of a damaged one is an InputError too."""
    kind = format_of(content)
    try:
        return READERS[kind](content, options)
    except (GreenLightningError, MemoryError):
        raise
    except Exception as error:
        raise unreadable(content.path, kind, error) from error


_ahead: dict[tuple[object, ...], SourceTable] = {}


def read_ahead(path: Path, options: ReadOptions) -> pd.DataFrame:
    """Read ``path`` and keep the table for the next ``read_table`` of this file; one at a time is kept."""
    table = read_table(path, options)
    _ahead.clear()
    _ahead[_stamp(path, options)] = table
    return table.frame.copy(deep=False)


def _stamp(path: Path, options: ReadOptions) -> tuple[object, ...]:
    about = path.stat()
    return path.absolute(), about.st_ino, about.st_size, about.st_mtime_ns, options


def check_reading(settings: Reading) -> Reading:
    """Return the settings; InputError for an encoding, or a separator of cells, that there is none of."""
    if settings.encoding:
        checked_encoding(settings.encoding)
    separator_named(settings.separator)
    return settings


def check_name(path: Path) -> None:
    """Raise InputError for a name that is no UTF-8: neither a run nor a page could show it."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        shown = str(path.name).encode(errors="surrogateescape").decode(errors="replace")
        raise InputError(f"The name of {shown} is not UTF-8", "Rename the file") from error

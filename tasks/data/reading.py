"""Read a source file as one table, its columns as found and the labels among them.

Whatever is wrong with the file becomes one InputError that names the file, the cause and the remedy.
"""

from pathlib import Path

from greenlightning.errors import InputError
from tasks.data.readers.arrow_reader import read_feather, read_parquet
from tasks.data.readers.content import content_of, format_suffix
from tasks.data.readers.csv_reader import read_csv
from tasks.data.readers.excel_reader import read_excel
from tasks.data.readers.formats import TABLE_SUFFIXES, Format, format_of
from tasks.data.readers.idx_reader import read_idx_images
from tasks.data.readers.json_reader import read_json
from tasks.data.readers.npz_reader import read_npz
from tasks.data.readers.source import ReadOptions, SourceTable

__all__ = ["TABLE_SUFFIXES", "ReadOptions", "SourceTable", "check_name", "format_suffix", "read_table"]

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
    path = Path(path)
    check_name(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist or is not a file", "Check the path")
    content = content_of(path)
    if not content.data:
        raise InputError(f"{path.name} is empty", "Give at least one sample")
    table = READERS[format_of(content)](content, options or ReadOptions())
    if table.frame.empty:
        raise InputError(f"{path.name} has no rows", "Give at least one sample")
    return table


def check_name(path: Path) -> None:
    """Raise InputError for a name that is no UTF-8: neither a run nor a page could show it."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        shown = str(path.name).encode(errors="surrogateescape").decode(errors="replace")
        raise InputError(f"The name of {shown} is not UTF-8", "Rename the file") from error

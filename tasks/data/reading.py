"""Read a source file (CSV, Parquet, NPZ, IDX) as one table, its columns as found and the labels among them.

Whatever is wrong with the file becomes one InputError that names the file, the cause and the remedy.
"""

from pathlib import Path

from greenlightning.errors import InputError
from tasks.data.readers.arrow_reader import read_parquet
from tasks.data.readers.csv_reader import read_csv
from tasks.data.readers.idx_reader import read_idx_images
from tasks.data.readers.npz_reader import read_npz
from tasks.data.readers.source import ReadOptions, SourceTable

__all__ = ["ReadOptions", "SourceTable", "read_table"]

FORMATS = "CSV (.csv, .csv.gz), Parquet (.parquet), NPZ (.npz with X and y) or IDX images (…idx3-ubyte, .gz)"


def read_table(path: Path, options: ReadOptions | None = None) -> SourceTable:
    """Read ``path`` as a table with its notes; InputError for whatever cannot be used."""
    path, options = Path(path), options or ReadOptions()
    if not path.is_file():
        raise InputError(f"{path} does not exist or is not a file", "Check the path")
    name = path.name.lower()
    if "idx" in name:
        table = read_idx_images(path, options)
    elif name.endswith((".csv", ".csv.gz")):
        table = read_csv(path, options)
    elif name.endswith((".parquet", ".pq")):
        table = read_parquet(path, options)
    elif name.endswith(".npz"):
        table = read_npz(path, options)
    else:
        raise InputError(f"{path.name} has an unknown format", f"Give {FORMATS}")
    if table.frame.empty:
        raise InputError(f"{path.name} has no rows", "Give at least one sample")
    return table

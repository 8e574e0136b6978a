"""Read a source file (CSV, Parquet, NPZ, IDX) as one table: numeric feature columns and a column ``label``.

Whatever is wrong with the file becomes one InputError that names the file, the cause and the remedy.
"""

from pathlib import Path

import pandas as pd

from greenlightning.errors import InputError
from tasks.data.labels import LABEL
from tasks.data.readers.csv_reader import read_csv
from tasks.data.readers.idx_reader import read_idx_images
from tasks.data.readers.npz_reader import read_npz
from tasks.data.readers.parquet_reader import read_parquet

FORMATS = "CSV (.csv, .csv.gz), Parquet (.parquet), NPZ (.npz with X and y) or IDX images (…idx3-ubyte, .gz)"


def read_table(path: Path, label_column: str = LABEL, labels: Path | None = None) -> pd.DataFrame:
    """Read ``path`` as numeric feature columns followed by ``label``; InputError for whatever cannot be used.

    ``label_column`` names the labels in CSV and Parquet; ``labels`` is the label file of IDX images, found
    beside them by its conventional name if not given.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist or is not a file", "Check the path")
    name = path.name.lower()
    if "idx" in name:
        frame = read_idx_images(path, labels)
    elif name.endswith((".csv", ".csv.gz")):
        frame = read_csv(path, label_column)
    elif name.endswith((".parquet", ".pq")):
        frame = read_parquet(path, label_column)
    elif name.endswith(".npz"):
        frame = read_npz(path)
    else:
        raise InputError(f"{path.name} has an unknown format", f"Give {FORMATS}")
    if frame.empty:
        raise InputError(f"{path.name} has no rows", "Give at least one sample")
    return frame

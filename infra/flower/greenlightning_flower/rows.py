"""A site's own rows: a table in the form of the publication, or inputs ``X`` and labels ``y`` of an NPZ file."""

import hashlib
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from greenlightning.data.batch import Batch
from greenlightning.errors import InputError
from greenlightning.model import GreenLightningModel
from greenlightning.tables import conform
from greenlightning.tables.identity import table_id


def read_rows(path: Path, published: GreenLightningModel) -> tuple[Batch, str]:
    """The rows of a file as the published recipe reads them, and the file's md5.

    A batch has the name that ``greenlightning federation contribute`` gives the same rows.
    """
    if not path.is_file():
        raise InputError(f"{path} is no file", "Give the SuperNode file=... with its whole path")
    md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    if path.suffix == ".npz":
        return _arrays(path), md5
    if published.encoder is None:
        raise InputError("The publication does not say how to read a table", "Give an NPZ file with X and y")
    schema = published.encoder.schema
    frame = _table(path)
    if schema.label not in frame.columns:
        raise InputError(f"{path.name} has no label column {schema.label!r}", "Add the column")
    table = conform(frame, schema, source=path.name)
    assert table.y is not None
    return Batch(published.encoder.transform(table.columns), table.y, table_id(table.frame, table.y)), md5


def _table(path: Path) -> pd.DataFrame:
    """A file as it is written: ``conform`` makes numbers of text, so 007 stays a code where it is one."""
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except ValueError as error:
        raise InputError(f"{path.name} is no table in CSV or Parquet: {error}", "Write it again") from error


def _arrays(path: Path) -> Batch:
    try:
        with np.load(path, allow_pickle=False) as file:
            return Batch(file["X"], file["y"])
    except (BadZipFile, KeyError, ValueError) as error:
        raise InputError(
            f"{path.name} is no NPZ file with X and y: {error}", "Give CSV, Parquet or NPZ"
        ) from error

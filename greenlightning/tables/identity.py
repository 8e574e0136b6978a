"""Names of tables and rows by their canonical values: the same values have the same name, however written."""

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenlightning.data.batch import content_id, row_fingerprints
from greenlightning.data.labels import plain
from greenlightning.tables.schema import Kind, TableSchema

MISSING_BITS = 0x7FF8000000000000


def table_id(frame: pd.DataFrame, y: NDArray[Any] | None, schema: TableSchema) -> str:
    """Name a table by its values.

    Parameters
    ----------
    frame : DataFrame of shape (n, c)
        Canonical columns, as ``conform`` returns them.
    y : ndarray of shape (n,) or None
        Labels.
    schema : TableSchema
        Its schema.

    Returns
    -------
    str
        16 hex digits: those of ``content_id`` for a table of numbers, else of sha256 over names, kinds and cells.
    """
    answers = np.full(len(frame), None, dtype=object) if y is None else y
    if schema.is_plain:
        return content_id(_numbers(frame), answers)
    columns = [[column.name, str(column.kind)] for column in schema.columns if column.name in frame.columns]
    labels = [None if label != label else plain(label) for label in answers.tolist()]
    digest = hashlib.sha256(json.dumps([frame.shape, labels, columns], separators=(",", ":")).encode())
    digest.update(cell_bits(frame, schema).data)
    return digest.hexdigest()[:16]


def table_fingerprints(frame: pd.DataFrame, y: NDArray[Any], schema: TableSchema) -> NDArray[np.uint64]:
    """Name each row of a table by its values and label: 64-bit names (n,)."""
    if schema.is_plain:
        return row_fingerprints(_numbers(frame), y)
    bits = cell_bits(frame, schema)
    names = []
    for row, label in zip(bits, y.tolist(), strict=True):
        digest = hashlib.sha256(json.dumps(plain(label), default=str).encode())
        digest.update(row)
        names.append(digest.digest()[:8])
    return np.frombuffer(b"".join(names), dtype="<u8").astype(np.uint64)


def cell_bits(frame: pd.DataFrame, schema: TableSchema) -> NDArray[np.uint64]:
    """Write each cell of a canonical table as 64 bits (n, c): of numbers and dates, or of a hash of the text."""
    bits = np.empty(frame.shape, dtype="<u8")
    kinds = {column.name: column.kind for column in schema.columns}
    for place, name in enumerate(frame.columns):
        bits[:, place] = _bits(frame[name], kinds[name])
    return bits


def _bits(cells: "pd.Series[Any]", kind: Kind) -> NDArray[np.uint64]:
    if kind in (Kind.NUMERIC, Kind.BOOLEAN):
        values = cells.to_numpy(np.float64) + 0.0
        return np.where(np.isnan(values), np.uint64(MISSING_BITS), values.view(np.uint64))
    if kind is Kind.DATETIME:
        return cells.to_numpy("datetime64[us]").astype(np.int64).view(np.uint64)
    codes, texts = pd.factorize(cells)
    hashes = [int.from_bytes(hashlib.sha256(str(value).encode()).digest()[:8], "little") for value in texts]
    return np.array([*hashes, MISSING_BITS], dtype=np.uint64)[codes]


def _numbers(frame: pd.DataFrame) -> NDArray[np.float64]:
    values = frame.to_numpy(np.float64)
    missing = np.isnan(values)
    return np.where(missing, np.nan, values) if missing.any() else values

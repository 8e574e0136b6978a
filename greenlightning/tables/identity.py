"""Names of tables and rows by their canonical values: the same values have the same name, however written."""

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenlightning.data.batch import content_id, row_fingerprints
from greenlightning.data.labels import plain

MISSING_BITS = 0x7FF8000000000000


def table_id(frame: pd.DataFrame, y: NDArray[Any] | None) -> str:
    """Name a table by its values.

    Parameters
    ----------
    frame : DataFrame of shape (n, c)
        Canonical columns, as ``conform`` returns them.
    y : ndarray of shape (n,) or None
        Labels.

    Returns
    -------
    str
        16 hex digits: those of ``content_id`` for a table of numbers, else of sha256 over names, types and cells.
    """
    answers = np.full(len(frame), None, dtype=object) if y is None else y
    if _is_numeric(frame):
        return content_id(_numbers(frame), answers)
    columns = [[str(name), _type(frame[name])] for name in frame.columns]
    labels = [None if label != label else plain(label) for label in answers.tolist()]
    digest = hashlib.sha256(json.dumps([frame.shape, labels, columns], separators=(",", ":")).encode())
    digest.update(cell_bits(frame).data)
    return digest.hexdigest()[:16]


def table_fingerprints(frame: pd.DataFrame, y: NDArray[Any]) -> NDArray[np.uint64]:
    """Name each row of a canonical table by its values and label: 64-bit names (n,)."""
    if _is_numeric(frame):
        return row_fingerprints(_numbers(frame), y)
    names = []
    for row, label in zip(cell_bits(frame), y.tolist(), strict=True):
        digest = hashlib.sha256(json.dumps(plain(label), default=str).encode())
        digest.update(row)
        names.append(digest.digest()[:8])
    return np.frombuffer(b"".join(names), dtype="<u8").astype(np.uint64)


def cell_bits(frame: pd.DataFrame) -> NDArray[np.uint64]:
    """Write each cell of a canonical table as 64 bits (n, c): of numbers and dates, or of a hash of the text."""
    bits = np.empty(frame.shape, dtype="<u8")
    for place, name in enumerate(frame.columns):
        bits[:, place] = _bits(frame[name])
    return bits


def _bits(cells: "pd.Series[Any]") -> NDArray[np.uint64]:
    kind = _type(cells)
    if kind == "number":
        values = cells.to_numpy(np.float64) + 0.0
        return np.where(np.isnan(values), np.uint64(MISSING_BITS), values.view(np.uint64))
    if kind == "date":
        return cells.to_numpy("datetime64[us]").astype(np.int64).view(np.uint64)
    codes, texts = pd.factorize(cells)
    hashes = [int.from_bytes(hashlib.sha256(str(value).encode()).digest()[:8], "little") for value in texts]
    return np.array([*hashes, MISSING_BITS], dtype=np.uint64)[codes]


def _type(cells: "pd.Series[Any]") -> str:
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(cells.dtype) else "text"


def _is_numeric(frame: pd.DataFrame) -> bool:
    return all(pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes)


def _numbers(frame: pd.DataFrame) -> NDArray[Any]:
    """Return the cells with one NaN: as float64, or as they are where that writes the same float64."""
    as_they_are = len(kinds := set(frame.dtypes)) == 1 and kinds <= {np.dtype(np.float32), np.dtype(np.float64)}
    values = frame.to_numpy() if as_they_are else frame.to_numpy(np.float64)
    missing = np.isnan(values)
    return np.where(missing, np.nan, values) if missing.any() else values

"""Read NPZ archives with arrays ``X`` and ``y``, and optionally ``feature_names``."""

import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.errors import InputError
from tasks.data.readers.arrays import table_of_arrays
from tasks.data.readers.content import Content
from tasks.data.readers.source import ReadOptions, SourceTable, unreadable


def read_npz(content: Content, options: ReadOptions) -> SourceTable:
    """The columns of ``X`` (n, …), flattened, and the labels ``y`` (n,); pickled arrays are refused."""
    path = content.path
    try:
        with np.load(BytesIO(content.data), allow_pickle=False) as arrays:
            missing = {"X", "y"} - set(arrays.files)
            if missing:
                raise InputError(
                    f"{path.name} has no array {sorted(missing)[0]!r} (it has: {', '.join(arrays.files)})",
                    "Save it with numpy.savez(path, X=…, y=…)",
                )
            X, y = arrays["X"], arrays["y"]
            given = arrays["feature_names"] if "feature_names" in arrays.files else None
    except InputError:
        raise
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise unreadable(path, "NPZ", error) from error
    if X.ndim < 2 or X.dtype.kind not in "buif":
        raise InputError(
            f"X in {path.name} is of shape {X.shape} and type {X.dtype}", "Give numbers, one row a sample"
        )
    return table_of_arrays(path, X, y, None if given is None else _names(path, given), options.label)


def _names(path: Path, given: NDArray[Any]) -> list[str]:
    """The names of the features; bytes are Latin-1, as NumPy writes them."""
    if given.ndim != 1 or given.dtype.kind not in "US":
        raise InputError(
            f"feature_names in {path.name} is of shape {given.shape} and type {given.dtype}",
            "Give a list of text, one name for each feature",
        )
    return [name.decode("latin-1") if isinstance(name, bytes) else name for name in given.tolist()]

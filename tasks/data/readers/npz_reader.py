"""Read NPZ archives with arrays ``X`` and ``y``, and optionally ``feature_names``."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from greenlightning.errors import InputError
from tasks.data.readers.arrays import table_of_arrays
from tasks.data.readers.source import ReadOptions, SourceTable, unreadable


def read_npz(path: Path, options: ReadOptions) -> SourceTable:
    """The columns of ``X`` (n, …), flattened, and the labels ``y`` (n,); pickled arrays are refused."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            missing = {"X", "y"} - set(arrays.files)
            if missing:
                raise InputError(
                    f"{path.name} has no array {sorted(missing)[0]!r} (it has: {', '.join(arrays.files)})",
                    "Save it with numpy.savez(path, X=…, y=…)",
                )
            X, y = arrays["X"], arrays["y"]
            names = arrays["feature_names"].tolist() if "feature_names" in arrays.files else None
    except InputError:
        raise
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise unreadable(path, "NPZ", error) from error
    if X.ndim < 2 or X.dtype.kind not in "buif":
        raise InputError(
            f"X in {path.name} is of shape {X.shape} and type {X.dtype}", "Give numbers, one row a sample"
        )
    return table_of_arrays(path, X, y, names, options.label)

"""The IDX format of the MNIST family: one array a file, its type and shape in the header."""

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.errors import InputError

IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | Path) -> NDArray[Any]:
    """Read an IDX or gzipped IDX file.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    ndarray
        The array, of its own shape and type.

    Raises
    ------
    InputError
        Where the file is missing, incomplete or not IDX.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path.name, f"cannot be read ({error})") from error
    return idx_array(content, path.name)


def idx_array(content: bytes, name: str) -> NDArray[Any]:
    """Read the bytes of an IDX file called ``name``.

    Raises
    ------
    InputError
        Where the bytes are incomplete or not IDX.
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in IDX_TYPES or not content[3]:
        raise _unreadable(name, "does not start like an IDX file")
    header = 4 + 4 * content[3]
    shape = [int.from_bytes(content[at : at + 4], "big") for at in range(4, header, 4)]
    dtype = np.dtype(IDX_TYPES[content[2]])
    expected = header + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise _unreadable(name, f"holds {len(content)} bytes where its header promises {expected}")
    return np.frombuffer(content, dtype, offset=header).reshape(shape).astype(dtype.newbyteorder("="))


def _unreadable(name: str, cause: str) -> InputError:
    return InputError(f"{name} {cause}", "Give a complete IDX file, plain or gzipped")

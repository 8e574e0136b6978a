"""Tensors in fewer bytes, without loss: what a message of a federation holds; each tensor says how to read it.

A packed tensor is bytes under a name like ``G|int32|820480``. Bytes of equal significance stand together, as in
the shuffle filter of HDF5, and are deflated. It is inflated to the size that its name says, or refused.
"""

import re
import zlib
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.errors import IntegrityError, MismatchError

PACKED = re.compile(r"([^|]+)\|(bool|u?int(?:8|16|32|64)|float(?:16|32|64))\|(\d{1,12}(?:x\d{1,12})*)")
LARGEST = 1 << 31
"""Bytes that all tensors of a file may have once they are unpacked."""
Arrays = dict[str, NDArray[Any]]


def packed(arrays: Arrays) -> Arrays:
    """Pack every tensor that becomes smaller by it.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Tensors by name; packed ones stay as they are.

    Returns
    -------
    dict of str to ndarray
        Tensors by name, of which ``unpacked`` gives the given ones.
    """
    found: Arrays = {}
    for name, array in arrays.items():
        data = b"" if "|" in name or not array.ndim else _deflated(array)
        if 0 < len(data) < array.nbytes:
            shape = "x".join(map(str, array.shape))
            found[f"{name}|{array.dtype.name}|{shape}"] = np.frombuffer(data, dtype=np.uint8)
        else:
            found[name] = array
    return found


def unpacked(arrays: Arrays) -> Arrays:
    """Return the tensors that were given to ``packed``.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Tensors as they were stored.

    Returns
    -------
    dict of str to ndarray
        The tensors by their own names.

    Raises
    ------
    IntegrityError
        Where packed bytes are not those of such a tensor.
    MismatchError
        Where the tensors would have more than ``LARGEST`` bytes; nothing is inflated then.
    """
    forms = {name: PACKED.fullmatch(name) for name in arrays}
    total = sum(_size(form) for form in forms.values() if form)
    if total > LARGEST:
        raise MismatchError(f"Tensors of {total:,} bytes, {LARGEST:,} are allowed", "Ask for fewer features")
    return {
        form[1] if form else name: _inflated(arrays[name], form) if form else arrays[name]
        for name, form in forms.items()
    }


def _shape(form: re.Match[str]) -> tuple[int, ...]:
    return tuple(map(int, form[3].split("x")))


def _size(form: re.Match[str]) -> int:
    return prod(_shape(form)) * np.dtype(form[2]).itemsize


def _deflated(array: NDArray[Any]) -> bytes:
    """Compress the planes of an array: runs of equal bytes where several planes differ, repetitions elsewhere."""
    planes, width = _planes(array), array.dtype.itemsize
    level, strategy = (1, zlib.Z_RLE) if width > 1 else (6, zlib.Z_DEFAULT_STRATEGY)
    stream = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    return b"".join([*(stream.compress(plane.tobytes()) for plane in planes), stream.flush()])


def _inflated(data: NDArray[Any], form: re.Match[str]) -> NDArray[Any]:
    dtype, shape, size = np.dtype(form[2]), _shape(form), _size(form)
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data.tobytes(), size + 1)
    except zlib.error as error:
        raise IntegrityError(f"Tensor {form[1]} cannot be unpacked: {error}", "Ask for it again") from error
    if len(content) != size or not stream.eof or stream.unused_data:
        raise IntegrityError(f"Tensor {form[1]} has another size than it says", "Ask for it again")
    planes = np.frombuffer(bytearray(content), dtype=np.uint8).reshape(dtype.itemsize, -1)
    little = np.ascontiguousarray(planes.T).reshape(-1).view(dtype.newbyteorder("<"))
    return _signed(little.astype(dtype, copy=False)).reshape(shape)


def _planes(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the bytes of an array (width, size), those of the lowest significance first."""
    flat = _unsigned(np.ascontiguousarray(array).reshape(-1))
    little = flat.astype(flat.dtype.newbyteorder("<"), copy=False)
    return little.view(np.uint8).reshape(len(flat), array.dtype.itemsize).T


def _unsigned(values: NDArray[Any]) -> NDArray[Any]:
    """Map integers of several bytes to 0, 1, 2… by size, signs in turn: upper bytes of small ones are zero."""
    if values.dtype.kind != "i" or values.dtype.itemsize == 1:
        return values
    return (values << 1) ^ (values >> (8 * values.dtype.itemsize - 1))


def _signed(values: NDArray[Any]) -> NDArray[Any]:
    """Undo ``_unsigned``."""
    if values.dtype.kind != "i" or values.dtype.itemsize == 1:
        return values
    raw = values.view(f"u{values.dtype.itemsize}")
    return ((raw >> 1) ^ (~(raw & 1) + 1)).view(values.dtype)

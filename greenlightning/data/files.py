"""Safetensors and JSON on disk, and digests over named arrays. No pickle on any path."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from greenlightning.data.packing import packed, unpacked
from greenlightning.errors import IntegrityError

OTHER_RELEASE = "Use the release that wrote it"


def sha256_of(header: str, arrays: dict[str, NDArray[Any]]) -> str:
    """Hash ``header`` and each array's name, dtype, shape and little-endian bytes, in name order."""
    digest = hashlib.sha256(header.encode())
    for name in sorted(arrays):
        array = np.require(arrays[name], requirements="C")
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        digest.update(json.dumps([name, little.dtype.str, little.shape]).encode())
        digest.update(little.data)
    return digest.hexdigest()


def sha256_of_file(path: Path) -> str:
    """Hash the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_tensors(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays as safetensors, making the folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.require(array, requirements="C") for name, array in arrays.items()}, path)


def pack_tensors(path: Path) -> None:
    """Rewrite safetensors in fewer bytes; ``read_tensors`` reads the same tensors from them."""
    write_tensors(path, packed(stored_tensors(path)))


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Read safetensors, packed or not; raises IntegrityError if the file is missing or corrupt."""
    return unpacked(stored_tensors(path))


def stored_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Read safetensors as they lie in the file, packed ones as bytes."""
    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise IntegrityError(f"{path} cannot be read: {error}", "Restore it from the registry") from error


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Raise IntegrityError, naming ``folder``, where a stored part is incomplete or malformed."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise IntegrityError(
            f"{folder} is corrupt: {type(error).__name__} {error}", "Restore it from the registry"
        ) from error


def checked_count(value: Any, name: str, largest: int = (1 << 63) - 1) -> int:
    """Return a number that was read; raise ValueError where it is no integer from 0 to ``largest``."""
    if type(value) is not int or not 0 <= value <= largest:
        raise ValueError(f"{name} is {str(value)[:20]}, not an integer from 0 to {largest}")
    return value


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON with sorted keys, making the folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


def read_json(path: Path, expected_format: str, *earlier: str) -> dict[str, Any]:
    """Read JSON whose ``format`` is ``expected_format``, or an earlier one; raises IntegrityError otherwise."""
    try:
        content: dict[str, Any] = dict(json.loads(path.read_text()))
    except (OSError, RecursionError, TypeError, ValueError) as error:
        raise IntegrityError(f"{path} cannot be read: {error}", "Restore it from the registry") from error
    if content.get("format") not in (expected_format, *earlier):
        raise IntegrityError(
            f"{path} is in format {content.get('format')!r}, this release reads {expected_format!r}",
            OTHER_RELEASE,
        )
    return content

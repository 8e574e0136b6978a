"""The bytes of a file, unpacked where they are compressed; what they are packed with shows in the bytes."""

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from greenlightning.errors import InputError
from tasks.data.readers.memory import budget
from tasks.data.readers.source import unreadable

GZIP, BZIP2, XZ, ZSTD, ZIP = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
PACKED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip")
LAYERS, PIECE = 4, 1 << 20


@dataclass(frozen=True)
class Content:
    """The unpacked bytes of a file, and its suffix in lower case without that of the compression."""

    path: Path
    data: bytes

    @property
    def suffix(self) -> str:
        """The suffix that names the format, such as ``.csv`` of ``A.CSV.GZ``."""
        return format_suffix(self.path)


def format_suffix(path: Path) -> str:
    """The suffix of a file in lower case, without that of the compression."""
    name = path.name.lower()
    for packed in PACKED_SUFFIXES:
        name = name.removesuffix(packed)
    return Path(name).suffix


def content_of(path: Path, memory: int | None = None) -> Content:
    """Read and unpack a file; InputError where it is damaged, or an archive of several files.

    Raises MemoryError before more is unpacked than the budget of ``memory`` MiB allows.
    """
    most = budget(path.stat().st_size, memory)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror})", "Check its permissions") from error
    for _ in range(LAYERS):
        if (packed := _packed(data)) is None:
            return Content(path, data)
        kind, opened = packed
        try:
            with opened(BytesIO(data)) as stream:
                data = _unpacked(stream, most)
        except MemoryError:
            raise
        except Exception as error:
            raise unreadable(path, kind, error) from error
    raise InputError(f"{path.name} is packed {LAYERS} times or more", "Unpack it")


def _packed(data: bytes) -> tuple[str, Callable[[BytesIO], Any]] | None:
    """What the bytes are packed with and what opens them as a stream; None where they are plain."""
    for magic, kind, opened in (
        (GZIP, "gzip", gzip.open),
        (BZIP2, "bzip2", bz2.open),
        (XZ, "xz", lzma.open),
        (ZSTD, "zstd", _zstd),
    ):
        if data.startswith(magic):
            return kind, opened
    return ("zip", _only_member) if data.startswith(ZIP) and not is_table_archive(data) else None


def is_table_archive(data: bytes) -> bool:
    """Whether a zip archive is a format of tables: NumPy's NPZ, or an office document; a damaged one is none."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
    except MemoryError:
        raise
    except Exception:
        return False
    return is_office(data) or (bool(names) and all(name.endswith(".npy") for name in names))


def is_office(data: bytes) -> bool:
    """Whether a zip archive is a document of Excel or LibreOffice."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return bool({"[Content_Types].xml", "mimetype"} & {*archive.namelist()})


def _unpacked(stream: Any, most: int) -> bytes:
    data = bytearray()
    while piece := stream.read(PIECE):
        data += piece
        if len(data) > most:
            raise MemoryError
    return bytes(data)


def _zstd(data: BytesIO) -> pa.CompressedInputStream:
    return pa.CompressedInputStream(data, "zstd")


def _only_member(data: BytesIO) -> IO[bytes]:
    archive = zipfile.ZipFile(data)
    files = [one for one in archive.infolist() if not (one.is_dir() or one.filename.startswith("__MACOSX/"))]
    if len(files) != 1:
        raise ValueError(f"it holds {len(files)} files; one table a zip file is read")
    return archive.open(files[0])

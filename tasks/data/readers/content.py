"""The bytes of a file, unpacked where they are compressed; what they are packed with shows in the bytes."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pyarrow as pa

from greenlightning.errors import InputError
from tasks.data.readers.source import unreadable

GZIP, BZIP2, XZ, ZSTD, ZIP = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
PACKED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip")
DAMAGE = (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError)


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


def content_of(path: Path) -> Content:
    """Read and unpack a file; InputError where it is damaged, or an archive of several files."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror})", "Check its permissions") from error
    while (unpack := _unpacker(data)) is not None:
        kind, function = unpack
        try:
            data = function(data)
        except InputError:
            raise
        except (*DAMAGE, zipfile.BadZipFile) as error:
            raise unreadable(path, kind, error) from error
    return Content(path, data)


def _unpacker(data: bytes) -> tuple[str, Callable[[bytes], bytes]] | None:
    """What the bytes are packed with and how they are unpacked; None where they are plain."""
    for magic, kind, function in (
        (GZIP, "gzip", gzip.decompress),
        (BZIP2, "bzip2", bz2.decompress),
        (XZ, "xz", lzma.decompress),
        (ZSTD, "zstd", _zstd),
    ):
        if data.startswith(magic):
            return kind, function
    return ("zip", _only_member) if data.startswith(ZIP) and not is_table_archive(data) else None


def _zstd(data: bytes) -> bytes:
    with pa.CompressedInputStream(pa.BufferReader(data), "zstd") as stream:
        return bytes(stream.read())


def is_table_archive(data: bytes) -> bool:
    """Whether a zip archive is itself a format of tables: NumPy's NPZ, or an office document."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return False
    return is_office(data) or (bool(names) and all(name.endswith(".npy") for name in names))


def is_office(data: bytes) -> bool:
    """Whether a zip archive is a document of Excel or LibreOffice."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return bool({"[Content_Types].xml", "mimetype"} & {*archive.namelist()})


def _only_member(data: bytes) -> bytes:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        files = [one for one in archive.infolist() if not (one.is_dir() or one.filename.startswith("__MACOSX/"))]
        if len(files) != 1:
            raise ValueError(f"it holds {len(files)} files; one table a zip file is read")
        return archive.read(files[0])

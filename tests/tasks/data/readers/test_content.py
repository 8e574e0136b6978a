"""A packed file is unpacked by what its bytes say, whatever its suffix."""

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tasks.data.readers.content import content_of
from tests.helpers.source_files import refusal

DATA = b"a,label\n" + b"1,2\n" * 100


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


def zipped(data: bytes, *names: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names or ("a.csv", "__MACOSX/._a.csv"):
            archive.writestr(name, data)
    return buffer.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd,
    ".zip": zipped,
}


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("name", ["a.csv{}", "A.CSV{}", "a.csv"])
def test_packed_files_are_unpacked(suffix: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / name.format(suffix.upper() if name.isupper() else suffix)
    path.write_bytes(PACKERS[suffix](DATA))
    content = content_of(path)
    assert content.data == DATA
    assert content.suffix == ".csv"


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_torn_file_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.csv{suffix}"
    path.write_bytes(PACKERS[suffix](DATA)[:-10])
    assert f"{path.name} cannot be read as" in refusal(content_of, path)


def test_an_archive_of_several_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(DATA, "a.csv", "b.csv"))
    assert "a.zip cannot be read as zip (it holds 2 files; one table a zip file" in refusal(
        content_of, tmp_path / "a.zip"
    )


def test_an_archive_whose_file_has_no_name_is_refused(tmp_path: Path) -> None:
    """Python's zipfile raises an IndexError of its own here."""
    (tmp_path / "a.zip").write_bytes(zipped(DATA, "a.csv").replace(b"a.csv", b"\0.csv"))
    assert "a.zip cannot be read as zip" in refusal(content_of, tmp_path / "a.zip")


def test_archives_that_are_tables_themselves_stay_packed(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=[[1]], y=[1])
    assert content_of(tmp_path / "a.npz").data[:2] == b"PK"
    (tmp_path / "a.xlsx").write_bytes(zipped(DATA, "[Content_Types].xml", "xl/workbook.xml"))
    assert content_of(tmp_path / "a.xlsx").data[:2] == b"PK"

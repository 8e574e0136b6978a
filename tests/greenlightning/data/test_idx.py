"""An IDX file is read exactly as it was written, and one that is damaged is refused."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from greenlightning.data.idx import read_idx
from greenlightning.errors import InputError

SMALL = b"\0\0\x08\x02" + struct.pack(">II", 2, 3) + bytes(range(6))


def test_idx_is_read_in_its_own_shape(tmp_path: Path) -> None:
    path = tmp_path / "small-idx2-ubyte"
    path.write_bytes(SMALL)
    assert read_idx(path).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_idx_may_be_gzipped_under_any_name(tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(gzip.compress(SMALL))
    assert read_idx(path).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_idx_integers_are_big_endian(tmp_path: Path) -> None:
    path = tmp_path / "numbers"
    path.write_bytes(b"\0\0\x0c\x01" + struct.pack(">Iii", 2, 1, -256))
    numbers = read_idx(path)
    assert numbers.tolist() == [1, -256]
    assert numbers.dtype == np.int32


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\x08",
        b"a,b,label\n1,2,3\n",
        b"\0\0\x07\x01" + bytes(8),
        b"\0\0\x08\x03\0\0",
        SMALL[:-1],
        SMALL + b"\0",
        gzip.compress(SMALL)[:-6],
        b"\x1f\x8bgarbage",
    ],
    ids=["empty", "short", "text", "type", "header", "truncated", "longer", "cut gzip", "no gzip"],
)
def test_a_file_that_is_not_whole_idx_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(InputError, match="broken-idx3-ubyte"):
        read_idx(path)


def test_a_missing_idx_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_idx(tmp_path / "absent")

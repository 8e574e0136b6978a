"""Whatever bytes a file holds, reading it ends in a table or in InputError.

GREENLIGHTNING_FUZZ is the number of inputs a format: few here, a million in all where reliability is measured.
"""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenlightning.errors import InputError
from tasks.data.reading import read_table
from tests.helpers.source_files import FORMATS, write_excel, write_feather, write_json, write_packed

EXAMPLES = int(os.environ.get("GREENLIGHTNING_FUZZ", 30))
STARTS = [
    b"PAR1",
    b"ARROW1\0\0",
    b"\xff\xff\xff\xff",
    b"FEA1",
    b"PK\x03\x04",
    b"\0\0\x08\x03",
    b"\x1f\x8b\x08",
    b"BZh9",
]
STARTS += [b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"[{", b'{"a": ', b"a,label\n", b"\xff\xfe", b"sep=;\n", b""]
SUFFIXES = ["", ".csv", ".json", ".jsonl", ".parquet", ".feather", ".npz", ".tsv", ".csv.gz", ".zip"]
ALL = (*FORMATS, write_feather, write_json, *map(write_packed, (".bz2", ".xz", ".zip")))
FUZZED = settings(
    max_examples=EXAMPLES,
    derandomize="GREENLIGHTNING_FUZZ" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FEWER = settings(FUZZED, max_examples=max(EXAMPLES // 8, 8))
"""For workbooks, which take ten times as long to read."""
edits = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.integers(0, 255), st.sampled_from("=+-")), min_size=1, max_size=8
)


def ends_in_a_table_or_our_error(path: Path) -> None:
    try:
        assert not read_table(path).frame.empty
    except InputError as error:
        assert len(str(error).splitlines()) == 1


def edited(data: bytes, changes: list[tuple[int, int, str]]) -> bytes:
    """The bytes with some replaced, added or cut off from there."""
    made = bytearray(data)
    for place, value, kind in changes:
        at = place % (len(made) + 1)
        if kind == "-" and value < 32:
            del made[at:]
        elif kind == "-":
            del made[at : at + 1]
        else:
            made[at : at + (kind == "=")] = bytes([value])
    return bytes(made)


@FUZZED
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=400), suffix=st.sampled_from(SUFFIXES))
def test_any_bytes(start: bytes, rest: bytes, suffix: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(start + rest)
        ends_in_a_table_or_our_error(path)


@pytest.mark.parametrize("write", ALL)
def test_a_file_of_each_format_with_a_few_bytes_changed(write: Callable[[Path], Path], tmp_path: Path) -> None:
    path = write(tmp_path)
    data = path.read_bytes()

    @FUZZED
    @given(edits)
    def one(changes: list[tuple[int, int, str]]) -> None:
        path.write_bytes(edited(data, changes))
        ends_in_a_table_or_our_error(path)

    one()


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"]
)
def test_a_workbook_with_a_few_bytes_of_a_part_changed(part: str, tmp_path: Path) -> None:
    """The archive itself is whole, so the bytes reach the parser."""
    pytest.importorskip("openpyxl")
    path = write_excel(tmp_path)
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}

    @FEWER
    @given(edits)
    def one(changes: list[tuple[int, int, str]]) -> None:
        with ZipFile(path, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, edited(content, changes) if name == part else content)
        ends_in_a_table_or_our_error(path)

    one()

"""CSV files give numbers and labels as they are written; a file that cannot be used is refused with its cause."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tasks.data.readers.csv_reader import read_csv
from tasks.data.readers.source import ReadOptions
from tests.helpers.source_files import refusal, text, truncated, write_gzipped_csv


def test_columns_are_numbers_or_text_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = text("a.csv", 'kind,"width, in cm",height\ncat,1,-2.5\ndog,1e3,0\n')(tmp_path)
    table = read_csv(path, ReadOptions(label="kind")).frame
    assert list(table.columns) == ["kind", "width, in cm", "height"]
    assert table["width, in cm"].tolist() == [1.0, 1000.0]
    assert table["height"].tolist() == [-2.5, 0.0]
    assert table["kind"].tolist() == ["cat", "dog"]


def test_an_empty_cell_is_missing_and_a_label_that_reads_like_none_is_kept(tmp_path: Path) -> None:
    table = read_csv(text("a.csv", "a,label\n,NA\n2,\n")(tmp_path), ReadOptions()).frame
    assert np.array_equal(table["a"], [np.nan, 2.0], equal_nan=True)
    assert table["label"].iloc[0] == "NA"
    assert table["label"].isna().tolist() == [False, True]


@pytest.mark.parametrize("name", ["a.csv", "A.CSV.GZ"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path, name: str) -> None:
    content = b"\xef\xbb\xbflabel,a\n1,2\n"
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("GZ") else content)
    assert list(read_csv(tmp_path / name, ReadOptions()).frame.columns) == ["label", "a"]


@pytest.mark.parametrize(
    ("write", "cause"),
    [
        (text("a.csv", ""), "a.csv is empty"),
        (text("a.csv", "a,a,label\n1,2,3\n"), "several columns called 'a'"),
        (text("a.csv", "a,b,label\n1,2\n"), "a.csv cannot be read as CSV"),
        (text("a.csv.gz", "a,label\n1,2\n"), "a.csv.gz cannot be read as CSV"),
        (truncated(write_gzipped_csv), "a.csv.gz cannot be read as CSV"),
    ],
    ids=["empty", "twins", "a cell too few", "not gzipped", "truncated"],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, write: Callable[[Path], Path], cause: str) -> None:
    assert cause in refusal(read_csv, write(tmp_path), ReadOptions())


def test_binary_garbage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(bytes(range(256)) * 10)
    assert "a.csv" in refusal(read_csv, tmp_path / "a.csv", ReadOptions())

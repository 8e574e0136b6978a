"""CSV files give numbers and labels as they are written; a file that cannot be used is refused with its cause."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tasks.data.readers.csv_reader import read_csv
from tests.helpers.source_files import refusal, text, truncated, write_gzipped_csv


def test_features_are_numbers_and_the_labels_come_last(tmp_path: Path) -> None:
    path = text("a.csv", 'kind,"width, in cm",height\ncat,1,-2.5\ndog,1e3,0\n')(tmp_path)
    table = read_csv(path, "kind")
    assert list(table.columns) == ["width, in cm", "height", "label"]
    assert table["width, in cm"].tolist() == [1.0, 1000.0]
    assert table["height"].tolist() == [-2.5, 0.0]
    assert table["label"].tolist() == ["cat", "dog"]


def test_an_empty_cell_is_missing_and_a_label_that_reads_like_none_is_kept(tmp_path: Path) -> None:
    table = read_csv(text("a.csv", "a,label\n,NA\n2,\n")(tmp_path), "label")
    assert np.array_equal(table["a"], [np.nan, 2.0], equal_nan=True)
    assert table["label"].tolist() == ["NA", None]


@pytest.mark.parametrize("name", ["a.csv", "A.CSV.GZ"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path, name: str) -> None:
    content = b"\xef\xbb\xbflabel,a\n1,2\n"
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("GZ") else content)
    assert list(read_csv(tmp_path / name, "label").columns) == ["a", "label"]


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
    assert cause in refusal(read_csv, write(tmp_path), "label")


@pytest.mark.parametrize("colour", ["red", "1,5"])
def test_a_cell_that_is_no_number_is_named_with_its_column(tmp_path: Path, colour: str) -> None:
    path = text("a.csv", f'a,colour,label\n1,2,0\n1,"{colour}",2\n')(tmp_path)
    assert f"Column 'colour' of a.csv is not numeric: it holds '{colour}'" in refusal(read_csv, path, "label")


def test_binary_garbage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(bytes(range(256)) * 10)
    assert "a.csv" in refusal(read_csv, tmp_path / "a.csv", "label")

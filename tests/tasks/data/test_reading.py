"""Every format gives the same table, and whatever cannot be used is refused in one line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tasks.data.reading import ReadOptions, read_table
from tests.helpers.source_files import FORMATS, NAMES, X, Y, npz, refusal, text, write_idx


@pytest.mark.parametrize("write", FORMATS)
def test_every_format_gives_the_same_table(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    table = read_table(write(tmp_path)).frame
    assert list(table.columns) == [*NAMES, "label"]
    assert np.array_equal(table[NAMES], X)
    assert table["label"].tolist() == Y


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_the_label_column_may_have_another_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    frame = read_table(FORMATS[0](tmp_path)).frame.rename(columns={"label": "kind"})
    (frame.to_csv if name == "a.csv" else frame.to_parquet)(path, index=False)
    assert read_table(path, ReadOptions(label="kind")).frame["kind"].tolist() == Y


def test_the_label_file_of_images_may_be_given(tmp_path: Path) -> None:
    images = write_idx(tmp_path)
    elsewhere = (tmp_path / "train-labels-idx1-ubyte").rename(tmp_path / "answers")
    assert read_table(images, ReadOptions(labels=elsewhere)).frame["label"].tolist() == Y


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "caf\udce9.csv"
    path.write_text("a,label\n1,2\n")
    assert "The name of caf\ufffd.csv is not UTF-8" in refusal(read_table, path)


@pytest.mark.parametrize(
    ("write", "cause"),
    [
        (lambda folder: folder / "absent.csv", "does not exist"),
        (lambda folder: folder, "not a file"),
        (text("a.csv", ""), "a.csv is empty"),
        (text("a.parquet", "a,label\n1,2\n"), "a.parquet cannot be read as Parquet"),
        (text("a.csv", "a,label\n"), "a.csv has no rows"),
        (npz(X=X[:0], y=Y[:0]), "a.npz has no rows"),
    ],
    ids=["absent", "folder", "empty", "renamed", "no rows in CSV", "no rows in NPZ"],
)
def test_what_is_no_table_is_refused(tmp_path: Path, write: Callable[[Path], Path], cause: str) -> None:
    assert cause in refusal(read_table, write(tmp_path))

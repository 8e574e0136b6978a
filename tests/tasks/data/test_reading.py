"""Every format gives the same table, and whatever cannot be used is refused in one line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from greenlightning.errors import InputError
from tasks.data.reading import read_table
from tests.helpers.source_files import (
    FORMATS,
    NAMES,
    X,
    Y,
    npz,
    text,
    texts_in_parquet,
    truncated,
    twins_in_parquet,
    write_idx,
    write_npz,
    write_parquet,
)


@pytest.mark.parametrize("write", FORMATS)
def test_every_format_gives_the_same_table(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    table = read_table(write(tmp_path))
    assert list(table.columns) == [*NAMES, "label"]
    assert np.array_equal(table[NAMES], X)
    assert table["label"].tolist() == Y


def test_the_label_file_of_images_may_be_named(tmp_path: Path) -> None:
    images = write_idx(tmp_path)
    elsewhere = tmp_path / "answers"
    (tmp_path / "train-labels-idx1-ubyte").rename(elsewhere)
    with pytest.raises(InputError, match="No label file train-labels-idx1-ubyte"):
        read_table(images)
    assert read_table(images, labels=elsewhere)["label"].tolist() == Y


@pytest.mark.parametrize(
    ("write", "cause"),
    [
        (lambda folder: folder / "absent.csv", "does not exist"),
        (lambda folder: folder, "not a file"),
        (text("a.txt", "1 2 3"), "unknown format"),
        (text("a.csv", ""), "is empty"),
        (text("a.csv", "a,label\n"), "has no rows"),
        (text("a.csv", "label\n1\n"), "no feature columns"),
        (text("a.csv", "a,b\n1,2\n"), r"no label column 'label' \(its columns: a, b\)"),
        (npz(X=X[:, :0], y=Y), "no feature columns"),
        (text("a.csv", "a,a,label\n1,2,3\n"), "several columns called 'a'"),
        (text("a.csv", ",a,label\n0,1,2\n"), "Column 1 of a.csv has no name"),
        (
            text("a.csv", "a,colour,label\n1,red,2\n"),
            "Column 'colour' of a.csv is not numeric: it holds 'red'",
        ),
        (text("a.csv", "a,b,label\n1,2\n"), "cannot be read as CSV"),
        (text("a.parquet", "a,label\n1,2\n"), "cannot be read as Parquet"),
        (truncated(write_parquet), "cannot be read as Parquet"),
        (texts_in_parquet, "Column 'a' of a.parquet is not numeric: it holds string"),
        (twins_in_parquet, "several columns called 'a'"),
        (text("a.npz", "PK"), "cannot be read as NPZ"),
        (truncated(write_npz), "cannot be read as NPZ"),
        (npz(X=X), "no array 'y'"),
        (npz(X=X, y=[1, 2]), "3 samples but labels of shape"),
        (npz(X=X.astype(str), y=Y), "X in a.npz is of shape"),
        (npz(X=X[:0], y=Y[:0]), "has no rows"),
        (npz(X=X, y=np.array([1, "a", None], dtype=object)), "cannot be read as NPZ"),
        (truncated(write_idx), "cannot be read"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path: Path, write: Callable[[Path], Path], cause: str) -> None:
    path = write(tmp_path)
    with pytest.raises(InputError, match=cause) as caught:
        read_table(path)
    assert "\n" not in str(caught.value)


def test_binary_garbage_is_no_csv(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(InputError, match=r"a\.csv"):
        read_table(tmp_path / "a.csv")


def test_a_feature_called_label_is_not_mixed_up_with_the_labels(tmp_path: Path) -> None:
    path = text("a.csv", "label,kind\n1,2\n")(tmp_path)
    with pytest.raises(InputError, match="a feature column called 'label' beside the labels in 'kind'"):
        read_table(path, "kind")

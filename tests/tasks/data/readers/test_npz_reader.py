"""NPZ archives give ``X`` flattened and ``y``; nothing in them is unpickled."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tasks.data.readers.npz_reader import read_npz
from tests.helpers.source_files import X, Y, by, npz, refusal, text, truncated, write_npz

read = by(read_npz)
OBJECTS = np.array([1, "a", None], dtype=object)


def test_each_sample_is_a_row_of_its_values_in_order(tmp_path: Path) -> None:
    cubes = np.arange(12, dtype=np.int16).reshape(2, 3, 2)
    table = read(npz(X=cubes, y=["b", "a"], other=[1])(tmp_path)).frame
    assert list(table.columns) == ["x0", "x1", "x2", "x3", "x4", "x5", "label"]
    assert table.to_numpy().tolist() == [[0, 1, 2, 3, 4, 5, "b"], [6, 7, 8, 9, 10, 11, "a"]]


def test_the_archive_may_name_the_features(tmp_path: Path) -> None:
    table = read(npz(X=[[1.5, 2.5]], y=[0], feature_names=["width", "height"])(tmp_path)).frame
    assert list(table.columns) == ["width", "height", "label"]


def test_bytes_are_latin_1(tmp_path: Path) -> None:
    words = np.array(["größe".encode("latin-1")])
    table = read(npz(X=[[1.5]], y=words, feature_names=words)(tmp_path)).frame
    assert list(table.columns) == ["größe", "label"]
    assert table["label"].tolist() == ["größe"]


@pytest.mark.parametrize(
    ("write", "cause"),
    [
        (text("a.npz", "PK\3\4"), "a.npz cannot be read as"),
        (truncated(write_npz), "a.npz cannot be read as zip"),
        (npz(X=X), "a.npz has no array 'y' (it has: X)"),
        (npz(y=Y, other=X), "a.npz has no array 'X' (it has: y, other)"),
        (npz(X=X.astype(str), y=Y), "X in a.npz is of shape (3, 4) and type <U32"),
        (npz(X=X[0], y=Y), "X in a.npz is of shape (4,) and type float64"),
        (npz(X=X, y=OBJECTS), "a.npz cannot be read as NPZ (Object arrays cannot be loaded"),
        (npz(X=X, y=Y, feature_names=OBJECTS), "a.npz cannot be read as NPZ (Object arrays cannot be loaded"),
        (npz(X=X, y=Y, feature_names="abcd"), "feature_names in a.npz is of shape () and type <U4"),
        (npz(X=X, y=Y, feature_names=[1, 2, 3, 4]), "feature_names in a.npz is of shape (4,) and type int64"),
        (npz(X=X, y=Y[0]), "a.npz has 3 samples but labels of shape ()"),
        (npz(X=X, y=np.array(["2026-01-01"] * 3, "M8[D]")), "The labels of a.npz are of type datetime64[D]"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_archive_that_cannot_be_used_is_refused(
    tmp_path: Path, write: Callable[[Path], Path], cause: str
) -> None:
    assert cause in refusal(read, write(tmp_path))

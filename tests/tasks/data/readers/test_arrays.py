"""Arrays are a table: a column for each value of a sample, and the labels."""

from pathlib import Path

import numpy as np
import pytest

from tasks.data.readers.arrays import table_of_arrays
from tests.helpers.source_files import refusal

FILE = Path("folder") / "a.npz"


def test_arrays_are_flattened_sample_by_sample() -> None:
    frame = table_of_arrays(FILE, np.arange(8).reshape(2, 2, 2), np.array([7, 9], np.uint8), None, "label").frame
    assert list(frame.columns) == ["x0", "x1", "x2", "x3", "label"]
    assert frame.to_numpy().tolist() == [[0, 1, 2, 3, 7], [4, 5, 6, 7, 9]]


def test_labels_in_bytes_are_text() -> None:
    frame = table_of_arrays(FILE, np.eye(2), np.array([b"no", b"yes"]), None, "spam").frame
    assert frame["spam"].tolist() == ["no", "yes"]


@pytest.mark.parametrize(
    ("X", "y", "names", "cause"),
    [
        (np.eye(2), np.eye(2), None, "a.npz has 2 samples but labels of shape (2, 2)"),
        (np.eye(2), np.arange(3), None, "a.npz has 2 samples but labels of shape (3,)"),
        (np.eye(2), np.arange(2), ["a"], "a.npz names 1 features of 2"),
        (np.eye(2), np.arange(2), ["a", "label"], "a.npz has several columns called 'label'"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(X: object, y: object, names: list[str] | None, cause: str) -> None:
    assert cause in refusal(table_of_arrays, FILE, X, y, names, "label")

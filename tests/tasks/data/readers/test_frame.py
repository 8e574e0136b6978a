"""The frame of every reader: numeric features, then the labels, with nothing lost and no name in doubt."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tasks.data.readers.frame import check_header, frame_of_arrays, frame_of_table, unreadable
from tests.helpers.source_files import refusal

FILE = Path("folder") / "a.csv"


@pytest.mark.parametrize(
    ("names", "label_column", "cause"),
    [
        (["a", "", "label"], "label", "Column 2 of a.csv has no name"),
        (["a", "b", "a", "label"], "label", "a.csv has several columns called 'a'"),
        (["a", "b"], "label", "a.csv has no label column 'label' (its columns: a, b)"),
        (list("abcdef"), "kind", "a.csv has no label column 'kind' (its columns: a, b, c, d, e, …)"),
        (["label"], "label", "a.csv has no feature columns beside the labels"),
        (["label", "kind"], "kind", "a feature column called 'label' beside the labels in 'kind'"),
    ],
)
def test_a_header_in_doubt_is_refused(names: list[str], label_column: str, cause: str) -> None:
    assert cause in refusal(check_header, FILE, names, label_column)


def test_a_header_needs_one_feature_and_the_labels() -> None:
    check_header(FILE, ["kind", "a"], "kind")


def test_columns_of_a_table_keep_their_type_unless_a_value_is_missing() -> None:
    columns = {"whole": [1, 2], "label": ["1", "2"], "gap": [3, None], "half": [0.5, 1.5], "flag": [True, False]}
    frame = frame_of_table(pa.table(columns), "label")
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "whole": "int64",
        "gap": "float64",
        "half": "float64",
        "flag": "float64",
        "label": "int64",
    }
    expected = [[1.0, 3.0, 0.5, 1.0, 1.0], [2.0, np.nan, 1.5, 0.0, 2.0]]
    assert np.array_equal(frame.to_numpy(float), expected, equal_nan=True)


def test_a_missing_text_label_stays_none() -> None:
    frame = frame_of_table(pa.table({"a": [1, 2], "label": ["cat", None]}), "label")
    assert frame["label"].tolist() == ["cat", None]


def test_arrays_are_flattened_sample_by_sample() -> None:
    frame = frame_of_arrays(FILE, np.arange(8).reshape(2, 2, 2), np.array([7, 9], np.uint8), None)
    assert list(frame.columns) == ["x0", "x1", "x2", "x3", "label"]
    assert frame.to_numpy().tolist() == [[0, 1, 2, 3, 7], [4, 5, 6, 7, 9]]


def test_labels_in_bytes_are_text() -> None:
    assert frame_of_arrays(FILE, np.eye(2), np.array([b"no", b"yes"]), None)["label"].tolist() == ["no", "yes"]


@pytest.mark.parametrize(
    ("X", "y", "names", "cause"),
    [
        (np.eye(2), np.array([1j, 2]), None, "The labels of a.csv are of type complex128"),
        (np.eye(2), np.eye(2), None, "a.csv has 2 samples but labels of shape (2, 2)"),
        (np.eye(2), np.arange(3), None, "a.csv has 2 samples but labels of shape (3,)"),
        (np.eye(2), np.arange(2), ["a"], "a.csv names 1 features of 2"),
        (np.eye(2), np.arange(2), ["a", "label"], "a.csv has several columns called 'label'"),
        (np.empty((2, 0)), np.arange(2), None, "a.csv has no feature columns"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(X: object, y: object, names: list[str] | None, cause: str) -> None:
    assert cause in refusal(frame_of_arrays, FILE, X, y, names)


@pytest.mark.parametrize(
    ("error", "cause"),
    [(ValueError("bad magic.\nfrom a library"), "bad magic"), (EOFError(), "EOFError")],
)
def test_the_cause_of_a_damaged_file_is_one_line(error: Exception, cause: str) -> None:
    assert unreadable(FILE, "NPZ", error).cause == f"a.csv cannot be read as NPZ ({cause})"

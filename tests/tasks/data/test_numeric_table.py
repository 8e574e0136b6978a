"""The numeric table: features, then the labels; text and unlabelled files are refused."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.data.numeric_table import read_numeric_table
from tasks.data.reading import ReadOptions
from tests.helpers.source_files import refusal, text


def test_the_labels_come_last_and_flags_are_numbers(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"kind": ["b", "a"], "tame": [True, False], "half": [0.5, None]}), tmp_path / "a.parquet"
    )
    frame = read_numeric_table(tmp_path / "a.parquet", ReadOptions(label="kind"))
    assert list(frame.columns) == ["tame", "half", "label"]
    assert np.array_equal(frame[["tame", "half"]].to_numpy(), [[1.0, 0.5], [0.0, np.nan]], equal_nan=True)
    assert frame["label"].tolist() == ["b", "a"]


@pytest.mark.parametrize(
    ("content", "label", "cause"),
    [
        ("a,b\n1,2\n", "label", "a.csv has no label column 'label' (its columns: a, b)"),
        ("a,b,c,d,e,f\n1,2,3,4,5,6\n", "kind", "no label column 'kind' (its columns: a, b, c, d, e, …)"),
        ("label\n1\n", "label", "a.csv has no feature columns beside the labels"),
        ("label,kind\n1,2\n", "kind", "a feature column called 'label' beside the labels in 'kind'"),
        ("a,label\n1,2\nred,3\n", "label", "Column 'a' of a.csv is not numeric: it holds 'red'"),
    ],
)
def test_what_is_no_numeric_table_is_refused(tmp_path: Path, content: str, label: str, cause: str) -> None:
    assert cause in refusal(read_numeric_table, text("a.csv", content)(tmp_path), ReadOptions(label=label))

"""Parquet files give their numeric columns, without an index; a column that holds no numbers is named."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.data.readers.parquet_reader import read_parquet
from tests.helpers.source_files import (
    NAMES,
    X,
    refusal,
    text,
    texts_in_parquet,
    truncated,
    twins_in_parquet,
    write_parquet,
)


def parquet(**columns: object) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        pq.write_table(pa.table(columns), folder / "a.parquet")
        return folder / "a.parquet"

    return write


def test_an_index_that_pandas_stored_is_no_feature(tmp_path: Path) -> None:
    path = write_parquet(tmp_path)
    assert "__index_level_0__" in pq.read_schema(path).names
    table = read_parquet(path, "label")
    assert list(table.columns) == [*NAMES, "label"]
    assert table[NAMES].to_numpy().tolist() == X.tolist()


def test_booleans_and_decimals_are_numbers_and_the_labels_come_last(tmp_path: Path) -> None:
    path = parquet(kind=["cat", "dog"], tame=[True, False], price=[Decimal("1.50"), Decimal("2.25")])(tmp_path)
    table = read_parquet(path, "kind")
    assert list(table.columns) == ["tame", "price", "label"]
    assert table[["tame", "price"]].to_numpy().tolist() == [[1.0, 1.5], [0.0, 2.25]]
    assert table["label"].tolist() == ["cat", "dog"]


@pytest.mark.parametrize(
    ("write", "cause"),
    [
        (text("a.parquet", "a,label\n1,2\n"), "a.parquet cannot be read as Parquet"),
        (truncated(write_parquet), "a.parquet cannot be read as Parquet"),
        (texts_in_parquet, "Column 'a' of a.parquet is not numeric: it holds string"),
        (twins_in_parquet, "several columns called 'a'"),
        (parquet(a=[1.0], label=[[1, 2]]), "The labels in a.parquet are lists or records"),
    ],
    ids=["no Parquet", "truncated", "text", "twins", "lists of labels"],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, write: Callable[[Path], Path], cause: str) -> None:
    assert cause in refusal(read_parquet, write(tmp_path), "label")

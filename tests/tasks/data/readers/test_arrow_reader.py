"""Parquet files give their columns as they are typed, without an index."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.data.readers.arrow_reader import read_parquet
from tasks.data.readers.source import ReadOptions
from tests.helpers.source_files import (
    NAMES,
    X,
    refusal,
    text,
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
    found = read_parquet(path, ReadOptions())
    table = found.frame
    assert "index=False" in found.notes[0]
    assert list(table.columns) == [*NAMES, "label"]
    assert table[NAMES].to_numpy().tolist() == X.tolist()


def test_columns_keep_their_types(tmp_path: Path) -> None:
    days = pd.to_datetime(["2026-01-01", None])
    kinds = pd.Categorical(["cat", "dog"])
    frame = pd.DataFrame({"kind": kinds, "tame": [True, False], "day": days, "name": ["x", None]})
    frame.to_parquet(tmp_path / "a.parquet", index=False)
    table = read_parquet(tmp_path / "a.parquet", ReadOptions()).frame
    assert [dtype.kind for dtype in table.dtypes[["tame", "day"]]] == ["b", "M"]
    assert table["kind"].dtype == "category"
    assert table["name"].isna().tolist() == [False, True]


def test_decimals_are_numbers_and_large_whole_numbers_stay_exact_beside_gaps(tmp_path: Path) -> None:
    prices = [Decimal("1.50"), Decimal("2.25")]
    table = read_parquet(
        parquet(price=prices, small=[1, None], large=[2**60 + 1, None])(tmp_path), ReadOptions()
    ).frame
    assert table["price"].tolist() == [1.5, 2.25]
    assert np.array_equal(table["small"], [1.0, np.nan], equal_nan=True)
    assert table["large"].tolist() == [2**60 + 1, None]


@pytest.mark.parametrize(
    ("write", "cause"),
    [
        (text("a.parquet", "a,label\n1,2\n"), "a.parquet cannot be read as Parquet"),
        (truncated(write_parquet), "a.parquet cannot be read as Parquet"),
        (twins_in_parquet, "several columns called 'a'"),
    ],
    ids=["no Parquet", "truncated", "twins"],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, write: Callable[[Path], Path], cause: str) -> None:
    assert cause in refusal(read_parquet, write(tmp_path), ReadOptions())

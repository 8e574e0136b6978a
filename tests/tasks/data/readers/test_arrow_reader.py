"""Parquet files give their columns as they are typed, without an index."""

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.data.readers.arrow_reader import read_feather, read_parquet
from tests.helpers.source_files import (
    NAMES,
    X,
    by,
    refusal,
    text,
    truncated,
    twins_in_parquet,
    write_parquet,
)

read = by(read_parquet)


def parquet(**columns: object) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        pq.write_table(pa.table(columns), folder / "a.parquet")
        return folder / "a.parquet"

    return write


def test_an_index_that_pandas_stored_is_no_feature(tmp_path: Path) -> None:
    path = write_parquet(tmp_path)
    assert "__index_level_0__" in pq.read_schema(path).names
    found = read(path)
    table = found.frame
    assert "index=False" in found.notes[0]
    assert list(table.columns) == [*NAMES, "label"]
    assert table[NAMES].to_numpy().tolist() == X.tolist()


def test_columns_keep_their_types(tmp_path: Path) -> None:
    days = pd.to_datetime(["2026-01-01", None])
    kinds = pd.Categorical(["cat", "dog"])
    frame = pd.DataFrame({"kind": kinds, "tame": [True, False], "day": days, "name": ["x", None]})
    frame.to_parquet(tmp_path / "a.parquet", index=False)
    table = read(tmp_path / "a.parquet").frame
    assert [dtype.kind for dtype in table.dtypes[["tame", "day"]]] == ["b", "M"]
    assert table["kind"].dtype == "category"
    assert table["name"].isna().tolist() == [False, True]


def test_decimals_are_numbers_and_large_whole_numbers_stay_exact_beside_gaps(tmp_path: Path) -> None:
    prices = [Decimal("1.50"), Decimal("2.25")]
    table = read(parquet(price=prices, small=[1, None], large=[2**60 + 1, None])(tmp_path)).frame
    assert table["price"].tolist() == [1.5, 2.25]
    assert np.array_equal(table["small"], [1.0, np.nan], equal_nan=True)
    assert table["large"].tolist() == [2**60 + 1, None]


def test_an_index_with_a_name_is_no_feature_unless_it_holds_dates_or_labels(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "when": pd.to_datetime(["2026-01-01", "2026-01-02"]), "label": ["x", "y"]})
    frame.rename_axis("number").to_parquet(tmp_path / "number.parquet")
    assert list(read(tmp_path / "number.parquet").frame.columns) == ["a", "when", "label"]
    text_index = frame.set_index(pd.Index(["r1", "r2"], name="row"))
    text_index.to_parquet(tmp_path / "row.parquet")
    found = read(tmp_path / "row.parquet")
    assert list(found.frame.columns) == ["a", "when", "label"]
    assert found.notes[0].startswith("column 'row' is left out")
    for kept in ("when", "label"):
        frame.set_index(kept).to_parquet(tmp_path / "kept.parquet")
        assert kept in read(tmp_path / "kept.parquet").frame.columns


def test_blanks_around_text_are_no_part_of_it(tmp_path: Path) -> None:
    table = read(parquet(a=[" x", " "], label=["yes ", None])(tmp_path)).frame
    assert table["a"].iloc[0] == "x" and table["label"].iloc[0] == "yes"
    assert table.isna().to_numpy().tolist() == [[False, False], [True, True]]


def test_days_and_times_are_moments_and_durations_are_seconds_but_labels_stay_what_they_are(
    tmp_path: Path,
) -> None:
    day, span, noon = date(2026, 1, 2), timedelta(minutes=1.5), time(12)
    table = read(parquet(day=[day], span=[span], noon=[noon], name=[b"x"], label=[span])(tmp_path)).frame
    assert table["day"].tolist() == [pd.Timestamp(day)]
    assert table[["span", "name"]].to_numpy().tolist() == [[90.0, "x"]]
    assert table["noon"].tolist() == [pd.Timestamp("1900-01-01 12:00")]
    assert table["label"].tolist() == [pd.Timedelta(span)]


def test_feather_is_read_like_parquet(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.5, 2.5], "kind": pd.Categorical(["x", "y"]), "label": [1, 0]})
    frame.to_feather(tmp_path / "a.feather")
    pd.testing.assert_frame_equal(by(read_feather)(tmp_path / "a.feather").frame, frame)
    with pa.ipc.new_stream(tmp_path / "a.arrows", pa.schema([("a", pa.int64())])) as stream:
        stream.write_table(pa.table({"a": [7]}))
    assert by(read_feather)(tmp_path / "a.arrows").frame["a"].tolist() == [7]
    assert "cannot be read as Feather" in refusal(by(read_feather), text("a.feather", "ARROW1")(tmp_path))


@pytest.mark.parametrize(
    ("write", "cause"),
    [
        (text("a.parquet", "a,label\n1,2\n"), "a.parquet cannot be read as Parquet"),
        (truncated(write_parquet), "a.parquet cannot be read as Parquet"),
        (twins_in_parquet, "several columns called 'a'"),
        (parquet(a=[1], label=[[1, 2]]), "The labels of a.parquet are lists"),
        (parquet(a=pd.period_range("2026", periods=1, freq="Y"), label=[1]), "a.parquet holds pandas.period"),
        (parquet(a=[b"\xff\0"], label=[1]), "Column 'a' of a.parquet holds bytes that are no text"),
    ],
    ids=["no Parquet", "truncated", "twins", "lists", "periods", "bytes"],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, write: Callable[[Path], Path], cause: str) -> None:
    assert cause in refusal(read, write(tmp_path))


def test_a_type_that_arrow_does_not_know_is_not_taken_for_what_it_is_stored_as(tmp_path: Path) -> None:
    stored = pa.field("where", pa.int64(), metadata={"ARROW:extension:name": "geo.cell"})
    pq.write_table(pa.table([[1, 2], [0, 1]], schema=pa.schema([stored, ("label", pa.int64())])), tmp_path / "a")
    assert "Column 'where' of a holds geo.cell" in refusal(read, tmp_path / "a")


def test_records_become_columns_of_their_fields_and_lists_are_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [{"x": 1, "y": {"z": 2.5}}], "tags": [["u", "v"]], "label": ["x"]})
    frame.to_parquet(tmp_path / "a.parquet")
    table = read(tmp_path / "a.parquet")
    assert table.frame.to_dict("list") == {"a.x": [1], "a.y.z": [2.5], "label": ["x"]}
    assert table.notes == ("column 'tags' left out: the cells hold lists",)

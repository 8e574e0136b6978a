"""Batches are ordered by the time of their rows where the schema declares a column for it."""

from pathlib import Path

import pandas as pd
import pytest

from greenlightning.errors import InputError
from tasks.data.batch_files import read_content
from tasks.data.batch_index import BatchRef, batches
from tasks.data.event_time import as_moments, event_span, latest_rows, time_column
from tasks.data.holdout import ensure_holdout
from tasks.data.ingestion import land
from tasks.data.schemas import Declared
from tasks.data.versioning import checkout, version_batch

DAYS = Declared(label="label", time="day")


def versioned(folder: Path, first: str, rows: int = 20) -> BatchRef:
    """Rows of successive days, the latest first in the file, under labels that alternate."""
    days = pd.date_range(first, periods=rows)[::-1]
    frame = pd.DataFrame({"day": days, "load": range(rows), "label": ["a", "b"] * (rows // 2)})
    path = folder / f"{first}.parquet"
    frame.to_parquet(path, index=False)
    return version_batch.fn(land.fn(path, "grid", DAYS))


def test_a_batch_knows_when_its_rows_happened(tmp_path: Path) -> None:
    late, early = versioned(tmp_path, "2026-03-01"), versioned(tmp_path, "2026-01-01")
    assert time_column("grid") == "day"
    assert (early.event_from[:10], early.event_to[:10]) == ("2026-01-01", "2026-01-20")
    assert sorted(batches("grid"), key=lambda ref: ref.happened) == [early, late]
    assert event_span("other", read_content(checkout(early))) == {}


def test_the_holdout_is_the_latest_part_of_the_base_where_a_time_is_declared(tmp_path: Path) -> None:
    base = [versioned(tmp_path, "2026-03-01"), versioned(tmp_path, "2026-01-01")]
    held = read_content(checkout(ensure_holdout.fn("grid", base, 0.25)))
    assert len(held.y) == 10
    assert held.frame["day"].min() == pd.Timestamp("2026-03-11")


def test_the_random_holdout_can_be_had_and_one_by_time_needs_a_time(tmp_path: Path) -> None:
    base = [versioned(tmp_path, "2026-01-01", rows=40)]
    held = read_content(checkout(ensure_holdout.fn("grid", base, 0.25, "random")))
    assert held.frame["day"].min() < pd.Timestamp("2026-01-31")
    path = tmp_path / "plain.csv"
    path.write_text("load,label\n" + "1,a\n2,b\n" * 20)
    plain = version_batch.fn(land.fn(path, "plain"))
    assert plain.event_to == ""
    with pytest.raises(InputError, match="'plain' declares no time column"):
        ensure_holdout.fn("plain", [plain], 0.2, "time")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ([1_767_225_600], "2026-01-01"),
        ([1_767_225_600_000.0], "2026-01-01"),
        ([1_767_225_600_000_000], "2026-01-01"),
        ([1_767_225_600_000_000_000], "2026-01-01"),
        ([20260101, 20260131], "2026-01-31"),
        ([202512, 202601], "2026-01-01"),
        ([202512, 202613], "1970-01-03 08:16:53"),
        ([17.5], "1970-01-01 00:00:17.5"),
    ],
)
def test_numbers_are_moments_as_they_are_usually_written(written: list[float], moment: str) -> None:
    assert as_moments(pd.Series(written)).max() == pd.Timestamp(moment)


def test_the_latest_rows_of_one_time_stay_in_order_and_rows_without_a_time_come_first() -> None:
    times = pd.Series([3.0, None, 1.0, 3.0, 2.0])
    assert latest_rows(times, 2).tolist() == [0, 3]
    assert latest_rows(times, 4).tolist() == [0, 2, 3, 4]
    assert latest_rows(times, 4, ordered=True).tolist() == [2, 4, 0, 3]
    assert latest_rows(times, 0).tolist() == []


def test_numbers_order_batches_too(tmp_path: Path) -> None:
    path = tmp_path / "seconds.csv"
    path.write_text("second,load,label\n" + "".join(f"{60 * at}.5,{at},{'ab'[at % 2]}\n" for at in range(20)))
    ref = version_batch.fn(land.fn(path, "seconds", Declared(time="second")))
    assert (ref.event_from, ref.event_to) == (
        "1970-01-01T00:00:00.500000+00:00",
        "1970-01-01T00:19:00.500000+00:00",
    )

"""The sliding holdout has the latest rows of the newest batches; what leaves it are the oldest rows of a part."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from greenlightning.errors import InputError
from tasks.data.batch_index import BatchRef
from tasks.data.holdout import Learnable, ensure_holdout
from tasks.data.ingestion import land
from tasks.data.schemas import Declared
from tasks.data.sliding_holdout import holdout_without, parts_of, slid_holdout
from tasks.data.versioning import version_batch

GRID, DAYS = "grid", Declared(label="label", time="day")


def versioned(folder: Path, first: str, rows: int = 40) -> BatchRef:
    """Rows of successive days, the latest first in the file; a row's load is its day in this batch."""
    days = pd.date_range(first, periods=rows)[::-1]
    frame = pd.DataFrame({"day": days, "load": np.arange(rows)[::-1] + 0.5, "label": ["a", "b"] * (rows // 2)})
    path = folder / f"{first}.parquet"
    frame.to_parquet(path, index=False)
    return version_batch.fn(land.fn(path, GRID, DAYS))


def loads(holdout: BatchRef, ref: BatchRef) -> list[float]:
    """The loads of a batch's rows in a holdout."""
    learnable = Learnable(holdout)
    return learnable.part(ref.id).X[:, 0].tolist()


def test_it_keeps_its_size_and_the_oldest_rows_leave_first(tmp_path: Path) -> None:
    base, second = versioned(tmp_path, "2026-01-01"), versioned(tmp_path, "2026-03-01")
    first = ensure_holdout.fn(GRID, [base], 0.3)
    assert parts_of(first) == {base.id: 12}
    assert loads(first, base) == [at + 0.5 for at in range(28, 40)]
    slid = slid_holdout(first, [second], 0.2, [base.id])
    assert parts_of(slid) == {base.id: 4, second.id: 8}
    assert loads(slid, base) == [36.5, 37.5, 38.5, 39.5]
    assert loads(slid, second) == [at + 0.5 for at in range(32, 40)]
    assert (slid.event_from[:10], slid.event_to[:10]) == ("2026-02-06", "2026-04-09")


def test_rows_of_batches_that_are_not_learnt_leave_it_and_an_old_batch_does_not_enter(tmp_path: Path) -> None:
    base, new = versioned(tmp_path, "2026-02-01"), versioned(tmp_path, "2026-04-01")
    old = versioned(tmp_path, "2025-01-01")
    first = ensure_holdout.fn(GRID, [base], 0.2)
    assert slid_holdout(first, [old], 0.2, [base.id]).id == first.id
    assert parts_of(slid_holdout(first, [new], 0.2, [])) == {new.id: 8}
    assert parts_of(slid_holdout(first, [new], 0.1, [base.id], carry=False)) == {new.id: 4}
    tiny = versioned(tmp_path, "2026-06-01", rows=18)
    assert slid_holdout(first, [tiny], 0.2, [base.id], carry=False) == first


def test_a_forgotten_batch_leaves_it_unless_no_row_would_be_left(tmp_path: Path) -> None:
    base, new = versioned(tmp_path, "2026-01-01"), versioned(tmp_path, "2026-03-01")
    first = ensure_holdout.fn(GRID, [base], 0.3)
    both = slid_holdout(first, [new], 0.2, [base.id])
    assert parts_of(holdout_without(both, base.id)) == {new.id: 8}
    assert holdout_without(first, base.id) == first
    assert holdout_without(first, new.id) == first


def test_the_ledger_entry_tells_which_rows_are_learnt(tmp_path: Path) -> None:
    base, new = versioned(tmp_path, "2026-01-01"), versioned(tmp_path, "2026-03-01")
    first = ensure_holdout.fn(GRID, [base], 0.3)
    entry = Learnable(first).entry(base, 28)
    assert entry.holdout == first.id
    now = Learnable(slid_holdout(first, [new], 0.2, [base.id]))
    for rows in (28, 36, 40):
        learnt = now.learnt(base, replace(entry, rows=rows))
        assert sorted(learnt.X[:, 0].tolist()) == [at + 0.5 for at in range(rows)]


def test_no_label_is_held_back_whole(tmp_path: Path) -> None:
    days = pd.date_range("2026-01-01", periods=40)
    frame = pd.DataFrame({"day": days, "load": np.arange(40.0) + 0.5, "label": ["a", "b"] * 19 + ["new"] * 2})
    frame.to_parquet(tmp_path / "new.parquet", index=False)
    ref = version_batch.fn(land.fn(tmp_path / "new.parquet", GRID, DAYS))
    held = Learnable(ensure_holdout.fn(GRID, [ref], 0.2))
    assert held.y.tolist() == ["a", "b"] * 3
    assert held.open(ref).rows == 34


def test_a_base_too_small_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too few to hold some back"):
        ensure_holdout.fn(GRID, [versioned(tmp_path, "2026-01-01", rows=18)], 0.5)


def test_a_base_sorted_by_its_label_has_a_holdout_all_the_same(tmp_path: Path) -> None:
    days = pd.date_range("2026-01-01", periods=40)
    path = tmp_path / "sorted.parquet"
    pd.DataFrame({"day": days, "load": np.arange(40.0), "label": ["a"] * 32 + ["b"] * 8}).to_parquet(
        path, index=False
    )
    base = version_batch.fn(land.fn(path, GRID, DAYS))
    assert parts_of(ensure_holdout.fn(GRID, [base], 0.2)) == {base.id: 8}

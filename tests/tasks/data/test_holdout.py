"""The holdout is chosen once, versioned like a batch, and no row of it is ever learnt."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from greenlightning.data.batch import Batch, row_fingerprints
from greenlightning.errors import InputError, NothingServedError
from tasks.core.faults import Fault
from tasks.data.batch_files import read_content, waiting
from tasks.data.batch_index import BatchRef, batch_path, batches
from tasks.data.holdout import Learnable, current_holdout, ensure_holdout, holdout_of, slice_rows
from tasks.data.ingestion import land
from tasks.data.schemas import Declared, schema_of
from tasks.data.versioning import checkout, version_batch
from tasks.training.structure import read_base
from tests.helpers.small_champion import versioned

DATASET = "digits"


def hundred(start: int = 0) -> Batch:
    """A hundred rows of two features, counted from ``start``; a fifth of them are of class 1."""
    return Batch(start + np.arange(200.0).reshape(100, 2), (np.arange(100) % 5 == 0).astype(int))


def keys(X: np.ndarray, y: np.ndarray) -> set[int]:
    return set(row_fingerprints(X, y).tolist())


def held_of(ref: BatchRef) -> tuple[np.ndarray, np.ndarray]:
    content = read_content(checkout(ref))
    return content.numbers, content.y


def test_without_a_holdout_a_stratified_part_of_each_base_batch_is_held_back(tmp_path: Path) -> None:
    base = [hundred(), hundred(1000)]
    ref = ensure_holdout.fn(DATASET, [versioned(batch, tmp_path) for batch in base], 0.2)
    assert (ref.dataset, ref.rows) == ("digits.holdout", 40)
    X, y = held_of(ref)
    for batch, later in zip(base, (False, True), strict=True):
        mine = (X[:, 0] >= 1000) == later
        assert mine.sum() == 20 and y[mine].sum() == 4
        assert keys(X[mine], y[mine]) < keys(batch.X, batch.y)


def test_the_same_base_has_the_same_holdout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv("GREENLIGHTNING_HOME", str(tmp_path / name))
        chosen.append(ensure_holdout.fn(DATASET, [versioned(hundred(), tmp_path)], 0.2).id)
    assert chosen[0] == chosen[1]


@pytest.mark.parametrize("finish", [ensure_holdout.fn, current_holdout])
@pytest.mark.parametrize("fault", [Fault.DESCRIBED, Fault.PUSHED])
def test_a_holdout_that_a_kill_left_unpushed_is_pushed_by_the_next_run(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault, finish: Any
) -> None:
    base = [versioned(hundred(), tmp_path)]
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("tasks.core.faults.strike", died)
        patch.setenv("GREENLIGHTNING_FAULT", fault)
        ensure_holdout.fn(DATASET, base, 0.2)
    ref = finish(DATASET) if finish is current_holdout else finish(DATASET, base, 0.2)
    assert waiting(holdout_of(DATASET)) == []
    shutil.rmtree(home / ".dvc" / "cache")
    batch_path(ref.dataset, ref.id).unlink()
    assert checkout(ref).is_file()


def died(_: str) -> None:
    raise KeyboardInterrupt


def test_a_holdout_that_was_ingested_is_kept_and_the_newest_counts(tmp_path: Path) -> None:
    base = versioned(hundred(), tmp_path)
    versioned(hundred(1000), tmp_path, holdout_of(DATASET))
    newest = versioned(hundred(2000), tmp_path, holdout_of(DATASET))
    assert ensure_holdout.fn(DATASET, [base], 0.2) == current_holdout(DATASET) == newest
    assert len(batches(holdout_of(DATASET))) == 2


def test_a_base_too_small_to_hold_rows_back_is_refused(tmp_path: Path) -> None:
    small = Batch(hundred().X[:19], hundred().y[:19])
    with pytest.raises(InputError, match="too few to hold some back"):
        ensure_holdout.fn(DATASET, [versioned(small, tmp_path)], 0.5)
    assert batches(holdout_of(DATASET)) == []


def test_a_dataset_without_a_holdout_says_so() -> None:
    with pytest.raises(NothingServedError, match="Dataset 'digits' has no holdout"):
        current_holdout(DATASET)


def test_rows_of_the_holdout_are_left_out_and_the_batch_keeps_its_id(tmp_path: Path) -> None:
    held = Batch(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 1]))
    learnable = Learnable(versioned(held, tmp_path, holdout_of(DATASET)))
    known, relabelled, new = [1.0, 2.0], [3.0, 4.0], [5.0, 6.0]
    arrived = Batch(np.array([known, relabelled, new, known]), np.array([0, 0, 1, 0]))
    left = learnable.open(versioned(arrived, tmp_path))
    assert left.X.tolist() == [relabelled, new]
    assert left.y.tolist() == [0, 1]
    assert left.id == arrived.id


def test_what_is_learnt_and_what_is_held_back_of_the_base_are_all_its_rows(tmp_path: Path) -> None:
    base = versioned(hundred(), tmp_path)
    learnable = Learnable(ensure_holdout.fn(DATASET, [base], 0.2))
    left = learnable.open(base)
    assert (left.rows, len(learnable.X)) == (80, 20)
    assert keys(left.X, left.y) | keys(learnable.X, learnable.y) == keys(hundred().X, hundred().y)


def test_columns_declared_otherwise_between_two_batches_are_held_out_and_left_out_alike(tmp_path: Path) -> None:
    refs = []
    for start, declared in ((0, Declared()), (100, Declared(identifiers=("client",), categorical=("grade",)))):
        counted = np.arange(start, start + 100)
        frame = pd.DataFrame({"client": counted, "grade": counted % 5, "size": counted / 8, "label": counted % 2})
        frame.to_csv(tmp_path / f"{start}.csv", index=False)
        refs.append(version_batch.fn(land.fn(tmp_path / f"{start}.csv", DATASET, declared)))
    learnable = Learnable(ensure_holdout.fn(DATASET, refs, 0.2), schema=schema_of(DATASET))
    encoder, parts = read_base(learnable, refs, schema_of(DATASET))
    assert encoder and encoder.schema.features == ("grade", "size")
    assert [part.rows for part in parts] == [80, 80] and len(learnable.content.y) == 40


def test_a_slice_of_a_batch_is_chosen_by_its_id_and_both_parts_keep_it() -> None:
    batch = hundred()
    split = slice_rows(batch, 0.2)
    kept, held = split.kept, split.back
    assert (kept.rows, held.rows, held.y.sum()) == (80, 20, 4)
    assert kept.id == held.id == batch.id
    assert keys(kept.X, kept.y) | keys(held.X, held.y) == keys(batch.X, batch.y)
    assert np.array_equal(slice_rows(batch, 0.2).back.X, held.X)
    other = Batch(batch.X, batch.y, "f" * 16)
    assert not np.array_equal(slice_rows(other, 0.2).back.X, held.X)


def test_where_rows_repeat_one_another_only_those_that_were_taken_are_left_out(tmp_path: Path) -> None:
    four = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    base = versioned(Batch(np.tile(four, (25, 1)), np.tile([0, 0, 1, 1], 25)), tmp_path)
    learnable = Learnable(ensure_holdout.fn(DATASET, [base], 0.2))
    left = learnable.open(base)
    assert (left.rows, len(learnable.X)) == (80, 20)
    together = np.concatenate([left.X, learnable.X])
    assert [int((together == one).all(axis=1).sum()) for one in four] == [25, 25, 25, 25]
    later = versioned(Batch(four, np.array([0, 0, 1, 1])), tmp_path)
    assert learnable.open(later).rows == 4


def test_a_row_that_seldom_repeats_is_left_out_wherever_it_occurs(tmp_path: Path) -> None:
    base = versioned(hundred(), tmp_path)
    learnable = Learnable(ensure_holdout.fn(DATASET, [base], 0.2))
    again = versioned(Batch(np.concatenate([learnable.X, [[-1.0, -1.0]]]), np.append(learnable.y, 0)), tmp_path)
    assert learnable.open(again).X.tolist() == [[-1.0, -1.0]]

"""Batches are set aside whole beside the reason, and leave quarantine by a decision."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from greenlightning.errors import InputError
from tasks.data.versioning import version_batch
from tasks.quarantine.moves import discard, forget_record, quarantine, released
from tasks.quarantine.records import Decision, discarded, held_batch, held_batches
from tests.helpers.batches import batch_of, blobs, with_cell

DECISION = Decision(decision="discard", by="ann", at="2026-11-29T12:00:00+00:00", reason="a test file")


def test_quarantine_keeps_the_batch_beside_its_reason(tmp_path: Path, home: Path) -> None:
    batch = batch_of(tmp_path, *blobs(1))
    content = batch.path.read_bytes()
    folder = quarantine.fn(batch, ["too many rows"])
    assert folder == home / "data" / "quarantine" / "d" / batch.id
    assert not batch.path.exists()
    assert (folder / batch.path.name).read_bytes() == content
    reason = json.loads((folder / "reason.json").read_text())
    assert reason["failures"] == ["too many rows"]
    assert (reason["source"], reason["rows"], reason["id"]) == ("made.npz", 300, batch.id)
    assert quarantine.fn(batch, ["again"]) == folder
    assert json.loads((folder / "reason.json").read_text()) == reason


def test_a_quarantine_killed_before_the_move_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batch_of(tmp_path, *blobs(1))

    def die(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            quarantine.fn(batch, ["cause"])
    assert batch.path.is_file()
    folder = quarantine.fn(batch, ["cause"])
    assert (folder / batch.path.name).is_file()


def test_only_waiting_batches_are_quarantined(tmp_path: Path) -> None:
    batch = batch_of(tmp_path, *blobs(1))
    with pytest.raises(InputError, match="does not wait in incoming"):
        quarantine.fn(replace(batch, dataset="other"), ["cause"])
    assert batch.path.is_file()


def test_a_released_batch_waits_again_with_the_same_bytes(tmp_path: Path) -> None:
    batch = batch_of(tmp_path, *blobs(1))
    content = batch.path.read_bytes()
    quarantine.fn(batch, ["cause"])
    held = held_batch("d", batch.id)
    assert (held.rows, held.source, held.failures) == (300, "made.npz", ("cause",))
    again = released(held)
    assert (again.path.read_bytes(), again.id, again.landed_at) == (content, batch.id, batch.landed_at)
    assert released(held) == again
    forget_record(held.dataset, held.id)
    assert held_batches("d") == []


def test_a_batch_with_rows_without_a_label_stays_in_quarantine(tmp_path: Path) -> None:
    X, y = blobs(1)
    batch = batch_of(tmp_path, X, np.where(np.arange(len(y)) == 4, np.nan, y + 0.5))
    quarantine.fn(batch, ["cause"])
    held = held_batch("d", batch.id)
    assert held.unlearnable.startswith("1 of 300 rows have no label (it is row 5)")
    with pytest.raises(InputError, match=r"cannot be learnt: 1 of 300 rows have no label \(it is row 5\)"):
        released(held)
    assert held.file.is_file()


def test_a_batch_with_infinite_cells_stays_in_quarantine(tmp_path: Path) -> None:
    batch = batch_of(tmp_path, *with_cell(np.inf)(blobs(1)))
    quarantine.fn(batch, ["cause"])
    with pytest.raises(
        InputError, match=r"cannot be learnt: 1 infinite cells: leave them empty. Then ingest made"
    ):
        released(held_batch("d", batch.id))


def test_a_batch_whose_labels_are_of_another_kind_stays_in_quarantine(tmp_path: Path) -> None:
    version_batch.fn(batch_of(tmp_path, *blobs(1)))
    X, y = blobs(2)
    batch = batch_of(tmp_path, X, np.where(y > 0, "late", "on time"))
    quarantine.fn(batch, ["cause"])
    with pytest.raises(InputError, match="its labels are text where those of other batches are numbers, or"):
        released(held_batch("d", batch.id))


def test_a_discarded_batch_loses_its_rows_and_keeps_its_record(tmp_path: Path) -> None:
    batch = batch_of(tmp_path, *blobs(1))
    quarantine.fn(batch, ["cause"])
    discard(held_batch("d", batch.id), DECISION)
    (held,) = held_batches("d")
    assert not held.file.exists()
    assert held.decision == discarded("d", batch.id) == DECISION
    with pytest.raises(InputError, match="were discarded"):
        released(held)


def test_a_second_discard_is_refused_and_the_first_decision_stands(tmp_path: Path) -> None:
    batch = batch_of(tmp_path, *blobs(1))
    quarantine.fn(batch, ["cause"])
    discard(held_batch("d", batch.id), DECISION)
    later = DECISION.model_copy(update={"at": "2026-12-24T12:00:00+00:00", "reason": "again"})
    with pytest.raises(InputError, match=r"was discard by ann on 2026-11-29T12:00:00"):
        discard(held_batch("d", batch.id), later)
    assert discarded("d", batch.id) == DECISION

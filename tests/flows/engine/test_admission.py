"""One bad batch, or a step that fails on one, never stops the others."""

from pathlib import Path
from typing import Any

import pytest

import flows.engine.admission
import flows.learning.retrain_dataset
from flows.learning.ingest import ingest
from flows.learning.retrain import retrain
from greenlightning.errors import IntegrityError
from tasks.core.workspace import Workspace
from tasks.data.batch_files import LandedBatch
from tasks.data.batch_index import batches, pointer_path
from tests.helpers.digits import DIGITS, FIRST, SECOND, THIRD, add, drop, outcome, source

pytestmark = pytest.mark.usefixtures("prefect", "champion")


def failing(function: Any, batch: str, error: Exception) -> Any:
    """The function, which fails on one batch."""

    def fails(first: Any, *rest: Any, **options: Any) -> Any:
        if batch in {getattr(one, "id", None) for one in (first, *(rest[0] if rest else ()))}:
            raise error
        return function(first, *rest, **options)

    return fails


def waiting_names() -> list[str]:
    return [path.stem for path in Workspace.current().incoming(DIGITS).glob("*.parquet")]


def test_a_batch_that_breaks_a_check_is_quarantined_with_the_reason_and_the_others_are_learnt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad, good = drop("bad", FIRST), drop("good", SECOND)
    broken = failing(flows.engine.admission.validate, bad.id, OverflowError("year 9749432815 is out of range"))
    monkeypatch.setattr(flows.engine.admission, "validate", broken)
    done = outcome(retrain, dataset=DIGITS)
    assert done.learnt == {good.id: 200}
    [aside] = done.quarantined
    assert aside.batch == bad.id
    assert "could not be validated: Unexpected OverflowError: year 9749432815" in aside.reasons[0]
    assert (Workspace.current().quarantine(DIGITS) / bad.id / "reason.json").is_file()


def test_a_batch_that_cannot_be_versioned_now_goes_on_waiting_and_the_others_are_learnt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad, good = drop("bad", FIRST), drop("good", SECOND)
    version = flows.engine.admission.version_batch
    with monkeypatch.context() as patch:
        patch.setattr(flows.engine.admission, "version_batch", failing(version, bad.id, RuntimeError("no store")))
        done = outcome(retrain, dataset=DIGITS)
    assert done.learnt == {good.id: 200}
    assert [(one.batch, one.reasons[0]) for one in done.quarantined] == [
        (bad.id, "it still waits: Unexpected RuntimeError: no store")
    ]
    assert waiting_names() == [bad.id]
    assert outcome(retrain, dataset=DIGITS).learnt == {bad.id: 200}


def test_a_full_disk_and_an_error_that_meets_all_batches_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    drop("first", FIRST)
    for error in (OSError(28, "No space left on device"), RuntimeError("no store")):
        with monkeypatch.context() as patch, pytest.raises(type(error)):
            patch.setattr(flows.engine.admission, "version_batch", _raising(error))
            outcome(retrain, dataset=DIGITS)
    assert len(waiting_names()) == 1


def _raising(error: Exception) -> Any:
    def raises(*_: Any, **__: Any) -> None:
        raise error

    return raises


def test_a_step_that_fails_on_one_batch_leaves_the_others_to_be_learnt_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad, good, also_good = add("bad", FIRST), add("good", SECOND), add("also", THIRD)
    broken = failing(flows.learning.retrain_dataset.learn_batches, bad, ZeroDivisionError("by this batch"))
    monkeypatch.setattr(flows.learning.retrain_dataset, "learn_batches", broken)
    done = outcome(retrain, dataset=DIGITS)
    assert done.learnt == {good: 200, also_good: 200}
    assert f"batch {bad} is not learnt: Unexpected ZeroDivisionError: by this batch" in done.notes


def test_a_damaged_pointer_of_a_new_batch_is_an_integrity_error_until_its_source_comes_again() -> None:
    first = add("first", FIRST)
    pointer = pointer_path(DIGITS, first)
    whole = pointer.read_bytes()
    for spoilt in (whole[:60], whole.replace(b"rows: '200'", b"rows: '201'"), b""):
        pointer.write_bytes(spoilt)
        with pytest.raises(IntegrityError, match=f"{first}.parquet.dvc .* is damaged or missing"):
            outcome(retrain, dataset=DIGITS)
    assert outcome(ingest, path=source("first", FIRST), dataset=DIGITS).state == "Versioned"
    assert pointer.read_bytes() == whole
    assert outcome(retrain, dataset=DIGITS).learnt == {first: 200}


def test_a_batch_taken_by_another_run_meanwhile_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    landed = drop("first", FIRST)
    seen: list[LandedBatch] = flows.engine.admission.waiting(DIGITS)
    assert outcome(ingest, path=Path(source("first", FIRST)), dataset=DIGITS).state == "Versioned"
    monkeypatch.setattr(flows.engine.admission, "waiting", lambda dataset: seen)
    assert outcome(retrain, dataset=DIGITS).learnt == {landed.id: 200}
    assert [ref.id for ref in batches(DIGITS)][1:] == [landed.id]

"""A quarantined batch is accepted or discarded once, with a reason, and stays so."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import Timeout
from prefect.exceptions import ParameterTypeError

from flows.inputs.quarantine import check_acceptable
from flows.learning.ingest import ingest
from flows.learning.retrain import retrain
from flows.learning.train import train
from flows.quarantine.decide import accept, discard
from flows.quarantine.relearn import relearn
from greenlightning.errors import NothingServedError
from tasks.core.constants import Alias, Tag
from tasks.core.faults import VARIABLE, Fault
from tasks.core.workspace import Workspace
from tasks.data.batch_index import batch_ref, batches
from tasks.data.pointers.turns import turn_of
from tasks.data.versioning import copies
from tasks.models import registry
from tasks.models.version_expectations import expectations_of
from tasks.quarantine import moves
from tasks.quarantine.records import held_batch, held_batches
from tasks.tracking.client import connect
from tests.helpers.digits import DIGITS, FIRST, LEARNING, SECOND, X, drop, frame_file, outcome, y

pytestmark = pytest.mark.usefixtures("prefect", "champion")


def scaled(name: str = "scaled", rows: slice = FIRST) -> Path:
    """Digits whose grey values run to 255 instead of 16: another scale, and so broken."""
    return frame_file(name, X[rows] * 255 / 16, y[rows])


def quarantined(path: Path) -> str:
    done = outcome(ingest, path=path, dataset=DIGITS)
    assert done.state == "Quarantined", done
    return done.quarantined[0].batch


def test_an_accepted_batch_is_versioned_learnt_and_expected() -> None:
    batch = quarantined(scaled())
    before = expectations_of(registry.champion(DIGITS))
    done = outcome(accept, dataset=DIGITS, batch=batch, reason="the new scanner")
    assert done.state == "Accepted"
    assert held_batches(DIGITS) == []
    assert batch_ref(DIGITS, batch).accepted.endswith(": the new scanner")
    after = expectations_of(registry.champion(DIGITS))
    assert after.learnt == (batch,) and after.digest != before.digest
    assert outcome(ingest, path=scaled("again", SECOND), dataset=DIGITS).state == "Versioned"
    learnt = outcome(retrain, dataset=DIGITS, batches=[batch])
    assert learnt.quarantined == ()
    assert learnt.state in ("Promoted", "Kept")
    tags = connect().get_run(done.run_id).data.tags
    assert tags[Tag.REASON] == "the new scanner"
    assert tags[Tag.DECISION].startswith("accepted by ") and tags["mlflow.user"]


@pytest.mark.parametrize(("decision", "step"), [(accept, "released"), (discard, "discard")])
def test_a_batch_is_decided_on_by_one_run_at_a_time(
    decision: Callable[..., Any], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, move = quarantined(scaled()), getattr(moves, step)

    def while_nobody_else_can(*about: Any) -> Any:
        with pytest.raises(Timeout), turn_of(batch, longest=0):
            pytest.fail("another run could have moved the batch, too")
        return move(*about)

    monkeypatch.setattr(moves, step, while_nobody_else_can)
    done = outcome(decision, dataset=DIGITS, batch=batch, reason="tried")
    assert done.state in ("Accepted", "Discarded")


def test_the_same_file_again_is_accepted_already() -> None:
    batch = quarantined(scaled())
    outcome(accept, dataset=DIGITS, batch=batch, reason="the new scanner")
    relearnt = outcome(relearn, dataset=DIGITS, reason="the old scanner is back")
    assert relearnt.state == "Relearnt"
    assert expectations_of(registry.champion(DIGITS)).learnt == ()
    assert outcome(ingest, path=scaled(), dataset=DIGITS).state == "Versioned"
    assert outcome(ingest, path=scaled("other", SECOND), dataset=DIGITS).state == "Quarantined"


@pytest.mark.parametrize("fault", [Fault.COPIED, Fault.ADDED, Fault.PUSHED])
def test_an_acceptance_that_failed_half_way_is_finished_by_the_next(
    fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = quarantined(scaled())
    with monkeypatch.context() as patch:
        patch.setenv(VARIABLE, f"{fault}:EACCES")
        assert not accept(dataset=DIGITS, batch=batch, reason="the new scanner", return_state=True).is_completed()
    check_acceptable(DIGITS, batch, "the new scanner")
    assert outcome(accept, dataset=DIGITS, batch=batch, reason="the new scanner").state == "Accepted"
    assert held_batches(DIGITS) == []
    assert batch_ref(DIGITS, batch).accepted and all(copies(batch_ref(DIGITS, batch)).values())


def test_a_discarded_batch_keeps_its_record_and_stays_out() -> None:
    batch = quarantined(scaled())
    assert outcome(discard, dataset=DIGITS, batch=batch, reason="a test file").state == "Discarded"
    held = held_batch(DIGITS, batch)
    assert held.decision is not None and held.decision.reason == "a test file"
    assert not held.file.exists() and (held.folder / "reason.json").is_file()
    assert len(batches(DIGITS)) == 1
    again = outcome(ingest, path=scaled(), dataset=DIGITS)
    assert "discarded by" in again.quarantined[0].reasons[0]
    assert held_batch(DIGITS, batch).file.is_file()
    assert outcome(accept, dataset=DIGITS, batch=batch, reason="it was none").state == "Accepted"


def test_expectations_are_learnt_anew_from_named_batches() -> None:
    batch = quarantined(scaled())
    outcome(accept, dataset=DIGITS, batch=batch, reason="the new scanner")
    outcome(relearn, dataset=DIGITS, batches=[batch], reason="only the new scanner counts")
    found = expectations_of(registry.champion(DIGITS))
    assert found.rows == 200
    assert max(found.base.high) == 255
    assert found.labels[:10] == tuple(range(10))


def test_one_broken_batch_does_not_stop_the_others() -> None:
    drop("good", SECOND)
    broken = Workspace.current().incoming(DIGITS) / f"{'ab' * 8}.parquet"
    broken.write_bytes(b"no Parquet")
    done = outcome(retrain, dataset=DIGITS)
    assert done.state in ("Promoted", "Kept") and sum(done.learnt.values()) == 200
    assert [one.batch for one in done.quarantined] == ["ab" * 8]
    assert "cannot be opened" in done.quarantined[0].reasons[0]


def test_a_moved_batch_is_learnt_unless_the_parameter_says_otherwise() -> None:
    moved = frame_file("moved", np.clip(X[FIRST] * 0.6, 0, 16), np.full(200, 1))
    held = outcome(ingest, path=moved, dataset=DIGITS, quarantine_moved="always")
    assert held.state == "Quarantined"
    assert "takes 100.0% of the rows" in " ".join(held.quarantined[0].reasons)
    again = outcome(ingest, path=moved, dataset=DIGITS)
    assert again.state == "Versioned"
    assert any("has moved" in note for note in again.notes)


def test_a_new_training_helps_a_stream_that_changed_for_good() -> None:
    batch = quarantined(scaled())
    outcome(accept, dataset=DIGITS, batch=batch, reason="the new scanner")
    outcome(train, dataset=DIGITS, batches=[batch], learning=LEARNING)
    if registry.version(DIGITS, Alias.CHAMPION).version == 1:
        outcome(relearn, dataset=DIGITS, batches=[batch], reason="the new scanner")
    assert outcome(ingest, path=scaled("later", SECOND), dataset=DIGITS).state == "Versioned"


def test_what_cannot_be_decided_is_one_error() -> None:
    with pytest.raises(NothingServedError, match="not in quarantine"):
        outcome(accept, dataset=DIGITS, batch="0" * 16, reason="why")
    with pytest.raises(ParameterTypeError, match="needs a reason"):
        outcome(discard, dataset=DIGITS, batch=quarantined(scaled()), reason=" ")


def test_the_commands_list_show_and_tell_what_is_expected(capsys: pytest.CaptureFixture[str]) -> None:
    from flows.console.quarantine_text import print_expectations, print_held, print_one

    batch = quarantined(scaled())
    capsys.readouterr()
    print_held(DIGITS, as_json=True)
    assert [held["id"] for held in json.loads(capsys.readouterr().out)] == [batch]
    print_held(DIGITS, as_json=False)
    assert batch in capsys.readouterr().out
    print_one(DIGITS, batch, as_json=False)
    shown = capsys.readouterr().out
    assert "broken" in shown and f"greenlightning quarantine accept {batch} --dataset {DIGITS}" in shown
    print_expectations(DIGITS, as_json=False)
    assert "pixel_9" in capsys.readouterr().out
    print_expectations(DIGITS, as_json=True)
    assert json.loads(capsys.readouterr().out)["rows"] == 500


def test_a_batch_that_passes_the_second_time_is_in_quarantine_no_more() -> None:
    """Its new label was refused at first."""
    file = frame_file("new_label", X[FIRST], np.where(y[FIRST] == 3, 11, y[FIRST]))
    batch = quarantined(file)
    assert [held.id for held in held_batches(DIGITS)] == [batch]
    assert outcome(ingest, path=file, dataset=DIGITS, allow_new_labels=True).state == "Versioned"
    assert held_batches(DIGITS) == []
    assert batch in {ref.id for ref in batches(DIGITS)}

"""Retraining learns the new batches alone, equals learning jointly, and keeps harmful batches out."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from flows.console.status import summary
from flows.learning.retrain import retrain
from tasks.core.constants import Alias, Metric, Tag
from tasks.core.workspace import Workspace
from tasks.data.batch_files import read_content
from tasks.data.batch_index import batches
from tasks.data.holdout import current_holdout
from tasks.data.ingestion import land
from tasks.data.versioning import checkout
from tasks.models import registry
from tasks.tracking.client import connect, experiment_id
from tests.helpers.digits import (
    DIGITS,
    FIRST,
    SECOND,
    X,
    add,
    drop,
    frame_file,
    learnt_jointly,
    outcome,
    source,
    y,
)

pytestmark = pytest.mark.usefixtures("prefect")


def served() -> int:
    return registry.version(DIGITS, Alias.CHAMPION).version


@pytest.mark.usefixtures("champion")
def test_retraining_learns_the_new_batch_alone_and_equals_learning_jointly() -> None:
    [base] = batches(DIGITS)
    before = registry.load(DIGITS)
    first = add("first", FIRST)
    done = outcome(retrain, dataset=DIGITS)
    after = registry.load(DIGITS)
    assert (done.state, done.version, done.promoted, done.learnt) == ("Promoted", 2, True, {first: 200})
    assert after.structure.digest == before.structure.digest
    assert after.statistics.digest == learnt_jointly(after, [base.id, first]).digest
    assert after.statistics.digest == learnt_jointly(after, [first, base.id]).digest
    metrics = connect().get_run(done.run_id).data.metrics
    assert (metrics[Metric.ROWS_TOUCHED], metrics[Metric.ROWS_LEARNT]) == (200, 200)
    assert done.avoided.source.startswith("estimated:network-cost-per-row-and-epoch*")
    assert done.avoided.within[0] < done.avoided.joules < done.avoided.within[1]
    version = registry.version(DIGITS, Alias.CHAMPION)
    assert (version.parent, version.aliases) == (1, ("champion",))
    assert registry.version(DIGITS, Alias.PREVIOUS).version == 1


@pytest.mark.usefixtures("champion")
def test_the_champion_predicts_each_batch_first_and_the_stream_of_scores_goes_on() -> None:
    first = registry.load(DIGITS)
    add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    second = registry.load(DIGITS)
    add("second", SECOND)
    done = outcome(retrain, dataset=DIGITS)
    right = [float((m.predict(X[rows]) == y[rows]).mean()) for m, rows in ((first, FIRST), (second, SECOND))]
    assert done.predicted.mean["accuracy"] == right[1]
    assert (done.prequential.rows, done.prequential.mean["accuracy"]) == (400, pytest.approx(sum(right) / 2))
    assert registry.version(DIGITS, Alias.CHAMPION).prequential == done.prequential
    assert summary(DIGITS)["prequential"]["accuracy"] == done.prequential.mean["accuracy"]


@pytest.mark.usefixtures("champion")
def test_a_second_retraining_has_nothing_to_learn() -> None:
    add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    again = outcome(retrain, dataset=DIGITS)
    assert (again.state, again.version, again.learnt) == ("Nothing to learn", None, {})
    assert len(registry.versions(DIGITS)) == 2
    add("first again", FIRST)
    assert outcome(retrain, dataset=DIGITS).state == "Nothing to learn"


def test_a_retraining_opens_no_old_batch(champion: Path) -> None:
    add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    old = batches(DIGITS)
    for ref in old:
        (champion / "data" / "batches" / DIGITS / f"{ref.id}.parquet").unlink()
        for store in ("cache", "store"):
            found = [path for path in (champion / ".dvc" / store).rglob(ref.md5[2:]) if path.is_file()]
            assert found, f"no copy of {ref.id} in {store}"
            for path in found:
                path.unlink()
    shutil.rmtree(champion / "sources")
    second = add("second", SECOND)
    done = outcome(retrain, dataset=DIGITS)
    assert (done.promoted, done.learnt) == (True, {second: 200})
    assert registry.load(DIGITS).statistics.n == 400 + 200 + 200


def test_a_corrupt_batch_is_set_aside_and_the_others_are_learnt(champion: Path) -> None:
    holes = X[SECOND].copy()
    holes[:, :32] = np.nan
    drop("good", FIRST)
    bad = land.fn(frame_file("holes", holes, y[SECOND]), DIGITS)
    done = outcome(retrain, dataset=DIGITS)
    assert (done.state, done.promoted) == ("Promoted", True)
    assert [(one.batch, one.source) for one in done.quarantined] == [(bad.id, "holes.parquet")]
    folder = champion / "data" / "quarantine" / DIGITS / bad.id
    reason = json.loads((folder / "reason.json").read_text())
    assert reason["failures"][0].startswith("Columns that lost nearly all their cells: 'pixel_0'")
    assert (folder / f"{bad.id}.parquet").read_bytes()
    assert list((champion / "data" / "incoming" / DIGITS).iterdir()) == []
    assert bad.id not in registry.version(DIGITS, Alias.CHAMPION).batches


def test_a_corrupt_batch_alone_ends_in_the_state_quarantined_and_the_champion_stays(champion: Path) -> None:
    landed = drop("whole", FIRST)
    landed.path.write_bytes(landed.path.read_bytes()[:2000])
    (champion / "data" / "incoming" / DIGITS / "monday.parquet").write_bytes(source("raw", SECOND).read_bytes())
    done = outcome(retrain, dataset=DIGITS)
    assert (done.state, done.version, served()) == ("Quarantined", None, 1)
    assert {one.batch for one in done.quarantined} == {landed.id, "monday"}
    assert "cannot be opened" in " ".join(done.quarantined[0].reasons + done.quarantined[1].reasons)
    assert (champion / "data" / "quarantine" / DIGITS / "monday" / "monday.parquet").is_file()
    assert outcome(retrain, dataset=DIGITS).state == "Nothing to learn"


@pytest.mark.usefixtures("champion")
def test_a_batch_that_would_harm_becomes_a_challenger_with_the_reason_and_the_champion_stays() -> None:
    landed = drop("mislabelled", slice(500, 1300), 9 - y[500:1300])
    done = outcome(retrain, dataset=DIGITS)
    assert (done.state, done.promoted, done.version, served()) == ("Kept", False, 2, 1)
    challenger = registry.version(DIGITS, Alias.CHALLENGER)
    assert (challenger.version, challenger.tags[Tag.DECISION]) == (2, "kept as challenger")
    assert challenger.tags[Tag.REASON] == done.reason
    assert "more than 0.01 worse on the holdout (" in done.reason
    assert landed.id in challenger.batches
    gate = connect().get_run(done.run_id).data.metrics
    assert gate[Metric.GATE_UPPER] < -gate[Metric.GATE_MARGIN]
    assert gate["champion_fresh_accuracy"] < 0.1 < gate["fresh_accuracy"]
    assert outcome(retrain, dataset=DIGITS).state == "Nothing to learn"
    assert outcome(retrain, dataset=DIGITS, batches=[landed.id]).version == 3


@pytest.mark.usefixtures("champion")
def test_a_batch_that_would_harm_holds_no_other_up() -> None:
    bad = drop("mislabelled", slice(500, 1300), 9 - y[500:1300])
    good = drop("good", slice(1300, 1500))
    done = outcome(retrain, dataset=DIGITS)
    assert (done.state, done.learnt, done.version) == ("Promoted", {good.id: 200}, served())
    assert set(registry.version(DIGITS, Alias.CHAMPION).batches) & {bad.id, good.id} == {good.id}
    refusal = f"batch {bad.id} (mislabelled.parquet): champion kept"
    assert any(note.startswith(refusal) for note in done.notes)
    later = drop("later", slice(1500, 1700))
    assert outcome(retrain, dataset=DIGITS).learnt == {later.id: 200}


def test_scratch_folders_do_not_stay(champion: Path) -> None:
    add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    assert list(Workspace.current().scratch.iterdir()) == []


@pytest.mark.usefixtures("champion")
def test_a_batch_of_nothing_but_the_holdouts_rows_teaches_nothing() -> None:
    held = read_content(checkout(current_holdout(DIGITS)))
    inputs, labels = held.numbers, held.y
    landed = land.fn(frame_file("held", inputs, labels), DIGITS)
    before = registry.load(DIGITS).statistics
    done = outcome(retrain, dataset=DIGITS)
    after = registry.load(DIGITS, done.version).statistics
    assert (done.learnt, after.digest) == ({landed.id: 0}, before.digest)


@pytest.mark.usefixtures("champion")
def test_what_a_flow_came_to_is_plain_json() -> None:
    add("first", FIRST)
    found = json.loads(outcome(retrain, dataset=DIGITS).model_dump_json())
    assert (found["state"], found["version"], list(found["learnt"].values())) == ("Promoted", 2, [200])


@pytest.mark.usefixtures("champion")
def test_a_retraining_waits_until_a_trigger_is_due() -> None:
    assert outcome(retrain, dataset=DIGITS, when="300 rows or 24h").state == "Nothing to learn"
    first = add("first", FIRST)
    waits = outcome(retrain, dataset=DIGITS, when="300 rows or 24h")
    assert (waits.state, waits.version, served()) == ("Waiting", None, 1)
    assert waits.reason.startswith("waiting: 200 of 300 rows; 0.00")
    second = add("second", SECOND)
    assert set(outcome(retrain, dataset=DIGITS, when="300 rows or 24h").learnt) == {first, second}
    moved = land.fn(frame_file("moved", X[900:1100] + 9.0, y[900:1100]), DIGITS)
    assert outcome(retrain, dataset=DIGITS, when="1e6 rows or drift").learnt == {moved.id: 200}


@pytest.mark.usefixtures("champion")
def test_the_run_of_a_retraining_that_another_one_overtook_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    add("first", FIRST)
    monkeypatch.setattr("flows.learning.retrain_dataset.publish_on_champion", lambda *_: None)
    assert outcome(retrain, dataset=DIGITS).state == "Nothing to learn"
    [run] = connect().search_runs([experiment_id(DIGITS)], f"tags.`{Tag.DECISION}` = 'nothing to learn'")
    assert run.data.tags[Tag.REASON] == "another run learnt these batches first"

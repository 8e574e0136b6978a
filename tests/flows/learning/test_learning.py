"""The main job: train once, retrain green, roll back; a champion that is never torn."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from flows.learning.ingest import ingest
from flows.learning.retrain import retrain
from flows.learning.train import train
from flows.versions.rollback import rollback
from greenlightning.errors import InputError, MismatchError, NothingServedError
from tasks.core.constants import Alias, Kind, Metric, Part, Tag
from tasks.core.workspace import Workspace
from tasks.data.batch_index import batches
from tasks.data.holdout import current_holdout
from tasks.data.ingestion import land, load_batch
from tasks.data.versioning import checkout
from tasks.models import registry
from tasks.tracking.client import connect
from tests.helpers.digits import (
    BASE,
    DIGITS,
    FIRST,
    LEARNING,
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


def children(run_id: str) -> dict[str, object]:
    client = connect()
    experiment = client.get_run(run_id).info.experiment_id
    found = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{run_id}'")
    return {run.data.tags[Tag.PART]: run for run in found}


def served() -> int:
    return registry.version(DIGITS, Alias.CHAMPION).version


@pytest.mark.usefixtures("champion")
def test_train_makes_version_1_the_champion_with_its_lineage() -> None:
    version, model = registry.version(DIGITS, Alias.CHAMPION), registry.load(DIGITS)
    [base] = batches(DIGITS)
    assert (version.version, version.parent, version.batches) == (1, None, {base.id: base.md5})
    assert version.tags[Tag.STRUCTURE_DIGEST] == model.structure.digest
    assert version.tags[Tag.RECIPE_DIGEST] == model.paths.digest
    assert version.tags[Tag.STATISTICS_DIGEST] == model.statistics.digest
    assert version.tags[Tag.KIND] == Kind.TRAIN
    assert len(version.tags[Tag.FLOW_RUN_ID]) == 36
    assert version.tags[Tag.GIT_COMMIT]
    assert model.statistics.digest == learnt_jointly(model, [base.id]).digest
    assert model.structure.hidden_layer_sizes == (32, 16)


@pytest.mark.usefixtures("champion")
def test_a_training_is_one_run_with_three_nested_ones_series_plots_energy_and_inputs() -> None:
    client = connect()
    [base] = batches(DIGITS)
    run = client.get_run(registry.version(DIGITS, Alias.CHAMPION).run_id)
    parts = children(run.info.run_id)
    assert set(parts) == {Part.STRUCTURE, Part.LINEAR, Part.EVALUATION}
    for name in (Metric.FLIP_RATE, Metric.WEIGHT_CHANGE, Metric.OUI, Metric.OUI_BATCH, Metric.FIRING_RATE):
        assert client.get_metric_history(run.info.run_id, name), name
    assert {"settling.png", "confusion.svg"} <= {file.path for file in client.list_artifacts(run.info.run_id)}
    for one in (run, *parts.values()):
        assert one.data.tags[Tag.ENERGY_SOURCE].startswith(("measured:", "estimated:"))
        assert one.data.metrics[Metric.JOULES] > 0
        assert one.info.status == "FINISHED"
    assert 0.7 < run.data.metrics[Metric.ACCURACY] <= 1
    assert run.data.params["flow.n_landmarks"] == "64"
    inputs = {
        tag.value: (entry.dataset.name, entry.dataset.digest)
        for entry in run.inputs.dataset_inputs
        for tag in entry.tags
        if tag.key == "mlflow.data.context"
    }
    assert inputs["training"] == (base.id, base.md5)
    assert inputs["holdout"][0] == batches(f"{DIGITS}.holdout")[-1].id


@pytest.mark.usefixtures("champion")
def test_the_structure_is_a_logged_model_that_trainings_make_and_retrainings_take() -> None:
    client = connect()
    digest = registry.version(DIGITS, Alias.CHAMPION).tags[Tag.STRUCTURE_DIGEST]
    first = registry.version(DIGITS, Alias.CHAMPION).run_id
    structure = client.get_run(children(first)[Part.STRUCTURE].info.run_id).outputs.model_outputs[0].model_id
    assert client.get_logged_model(structure).tags[Tag.STRUCTURE_DIGEST] == digest
    add("first", FIRST)
    second = outcome(retrain, dataset=DIGITS).run_id
    assert [model.model_id for model in client.get_run(second).inputs.model_inputs] == [structure]


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
    assert done.avoided.source.startswith("estimated:")
    version = registry.version(DIGITS, Alias.CHAMPION)
    assert (version.parent, version.aliases) == (1, ("champion",))
    assert registry.version(DIGITS, Alias.PREVIOUS).version == 1


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
    torn = X[SECOND].copy()
    torn[::3, 5] = np.nan
    drop("good", FIRST)
    bad = land.fn(frame_file("torn", torn, y[SECOND]), DIGITS)
    done = outcome(retrain, dataset=DIGITS)
    assert (done.state, done.promoted) == ("Promoted", True)
    assert [(aside.batch, aside.source) for aside in done.quarantined] == [(bad.id, "torn.parquet")]
    folder = champion / "data" / "quarantine" / DIGITS / bad.id
    reason = json.loads((folder / "reason.json").read_text())
    assert reason["failures"][0].startswith("Missing cells: 67, in columns 'pixel_5'")
    assert (folder / f"{bad.id}.parquet").read_bytes()
    assert list((champion / "data" / "incoming" / DIGITS).iterdir()) == []
    assert bad.id not in registry.version(DIGITS, Alias.CHAMPION).batches


def test_a_corrupt_batch_alone_ends_in_the_state_quarantined_and_the_champion_stays(champion: Path) -> None:
    landed = drop("whole", FIRST)
    landed.path.write_bytes(landed.path.read_bytes()[:2000])
    (champion / "data" / "incoming" / DIGITS / "monday.parquet").write_bytes(source("raw", SECOND).read_bytes())
    done = outcome(retrain, dataset=DIGITS)
    assert (done.state, done.version, served()) == ("Quarantined", None, 1)
    assert {aside.batch for aside in done.quarantined} == {landed.id, "monday"}
    assert "cannot be opened" in " ".join(done.quarantined[0].reasons + done.quarantined[1].reasons)
    assert (champion / "data" / "quarantine" / DIGITS / "monday" / "monday.parquet").is_file()
    assert outcome(retrain, dataset=DIGITS).state == "Nothing to learn"


@pytest.mark.usefixtures("champion")
def test_a_batch_that_would_harm_becomes_a_challenger_with_the_reason_and_the_champion_stays() -> None:
    landed = drop("mislabelled", slice(500, 1300), (y[500:1300] + 1) % 10)
    done = outcome(retrain, dataset=DIGITS)
    assert (done.state, done.promoted, done.version, served()) == ("Kept", False, 2, 1)
    challenger = registry.version(DIGITS, Alias.CHALLENGER)
    assert (challenger.version, challenger.tags[Tag.DECISION]) == (2, "kept as challenger")
    assert challenger.tags[Tag.REASON] == done.reason
    assert "holdout -" in done.reason
    assert landed.id in challenger.batches
    gate = connect().get_run(done.run_id).data.metrics
    assert gate[Metric.GATE_UPPER] < -gate[Metric.GATE_MARGIN]
    assert gate["champion_fresh_accuracy"] < 0.1 < gate["fresh_accuracy"]
    assert outcome(retrain, dataset=DIGITS).state == "Nothing to learn"
    assert outcome(retrain, dataset=DIGITS, batches=[landed.id]).version == 3


@pytest.mark.usefixtures("champion")
def test_a_batch_that_would_harm_holds_no_other_up() -> None:
    bad = drop("mislabelled", slice(500, 1300), (y[500:1300] + 1) % 10)
    good = drop("good", slice(1300, 1500))
    done = outcome(retrain, dataset=DIGITS)
    assert (done.state, done.learnt, done.version) == ("Promoted", {good.id: 200}, served())
    assert set(registry.version(DIGITS, Alias.CHAMPION).batches) & {bad.id, good.id} == {good.id}
    note = done.notes[-1]
    assert note.startswith(f"batch {bad.id} (mislabelled.parquet): champion kept")
    later = drop("later", slice(1500, 1700))
    assert outcome(retrain, dataset=DIGITS).learnt == {later.id: 200}


@pytest.mark.usefixtures("champion")
def test_rolling_back_serves_the_version_before_and_is_audited_as_a_run() -> None:
    add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    back = outcome(rollback, dataset=DIGITS, reason="worse on Mondays")
    assert (back.state, back.version, served()) == ("Rolled back", 1, 1)
    run = connect().get_run(back.run_id)
    assert (run.data.tags[Tag.KIND], run.data.tags[Tag.REASON]) == (Kind.ROLLBACK, "worse on Mondays")
    assert registry.version(DIGITS, 1).tags[Tag.ROLLED_BACK_FROM] == "2"
    assert outcome(rollback, dataset=DIGITS, to=2, reason="a test").version == served() == 2
    with pytest.raises(NothingServedError, match="has no version 9"):
        outcome(rollback, dataset=DIGITS, to=9, reason="a test")
    with pytest.raises(InputError, match="serving already"):
        outcome(rollback, dataset=DIGITS, to=2, reason="a test")
    assert served() == 2


def test_the_same_seed_and_data_give_the_same_structure_and_coefficients(trained: Path, home: Path) -> None:
    add("base", BASE)
    outcome(train, dataset=DIGITS, learning=LEARNING)
    here = registry.load(DIGITS)
    os.environ["GREENLIGHTNING_HOME"] = str(trained)
    there = registry.load(DIGITS)
    assert here.structure.digest == there.structure.digest
    assert here.paths.digest == there.paths.digest
    assert here.statistics.digest == there.statistics.digest
    assert np.array_equal(here.coefficients.weights, there.coefficients.weights)
    assert np.array_equal(here.coefficients.intercept, there.coefficients.intercept)


def test_nothing_to_train_on_is_refused_and_leaves_no_experiment(home: Path) -> None:
    with pytest.raises(InputError, match="has no batch to train on"):
        outcome(train, dataset="typo")
    with pytest.raises(NothingServedError, match="has no champion yet"):
        outcome(retrain, dataset="typo")
    with pytest.raises(NothingServedError, match="has no champion yet"):
        outcome(rollback, dataset="typo", reason="none")
    assert connect().get_experiment_by_name("typo") is None


@pytest.mark.usefixtures("champion")
def test_a_second_training_competes_with_the_champion() -> None:
    add("first", FIRST)
    done = outcome(train, dataset=DIGITS, learning=LEARNING.model_copy(update={"random_state": 1}))
    version = registry.version(DIGITS, done.version)
    assert (done.version, version.parent, len(version.batches)) == (2, 1, 2)
    assert version.tags[Tag.STRUCTURE_DIGEST] != registry.version(DIGITS, 1).tags[Tag.STRUCTURE_DIGEST]
    assert done.reason.startswith("promoted: holdout" if done.promoted else "kept")


@pytest.mark.usefixtures("champion")
def test_a_file_that_is_ingested_twice_is_one_batch() -> None:
    add("first", FIRST)
    assert outcome(ingest, path=source("renamed", FIRST), dataset=DIGITS).state == "Versioned"
    assert len(batches(DIGITS)) == 2


def test_scratch_folders_do_not_stay(champion: Path) -> None:
    add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    assert list(Workspace.current().scratch.iterdir()) == []


@pytest.mark.usefixtures("champion")
def test_a_batch_of_nothing_but_the_holdouts_rows_teaches_nothing() -> None:
    inputs, labels = load_batch(checkout(current_holdout(DIGITS)))
    landed = land.fn(frame_file("held", inputs, labels), DIGITS)
    before = registry.load(DIGITS).statistics
    done = outcome(retrain, dataset=DIGITS)
    after = registry.load(DIGITS, done.version).statistics
    assert (done.learnt, after.digest) == ({landed.id: 0}, before.digest)


@pytest.mark.usefixtures("champion")
def test_a_training_that_is_overtaken_says_so_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import flows.learning.train

    learn = flows.learning.train.learn_base

    def overtaken(*parameters: object) -> object:
        learnt = learn(*parameters)
        monkeypatch.setattr(flows.learning.train, "learn_base", learn)
        add("first", FIRST)
        assert outcome(retrain, dataset=DIGITS).version == 2
        return learnt

    monkeypatch.setattr(flows.learning.train, "learn_base", overtaken)
    with pytest.raises(MismatchError, match="Another run changed the champion of 'digits' meanwhile"):
        outcome(train, dataset=DIGITS, learning=LEARNING)
    assert served() == 2
    assert registry.version(DIGITS, 3).tags[Tag.DECISION] == "overtaken by another run"

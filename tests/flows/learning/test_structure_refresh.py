"""Structure health in the flows: a drifted batch fires an event; red recommends or extracts a new structure."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow.artifacts import load_dict
from mlflow.entities import Run
from typer.testing import CliRunner

from flows.cli import app
from flows.engine.outcome import Outcome
from flows.learning.ingest import ingest
from flows.learning.retrain import retrain
from greenlightning.errors import IntegrityError
from tasks.core.constants import Alias, Kind, Metric, Tag
from tasks.core.settings import Learning
from tasks.models import registry
from tasks.tracking.client import connect
from tasks.tracking.metrics import rounded
from tasks.training.health import REFERENCE, health_reference_of
from tests.helpers.digits import BASE, DIGITS, FIRST, LEARNING, X, add, frame_file, outcome, y

pytestmark = pytest.mark.usefixtures("prefect")


def noisy(name: str) -> Path:
    """Digits under noise that validation lets pass, for it moves no mean by much."""
    noise = np.random.default_rng(0).normal(0, 5, (200, 64))
    steady = X[BASE].std(axis=0) > 1
    return frame_file(name, np.where(steady, (X[FIRST] + noise).clip(0, 16), X[FIRST]), y[FIRST])


def ingested(path: Path) -> Outcome:
    done = outcome(ingest, path=path, dataset=DIGITS)
    assert done.state == "Versioned"
    return done


def run_of(done: Outcome) -> Run:
    return connect().get_run(done.run_id)


@pytest.fixture
def fired(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The events that a server would have been sent."""
    events: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr("prefect.events.emit_event", lambda event, _, payload: events.append((event, payload)))
    return events


@pytest.mark.usefixtures("champion")
def test_each_retraining_says_how_healthy_the_structure_is_and_what_drifted() -> None:
    add("first", FIRST)
    before = health_reference_of(registry.version(DIGITS, 1))
    done = outcome(retrain, dataset=DIGITS)
    run, version = run_of(done), registry.version(DIGITS, Alias.CHAMPION)
    assert done.health == run.data.tags[Tag.HEALTH] == version.tags[Tag.HEALTH]
    assert run.data.tags[Tag.HEALTH_REASON].startswith(f"{done.health}: ")
    names = (Metric.NOVELTY, Metric.FIRING_SHIFT, Metric.OUI_SHIFT, Metric.RESIDUAL_RATIO, Metric.INPUT_DRIFT)
    assert set(names) <= set(run.data.metrics)
    assert run.data.metrics[Metric.HEALTH] == ["green", "amber", "red"].index(done.health)
    stored = {file.path for file in connect().list_artifacts(done.run_id)}
    assert {"health.json", "health.svg", "input_drift.json"} <= stored
    table = load_dict(f"runs:/{done.run_id}/input_drift.json")
    assert table["columns"] == ["column", "psi", "p_value", "drifted"]
    assert len(table["data"]) == 64
    assert rounded(np.mean([row[-1] for row in table["data"]])) == run.data.metrics[Metric.DRIFTED_FEATURES]
    after = health_reference_of(registry.version(DIGITS, done.version))
    assert before and after and before.digest == after.digest


@pytest.mark.usefixtures("champion")
def test_a_red_batch_fires_at_the_door_and_the_retraining_recommends_a_new_structure(
    fired: list[tuple[str, dict[str, Any]]],
) -> None:
    at_the_door = ingested(noisy("noisy"))
    assert at_the_door.health == "red"
    [payload] = [about for event, about in fired if event == "greenlightning.batch.drifted"]
    assert (payload["dataset"], payload["verdict"]) == (DIGITS, "red")
    assert "columns moved" in payload["input_drift"]
    done = outcome(retrain, dataset=DIGITS)
    assert (done.health, list(done.learnt.values())) == ("red", [200])
    assert registry.version(DIGITS, done.version).tags[Tag.KIND] == Kind.RETRAIN
    assert f"extract a new structure with: greenlightning train --dataset {DIGITS}" in done.notes[0]
    assert run_of(done).data.metrics[Metric.HEALTH] == 2


@pytest.mark.usefixtures("champion")
def test_where_asked_a_red_batch_extracts_a_new_structure_and_the_old_champion_competes() -> None:
    old = registry.load(DIGITS).structure.digest
    ingested(noisy("noisy"))
    done = outcome(retrain, dataset=DIGITS, on_red="train", learning=LEARNING)
    serving = registry.version(DIGITS, Alias.CHAMPION)
    assert (done.promoted, done.version, done.health) == (True, serving.version, "red")
    assert serving.tags[Tag.KIND] == Kind.TRAIN
    assert serving.tags[Tag.STRUCTURE_DIGEST] != old
    assert len(serving.batches) == 2
    assert "a new structure was extracted and serves" in done.notes[0]
    assert run_of(done).data.metrics["champion_accuracy"] > 0
    assert outcome(retrain, dataset=DIGITS).state == "Nothing to learn"


@pytest.mark.usefixtures("champion")
def test_a_new_structure_that_loses_leaves_the_batch_to_the_old_one() -> None:
    old = registry.load(DIGITS).structure.digest
    ingested(noisy("noisy"))
    poor = Learning(max_epochs=1, paths="landmarks", n_landmarks=1, hidden_layer_sizes=(2,))
    done = outcome(retrain, dataset=DIGITS, on_red="train", learning=poor)
    assert "a new structure was extracted, and lost: champion kept" in done.notes[0]
    assert registry.version(DIGITS, done.version).tags[Tag.STRUCTURE_DIGEST] == old
    assert [info.tags[Tag.KIND] for info in registry.versions(DIGITS)].count(Kind.TRAIN) == 2


def test_without_a_reference_health_is_unknown_and_a_torn_one_is_named(champion: Path) -> None:
    add("first", FIRST)
    [folder] = (champion / "mlruns" / "artifacts").rglob(REFERENCE)
    [file] = folder.glob("*.json")
    whole = file.read_text()
    file.write_text(whole.replace('"digest": "', '"digest": "0'))
    with pytest.raises(IntegrityError, match="health reference of digits version 1 is corrupt"):
        outcome(retrain, dataset=DIGITS)
    shutil.rmtree(folder)
    with pytest.raises(IntegrityError, match="health reference of digits version 1 is corrupt"):
        outcome(retrain, dataset=DIGITS)
    connect().delete_model_version_tag(DIGITS, "1", Tag.HEALTH_REFERENCE)  # as a version of release 0.1.0
    done = outcome(retrain, dataset=DIGITS)
    assert (done.promoted, done.health) == (True, "unknown")
    assert "has no reference of its base; greenlightning train --dataset digits makes one" in done.notes[0]


def test_the_command_line_takes_recommend_or_train() -> None:
    refused = CliRunner().invoke(app, ["retrain", "--dataset", DIGITS, "--on-red", "panic"])
    assert refused.exit_code == 2

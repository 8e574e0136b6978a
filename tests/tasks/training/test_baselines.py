"""Baselines: a conventional network and random gates learn exactly the rows that a version learnt."""

from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Metric, SharedParam, Subject, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.energy.from_scratch import NetworkRate
from tasks.models import registry
from tasks.tracking.client import connect, experiment_id
from tasks.tracking.metrics import log_energy, rounded
from tasks.tracking.run_energy import avoided_by
from tasks.tracking.runs import flow_run
from tasks.training.baselines import run_baseline
from tests.helpers.small_champion import served, versioned
from tests.helpers.versions import register_version


@pytest.mark.usefixtures("mlflow_home")
@pytest.mark.parametrize("subject", [Subject.CONVENTIONAL, Subject.RANDOM_GATES])
def test_a_baseline_is_logged_as_a_run_of_its_own(
    subject: Subject, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    model = tiny_model.learn(batches[1])
    served(model, tmp_path / "model", versioned(batches[0], tmp_path))
    versioned(batches[1], tmp_path)
    versioned(batches[2], tmp_path, "digits.holdout")
    scores, spent = run_baseline.fn("digits", 1, subject)
    [run] = connect().search_runs([experiment_id("digits")], f"tags.`{Tag.KIND}` = '{Kind.REFERENCE}'")
    assert run.data.metrics[f"{subject}accuracy"] == rounded(scores[Metric.ACCURACY])
    assert 0.5 < scores[Metric.ACCURACY] <= 1
    assert run.data.metrics[Metric.JOULES] == rounded(spent.joules) > 0
    assert run.data.params[SharedParam.ROWS] == "60"
    assert run.data.tags[Tag.VERSION] == "1"


@pytest.mark.usefixtures("mlflow_home")
def test_a_conventional_network_beside_a_version_makes_its_run_its_note_and_its_card_say_what_it_avoided(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    first = served(tiny_model, tmp_path / "first", versioned(batches[0], tmp_path))
    versioned(batches[1], tmp_path)
    versioned(batches[2], tmp_path, "digits.holdout")
    with flow_run("digits", Kind.RETRAIN) as run_id:
        log_energy(run_id, EnergyCost(0.5, 0.01, 0.1, "measured:rapl"), tags={Tag.DECISION: "promoted"})
        tags = {Tag.PARENT_VERSION: str(first.version), Tag.REASON: "better"}
        register_version(tiny_model.learn(batches[1]), tmp_path / "model", run_id, tags)
    _, spent = run_baseline.fn("digits", 2, Subject.CONVENTIONAL)
    run, version = connect().get_run(run_id), registry.version("digits", 2)
    found = avoided_by(run)
    assert found and found.within is None
    assert found.joules == pytest.approx(spent.joules - 0.01, rel=1e-4)
    assert found.source.startswith("conventional-network-beside-it(")
    for text in (version.description, run.data.tags["mlflow.note.content"]):
        assert "by a network trained beside it" in text
    rate = NetworkRate.of(version.tags)
    [reference] = connect().search_runs([experiment_id("digits")], f"tags.`{Tag.KIND}` = '{Kind.REFERENCE}'")
    assert rate and rate.epochs == float(reference.data.params[SharedParam.EPOCHS])
    assert rate.a_row.joules == pytest.approx(spent.joules / 60 / rate.epochs)
    assert reference.data.tags["mlflow.parentRunId"] == run_id

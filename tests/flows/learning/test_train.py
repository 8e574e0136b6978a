"""First training: one champion with its lineage, series and figures; the same seed gives the same model."""

import os
from pathlib import Path

import numpy as np
import pytest

from flows.learning.retrain import retrain
from flows.learning.train import train
from flows.versions.rollback import rollback
from greenlightning.errors import InputError, MismatchError, NothingServedError
from tasks.core.constants import Alias, Kind, Metric, Part, Tag
from tasks.data.batch_index import batches
from tasks.models import registry
from tasks.tracking.client import connect
from tasks.tracking.inputs import batch_of
from tests.helpers.digits import (
    BASE,
    DIGITS,
    FIRST,
    LEARNING,
    add,
    learnt_jointly,
    outcome,
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
        tag.value: (entry.dataset.name, batch_of(entry), entry.dataset.digest)
        for entry in run.inputs.dataset_inputs
        for tag in entry.tags
        if tag.key == "mlflow.data.context"
    }
    assert inputs["training"] == ("base.parquet", base.id, base.md5)
    assert inputs["holdout"][1] == batches(f"{DIGITS}.holdout")[-1].id


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
    assert done.reason.startswith("accuracy" if done.promoted else "champion kept: accuracy")


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
    assert (served(), registry.find(DIGITS, 3)) == (2, None)

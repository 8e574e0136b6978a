"""MLflow is that of the workspace: private, without telemetry or pickle, one experiment a dataset."""

import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from greenlightning.errors import InputError
from tasks.tracking.client import connect, experiment_id
from tasks.tracking.pages.run_notes import NOTE_TAG
from tasks.tracking.pages.saved_views import RETRAININGS, VIEW_TAG

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_connecting_keeps_telemetry_and_pickle_off_and_the_folder_private(home: Path) -> None:
    (home / "mlruns" / "mlflow.db").unlink()
    (home / "mlruns").rmdir()
    connect()
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == os.environ["DO_NOT_TRACK"] == "true"
    assert os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
    assert stat.S_IMODE((home / "mlruns").stat().st_mode) == 0o700


def test_connecting_leaves_the_choice_of_workspace_to_its_own_variable(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = connect().tracking_uri
    shutil.copytree(home, home / "other")
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(home / "other"))
    assert connect().tracking_uri != first
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert connect().tracking_uri == os.environ["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:5000"


def test_a_dataset_has_one_experiment_with_its_description_and_artifacts_in_the_workspace(home: Path) -> None:
    experiment = connect().get_experiment(experiment_id("digits"))
    assert experiment_id("digits") == experiment.experiment_id
    assert experiment.artifact_location == (home / "mlruns" / "artifacts" / "digits").as_uri()
    note = experiment.tags["mlflow.note.content"]
    assert "docs/metrics.md" in note
    assert f"#/experiments/{experiment.experiment_id}/runs?workflowType=machine_learning&" in note


def test_an_experiment_of_an_earlier_release_gets_the_views_and_the_note_of_this_one() -> None:
    made = experiment_id("digits")
    current = connect().get_experiment(made).tags
    view = f"{VIEW_TAG}{RETRAININGS}"
    connect().set_experiment_tag(made, view, "earlier")
    connect().set_experiment_tag(made, NOTE_TAG, "earlier")
    assert experiment_id("digits") == made
    assert connect().get_experiment(made).tags == current


def test_eight_first_runs_of_a_dataset_at_once_have_one_experiment() -> None:
    """MLflow refuses the second of two that create an experiment, or give it the same tag, at once."""
    for dataset in map("dataset-{}".format, range(5)):
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(experiment_id, [dataset] * 8))) == 1


def test_an_experiment_that_another_workspace_creates_meanwhile_on_the_same_server_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create = type(connect()).create_experiment

    def create_second(client: MlflowClient, *about: Any) -> Any:
        create(client, *about)
        return create(client, *about)

    monkeypatch.setattr(type(connect()), "create_experiment", create_second)
    assert experiment_id("digits") == connect().get_experiment_by_name("digits").experiment_id


def test_a_deleted_experiment_is_named_with_its_remedy() -> None:
    deleted = experiment_id("digits")
    connect().delete_experiment(deleted)
    with pytest.raises(InputError, match=f"restore --experiment-id {deleted}"):
        experiment_id("digits")

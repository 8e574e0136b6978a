"""A workspace works where it lies: MLflow's addresses follow it when it is copied or moved."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flows.learning.retrain import retrain
from tasks.core.workspace import Workspace
from tasks.models import registry
from tasks.tracking.client import connect, experiment_id
from tasks.tracking.relocation import ADDRESS_COLUMNS, relocate_artifacts
from tests.helpers.digits import DIGITS, FIRST, drop, outcome


def addresses(workspace: Path) -> list[str]:
    """Every address of a file in the workspace's MLflow database."""
    with closing(sqlite3.connect(workspace / "mlruns" / "mlflow.db")) as database:
        found = [database.execute(f"SELECT {column} FROM {table}").fetchall() for table, column in ADDRESS_COLUMNS]
    return [address for rows in found for (address,) in rows if address.startswith("file:")]


def test_a_workspace_that_was_moved_serves_and_learns(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first place", tmp_path / "second #2 ü"
    shutil.copytree(trained, first)
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(first))
    before = registry.load(DIGITS).statistics.digest

    first.rename(second)
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(second))
    assert registry.load(DIGITS).statistics.digest == before
    drop("first", FIRST)
    assert outcome(retrain, dataset=DIGITS).promoted
    assert not first.exists()
    assert all(address.startswith(f"{second.as_uri()}/mlruns/artifacts/") for address in addresses(second))


def test_a_copy_leaves_the_original_alone(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(trained, copy)
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(copy))
    connect()
    assert all(address.startswith(copy.as_uri()) for address in addresses(copy))
    assert all(address.startswith(trained.as_uri()) for address in addresses(trained))


def test_only_addresses_of_workspaces_are_rewritten(mlflow_home: Path) -> None:
    experiment_id("d")
    bucket = connect().create_experiment("elsewhere", "s3://bucket/mlruns/artifacts/elsewhere")
    folder = connect().create_experiment("other", "file:///srv/other")
    relocate_artifacts(Workspace(mlflow_home))
    assert connect().get_experiment(bucket).artifact_location == "s3://bucket/mlruns/artifacts/elsewhere"
    assert connect().get_experiment(folder).artifact_location == "file:///srv/other"


def test_a_workspace_without_a_database_stays_without_one(home: Path) -> None:
    relocate_artifacts(Workspace(home))
    assert not (home / "mlruns").exists()

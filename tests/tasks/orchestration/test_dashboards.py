"""Where the dashboards answer: what the environment names, else what ``up`` left running."""

import json
import os
from pathlib import Path

import pytest

from tasks.core import processes
from tasks.core.constants import Kind
from tasks.core.workspace import Workspace
from tasks.orchestration.dashboards import Dashboards, opening_page, running, state_file
from tasks.tracking.pages.addresses import EXPERIMENTS, TRAINING
from tasks.tracking.runs import flow_run

STARTED = {"prefect_url": "http://127.0.0.1:4200", "mlflow_url": "http://127.0.0.1:5000"}


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)


def started_by(supervisor: str) -> None:
    file = state_file(Workspace.current())
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"supervisor": supervisor, **STARTED}))


def test_without_up_there_is_no_dashboard(home: Path) -> None:
    assert Dashboards.current() == Dashboards()
    assert Dashboards.current().mlflow_run("1", "abc") is None


def test_what_up_started_is_found_while_it_lives(home: Path) -> None:
    started_by(processes.name(os.getpid()))
    found = Dashboards.current()
    assert found == Dashboards(**STARTED)
    assert found.mlflow_run("1", "abc") == f"http://127.0.0.1:5000/#/experiments/1/runs/abc?{TRAINING}"
    assert found.mlflow_version("digits", 2) == f"http://127.0.0.1:5000/#/models/digits/versions/2?{TRAINING}"
    assert found.prefect_run("f") == "http://127.0.0.1:4200/runs/flow-run/f"


def test_what_a_dead_supervisor_left_behind_does_not_count(home: Path) -> None:
    started_by(processes.name(os.getpid()).replace(f"/{os.getpid()}/", "/4194305/"))
    assert running(Workspace.current()) == {}


def test_a_torn_state_file_does_not_count(home: Path) -> None:
    started_by("")
    state_file(Workspace.current()).write_text("{")
    assert Dashboards.current() == Dashboards()


def test_the_environment_names_another_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started_by(processes.name(os.getpid()))
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.example:4200/api")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example:5000")
    assert Dashboards.current() == Dashboards("http://prefect.example:4200", "http://mlflow.example:5000")


def test_mlflow_opens_the_datasets_and_once_one_has_run_its_retrainings(home: Path) -> None:
    assert opening_page(Workspace.current()) == EXPERIMENTS == f"#/experiments?{TRAINING}"
    with flow_run("digits", Kind.RETRAIN):
        pass
    page = opening_page(Workspace.current())
    assert page == f"#/experiments/1/runs?{TRAINING}&viewStateShareKey=retrainings&compareRunsMode=TABLE"

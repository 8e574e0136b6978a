"""Runs whose process was killed end as Crashed; those that started by themselves get three tries in all."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from prefect.settings import PREFECT_API_URL

from tasks.core import processes
from tasks.orchestration.lost_runs import PROCESS_LABEL, RUN_VARIABLE, recover
from tasks.orchestration.prefect_api import call

pytestmark = pytest.mark.usefixtures("prefect")

LATER = datetime.now(UTC) + timedelta(hours=1)
"""As if the workers had started after every run of these tests."""


@pytest.fixture
def api() -> Callable[..., Any]:
    """The API of the tests' server; without what an earlier test left under way."""
    recover(server(), ["cpu"], LATER)
    return lambda method, path, body=None: call(method, f"{server()}/api{path}", body)


@pytest.fixture
def deployment(api: Callable[..., Any]) -> str:
    """A deployment of the pool ``cpu``; its id."""
    call("POST", f"{server()}/api/work_pools/", {"name": "cpu", "type": "process"}, accept=409)
    flow = api("POST", "/flows/", {"name": "retrain"})
    about = {
        "name": uuid4().hex,
        "flow_id": flow["id"],
        "work_pool_name": "cpu",
        "enforce_parameter_schema": False,
    }
    return str(api("POST", "/deployments/", about | {"enforce_parameter_schema": False})["id"])


def server() -> str:
    return str(PREFECT_API_URL.value()).removesuffix("/api")


def run_of(api: Callable[..., Any], deployment: str, state: str, *tags: str) -> str:
    """A run of a deployment that a worker has brought into a state; its id."""
    body = {"parameters": {"dataset": "digits"}, "tags": list(tags), "state": {"type": "SCHEDULED"}}
    run = str(api("POST", f"/deployments/{deployment}/create_flow_run", body)["id"])
    api("PATCH", f"/flow_runs/{run}", {"infrastructure_pid": "elsewhere:1"})
    api("POST", f"/flow_runs/{run}/set_state", {"state": {"type": state}, "force": True})
    return run


def runs(api: Callable[..., Any], deployment: str) -> list[tuple[str, list[str]]]:
    """State and tags of the runs of a deployment, the first one first."""
    chosen = {"flow_runs": {"deployment_id": {"any_": [deployment]}}, "sort": "EXPECTED_START_TIME_ASC"}
    return [(run["state_type"], run["tags"]) for run in api("POST", "/flow_runs/filter", chosen)]


@pytest.fixture
def living(api: Callable[..., Any], deployment: str) -> Iterator[str]:
    """A run under way whose process lives."""
    run = run_of(api, deployment, "RUNNING")
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=os.environ | {RUN_VARIABLE: run}) as process:
        yield run
        process.kill()


def test_a_run_whose_process_lives_goes_on(api: Callable[..., Any], deployment: str, living: str) -> None:
    assert recover(server(), ["cpu"], LATER) == []
    assert runs(api, deployment) == [("RUNNING", [])]


@pytest.mark.parametrize(
    ("state", "ended"), [("RUNNING", "CRASHED"), ("PENDING", "CRASHED"), ("CANCELLING", "CANCELLED")]
)
def test_a_run_without_a_process_is_ended_and_what_was_started_by_hand_not_repeated(
    api: Callable[..., Any], deployment: str, state: str, ended: str
) -> None:
    run_of(api, deployment, state)
    assert len(recover(server(), ["cpu"], LATER)) == 1
    assert runs(api, deployment) == [(ended, [])]


def test_a_run_that_a_living_worker_is_about_to_start_waits(api: Callable[..., Any], deployment: str) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    run_of(api, deployment, "PENDING")
    assert recover(server(), ["cpu"], before) == []
    assert runs(api, deployment) == [("PENDING", [])]


def test_a_late_run_is_left_to_the_worker(api: Callable[..., Any], deployment: str) -> None:
    """As after a night in which the machine slept: the worker takes it when it is back."""
    run = run_of(api, deployment, "SCHEDULED")
    late = {"type": "SCHEDULED", "name": "Late"}
    api("POST", f"/flow_runs/{run}/set_state", {"state": late, "force": True})
    assert recover(server(), ["cpu"], LATER) == []
    assert api("GET", f"/flow_runs/{run}")["state_name"] == "Late"
    api("DELETE", f"/flow_runs/{run}")


def test_a_part_of_a_cancelled_run_ends_too_once_their_process_is_gone(
    api: Callable[..., Any], deployment: str
) -> None:
    parent = run_of(api, deployment, "CANCELLED")
    task = api("POST", "/task_runs/", {"flow_run_id": parent, "task_key": "part", "dynamic_key": "0"})
    flow, dead = api("POST", "/flows/", {"name": "part"}), processes.name(os.getpid()).rpartition("/")[0] + "/1.00"
    about = {"flow_id": flow["id"], "parent_task_run_id": task["id"], "labels": {PROCESS_LABEL: dead}}
    part = api("POST", "/flow_runs/", about | {"state": {"type": "RUNNING"}})["id"]
    assert len(recover(server(), ["cpu"], LATER)) == 1
    assert api("GET", f"/flow_runs/{part}")["state_type"] == "CRASHED"


def test_runs_of_other_pools_are_left_alone(api: Callable[..., Any], deployment: str) -> None:
    run_of(api, deployment, "RUNNING")
    assert recover(server(), ["gpu"], LATER) == []
    assert runs(api, deployment) == [("RUNNING", [])]
    recover(server(), ["cpu"], LATER)


def test_one_that_started_by_itself_starts_again_once_and_three_times_in_all(
    api: Callable[..., Any], deployment: str
) -> None:
    run_of(api, deployment, "RUNNING", "try 2")
    assert len(recover(server(), ["cpu"], LATER)) == 2
    assert recover(server(), ["cpu"], LATER) == []
    [(first, _), (second, tags)] = runs(api, deployment)
    assert (first, second, tags) == ("CRASHED", "SCHEDULED", ["try 3"])
    [again] = [run for run in api("POST", "/flow_runs/filter", {}) if run["tags"] == ["try 3"]]
    assert again["parameters"] == {"dataset": "digits"}
    api("POST", f"/flow_runs/{again['id']}/set_state", {"state": {"type": "RUNNING"}, "force": True})
    assert len(recover(server(), ["cpu"], LATER)) == 1
    assert [state for state, _ in runs(api, deployment)] == ["CRASHED", "CRASHED"]


def test_a_run_of_a_command_is_ended_when_that_was_killed(api: Callable[..., Any]) -> None:
    flow = api("POST", "/flows/", {"name": "learn"})
    mine = processes.name(os.getpid())
    dead = mine.rpartition("/")[0] + "/1.00"
    made = [
        api(
            "POST",
            "/flow_runs/",
            {"flow_id": flow["id"], "labels": {PROCESS_LABEL: name}, "state": {"type": "RUNNING"}},
        )
        for name in (mine, dead)
    ]
    assert len(recover(server(), ["cpu"], LATER)) == 1
    states = [api("GET", f"/flow_runs/{run['id']}")["state_type"] for run in made]
    assert states == ["RUNNING", "CRASHED"]
    api("DELETE", f"/flow_runs/{made[0]['id']}")

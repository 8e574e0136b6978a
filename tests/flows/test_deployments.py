"""Deployments: what infra/prefect.yaml and their reference say, and which failures are tried again."""

import json
import time
import tomllib
from typing import Any

import pytest
import yaml
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from flows import deployments
from flows.engine.error_messages import error_message
from flows.engine.flow_decorator import flow
from greenlightning.errors import InputError
from tasks.data.events import DRIFTED, LANDED
from tasks.orchestration.artifacts import RunArtifacts
from tests.helpers.servers.prefect_server import ROOT

FILE = yaml.safe_load((ROOT / "infra" / "prefect.yaml").read_text())
DEPLOYMENTS = {each["name"]: each for each in FILE["deployments"]}


# --- the file ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_each_deployment_says_what_it_is_and_loads(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    about = DEPLOYMENTS[name]
    assert about["description"].endswith(".") and about["tags"]
    assert about["work_pool"]["name"] == ("gpu" if name == "gpu" else "cpu")
    found = load_flow_from_entrypoint(about["entrypoint"])
    assert found.retries == deployments.RETRIES and found.timeout_seconds
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert about["version"] == project["tool"]["setuptools_scm"]["fallback_version"]


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_each_field_of_a_form_is_explained_and_checked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    schema = parameter_schema(load_flow_from_entrypoint(DEPLOYMENTS[name]["entrypoint"])).model_dump()
    nested = {name for name, field in schema["properties"].items() if "$ref" in field}
    for title, field in schema["properties"].items():
        assert "description" in (schema["definitions"][title.capitalize()] if title in nested else field), title
    for definition in schema["definitions"].values():
        assert all("description" in field for field in definition["properties"].values())
    assert "[a-z0-9_-]" in json.dumps(schema["properties"].get("dataset", "[a-z0-9_-]"))
    if "runner" in schema["properties"]:
        assert schema["properties"]["runner"]["enum"] == ["local", "gpu"]


def test_the_reference_says_of_each_deployment_what_the_file_and_the_flow_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "reference" / "deployments.md").read_text()
    table, events = page.split("## Events")
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    assert [row[:-1] for row in rows] == [stated(about) for about in FILE["deployments"]]
    assert all(f"| `{event}` |" in events for event in (LANDED, DRIFTED))


def stated(about: dict[str, Any]) -> list[str]:
    """The row of a deployment: its full name, what starts it, pool, time limit, retries, collision strategy."""
    found = load_flow_from_entrypoint(about["entrypoint"])
    starts = [started_by(schedule) for schedule in about.get("schedules", [])]
    starts += [f"event `{event}`" for trigger in about.get("triggers", []) for event in trigger["expect"]]
    assert about["concurrency_limit"]["limit"] == 1
    return [
        f"`{found.name}/{about['name']}`",
        ", ".join(starts) or "by hand",
        about["work_pool"]["name"],
        f"{found.timeout_seconds / 3600:.0f} h",
        str(found.retries),
        about["concurrency_limit"]["collision_strategy"],
    ]


def started_by(schedule: dict[str, Any]) -> str:
    """A schedule in words."""
    when = f"cron `{schedule['cron']}`" if "cron" in schedule else f"every {schedule['interval']} s"
    jitter = schedule.get("parameters", {}).get("jitter")
    return when + (f" + up to {jitter}" if jitter else "") + (" (off)" if schedule.get("active") is False else "")


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seconds to wait that Prefect is told before each retry; the waits themselves are cut to nothing."""
    told: list[int] = []
    retry_after = RunArtifacts.retry_after

    def record(board: RunArtifacts, seconds: int) -> None:
        told.append(seconds)
        retry_after(board, 0)

    monkeypatch.setattr(RunArtifacts, "retry_after", record)
    return told


def test_a_failure_of_the_surroundings_is_tried_again_after_one_and_two_minutes(
    prefect: None, delays: list[int]
) -> None:
    @flow(name="shaky")
    def shaky() -> str:
        if len(delays) < 2:
            raise OSError("the disk is away")
        return "done"

    assert deployments.deployed(shaky, hours=1)() == "done"
    assert delays == [60, 120]


def test_a_failure_that_stays_ends_the_run_in_one_line_after_three_attempts(
    prefect: None, delays: list[int]
) -> None:
    @flow(name="broken")
    def broken() -> None:
        raise OSError("the disk is away")

    state = deployments.deployed(broken, hours=1)(return_state=True)
    assert (state.name, state.message, delays) == (
        "Failed",
        error_message(OSError("the disk is away")).line,
        [60, 120],
    )


def test_bad_input_is_not_tried_again(prefect: None, delays: list[int]) -> None:
    calls = []

    @flow(name="wrong")
    def wrong() -> None:
        calls.append(1)
        raise InputError("It is wrong", "Give it right")

    state = deployments.deployed(wrong, hours=1)(return_state=True)
    assert (len(calls), state.name, state.message, delays) == (1, "Failed", "It is wrong. Give it right.", [])


def test_a_run_that_takes_too_long_is_ended_and_not_tried_again(prefect: None, delays: list[int]) -> None:
    calls = []

    @flow(name="slow")
    def slow() -> None:
        calls.append(1)
        time.sleep(60)

    state = deployments.deployed(slow, hours=1 / 3600)(return_state=True)
    assert (len(calls), state.name, delays) == (1, "TimedOut", [])

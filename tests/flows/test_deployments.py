"""Deployments on a real server and real workers: schedules, triggers, runners, turns; and what is refused."""

import json
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import PrefectHTTPStatusError
from prefect.flow_engine import run_flow
from prefect.flows import load_flow_from_entrypoint
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.utilities.callables import parameter_schema

from flows import deployments
from flows.engine.all_datasets import joined_outcome
from flows.engine.error_messages import error_message
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome, outcome_of
from flows.engine.runners import check_runner
from flows.learning.fit import fit
from flows.learning.ingest import ingest
from flows.learning.retrain import retrain
from flows.learning.train import train
from flows.versions.rollback import rollback
from greenlightning.errors import InputError, NothingServedError
from tasks.core.constants import Alias, Tag
from tasks.core.workspace import Workspace
from tasks.data import events
from tasks.data.batch_index import batches
from tasks.data.events import DRIFTED, LANDED
from tasks.data.holdout import current_holdout
from tasks.models import registry
from tasks.orchestration.artifacts import RunArtifacts
from tasks.orchestration.concurrency import one_run_per_model
from tasks.training.remote_fit import read_result, scratch_of
from tests.helpers.digits import BASE, DIGITS, FIRST, LEARNING, SECOND, THIRD, add, moved, outcome, source
from tests.helpers.prefect_server import ROOT, PrefectServer, prefect_server

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
    assert about["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_each_field_of_a_form_is_explained_and_checked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    schema = parameter_schema(load_flow_from_entrypoint(DEPLOYMENTS[name]["entrypoint"])).model_dump()
    nested = {name for name, field in schema["properties"].items() if "$ref" in field}
    for title, field in schema["properties"].items():
        assert "description" in (schema["definitions"][title.capitalize()] if title in nested else field), title
    for definition in schema["definitions"].values():
        assert all("description" in field for field in definition["properties"].values())
    assert "[a-z0-9._-]" in json.dumps(schema["properties"].get("dataset", "[a-z0-9._-]"))
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


# --- what is tried again ----------------------------------------------------------------------------------------


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


# --- runners ----------------------------------------------------------------------------------------------------


def refused(runner: Any = "gpu") -> str:
    with pytest.raises(InputError) as error:
        check_runner(runner)
    return str(error.value)


def test_a_runner_that_nobody_serves_is_refused_before_any_work(prefect: None, champion: Path) -> None:
    add("first", FIRST)
    with temporary_settings({PREFECT_API_URL: None}):
        assert "needs a Prefect server" in refused()
    assert "is not deployed to the runner gpu" in refused()
    with get_client(sync_client=True) as client:
        client.request("POST", "/work_pools/", json={"name": "gpu", "type": "process"})
        flow_id = client.create_flow(fit)
        client.create_deployment(flow_id, "gpu", work_pool_name="gpu")
    assert "No worker polls the work pool gpu" in refused()
    for learn in (retrain, train):
        with pytest.raises(InputError, match="No worker polls"):
            outcome(learn, dataset=DIGITS, runner="gpu")
    assert [info.version for info in registry.versions(DIGITS)] == [1]


def test_what_fails_in_a_fit_is_raised_where_it_is_awaited(prefect: None, champion: Path) -> None:
    run_id, first = "0" * 32, add("first", FIRST)
    with pytest.raises(InputError, match="has no folder"):
        scratch_of(run_id, 0)
    folder = Workspace.current().scratch / run_id / "0"
    folder.mkdir(parents=True)
    about = {"dataset": DIGITS, "run_id": run_id, "batches": [first], "holdout": current_holdout(DIGITS).id}
    state = fit(**about, parent=7, attempt=0, return_state=True)
    assert state.name == "Failed"
    with pytest.raises(NothingServedError, match=r"has no version 7\. See what there is"):
        read_result(folder, "ended as Failed")
    (folder / "fault.json").unlink()
    with pytest.raises(InputError, match=r"ended as Crashed \(killed\). See its run"):
        read_result(folder, "ended as Crashed (killed)")


# --- turns and events, without a server -------------------------------------------------------------------------


def test_a_run_without_a_deployment_takes_no_turn(prefect: None) -> None:
    @flow(name="alone")
    def alone() -> bool:
        with one_run_per_model(DIGITS), get_client(sync_client=True) as client:
            return "model-digits" in {limit.name for limit in client.read_global_concurrency_limits()}

    assert alone() is False
    with one_run_per_model(DIGITS):
        pass


def test_without_a_server_events_are_told_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prefect.events.emit_event", lambda *_, **__: pytest.fail("an event was emitted"))
    with temporary_settings({PREFECT_API_URL: None}):
        events.emit_drift(DIGITS, "0" * 16, "red")


def test_an_event_that_cannot_be_sent_stops_nothing(prefect: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no route")

    monkeypatch.setattr("prefect.events.emit_event", broken)
    events.emit_drift(DIGITS, "0" * 16, "red")


# --- without parameters -----------------------------------------------------------------------------------------


def test_without_a_dataset_all_that_have_a_champion_are_retrained(prefect: None, champion: Path) -> None:
    add("first", FIRST)
    assert outcome(retrain).dataset == DIGITS
    outcome(ingest, path=source("letters", BASE), dataset="letters")
    assert outcome(retrain).state == "Nothing to learn"
    outcome(train, dataset="letters", learning=LEARNING)
    second = add("second", SECOND)
    done = outcome(retrain)
    assert (done.state, done.dataset, set(done.learnt)) == ("Promoted", "digits, letters", {second})
    assert "letters: every batch is learnt" in done.reason
    with pytest.raises(InputError, match="named without their dataset"):
        outcome(retrain, batches=[second])
    nightly = made(jitter="PT30M")
    assert executed(nightly).state == "Postponed"
    [later] = runs_named(f"{nightly.name} (postponed)")
    assert later.parameters == nightly.parameters


def made(**parameters: Any) -> FlowRun:
    """A run of a deployment of ``retrain``, which no worker will take."""
    with get_client(sync_client=True) as client:
        nightly = client.create_deployment(client.create_flow(retrain), "nightly", parameters=parameters)
        return client.create_flow_run_from_deployment(nightly)


def executed(flow_run: FlowRun) -> Outcome:
    """What a run comes to, run here as a worker would."""
    parameters = retrain.validate_parameters(flow_run.parameters)
    return outcome_of(run_flow(retrain, flow_run=flow_run, parameters=parameters, return_type="state"))


def runs_named(name: str) -> list[FlowRun]:
    with get_client(sync_client=True) as client:
        return client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate({"name": {"any_": [name]}}))


def test_without_any_champion_there_is_nothing_to_learn(prefect: None, mlflow_home: Path) -> None:
    done = outcome(retrain)
    assert (done.state, done.reason) == ("Nothing to learn", "no dataset of this workspace has a champion")


def test_the_most_eventful_state_names_what_several_came_to() -> None:
    ends = [Outcome(state=state, dataset=state[0], reason="-") for state in ("Nothing to learn", "Kept")]
    assert (joined_outcome(ends).state, joined_outcome(ends).reason) == ("Kept", "N: -; K: -")


# --- a real server and real workers -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """Server, deployments and a worker on each pool, over a workspace where version 1 of the digits serves."""
    home = tmp_path_factory.mktemp("served")
    moved(trained, home)
    with prefect_server(home) as running:
        yield running


@pytest.fixture
def served(server: PrefectServer, monkeypatch: pytest.MonkeyPatch) -> PrefectServer:
    """The server, with its workspace as this test's."""
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(server.home))
    return server


def known() -> set[str]:
    """The batches that the champion has learnt."""
    return set(registry.version(DIGITS, Alias.CHAMPION).batches)


def triggered(served: PrefectServer, name: str, number: int) -> dict[str, Any]:
    """The last run of a deployment, over, once there are ``number`` of them."""
    runs = served.wait_for(
        lambda: (found := served.runs_of(name))[number - 1 :] and found, f"run {number} of {name}"
    )
    newest, *_ = [served.ended(run["id"]) for run in runs]
    return newest


def test_a_batch_that_lands_and_differs_triggers_retrains_and_one_of_them_learns_it(served: PrefectServer) -> None:
    run = served.ended(served.start("ingest/ingest", path=str(source("first", FIRST)), dataset=DIGITS))
    assert run["state_name"] == "Versioned"
    runs = [triggered(served, name, 1) for name in ("retrain/retrain-on-data", "retrain/retrain-on-drift")]
    assert [one["parameters"] for one in runs] == [{"dataset": DIGITS}] * 2
    assert {one["state_name"] for one in runs} == {"Promoted", "Nothing to learn"}
    assert batches(DIGITS)[-1].id in known()


def test_a_batch_that_drifted_triggers_a_retrain_that_learns_it(served: PrefectServer) -> None:
    drifted = add("drifted", slice(1500, 1700))
    served.python(
        f"from tasks.data.events import emit_drift; emit_drift('{DIGITS}', '{drifted}', 'red', reason='-')"
    )
    assert triggered(served, "retrain/retrain-on-drift", 2)["state_name"] == "Promoted"
    assert drifted in known()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("retrain/retrain", {"dataset": "../digits"}),
        ("retrain/retrain", {"dataset": DIGITS, "runner": "cloud"}),
        ("train/train", {}),
        ("promote/promote", {"dataset": DIGITS, "version": 0, "reason": "better"}),
        ("rollback/rollback", {"dataset": DIGITS, "reason": ""}),
        ("maintenance/maintenance", {"keep": 0}),
    ],
)
def test_a_form_with_a_wrong_value_starts_nothing(
    served: PrefectServer, name: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(PrefectHTTPStatusError, match="Validation failed"):
        served.start(name, **parameters)


def test_two_retrains_at_once_both_end_in_the_champion(served: PrefectServer) -> None:
    second, third = add("second", SECOND), add("third", THIRD)
    runs = [
        served.start("retrain/retrain", dataset=DIGITS, batches=[second]),
        served.start("retrain/retrain-hourly", dataset=DIGITS, batches=[third]),
    ]
    assert [served.ended(run)["state_name"] for run in runs] == ["Promoted", "Promoted"]
    assert {second, third} <= known()
    [limit] = [each for each in served.limits() if each["name"] == "model-digits"]
    assert (limit["limit"], limit["active_slots"]) == (1, 0)


def test_the_linear_part_runs_on_a_worker_of_another_pool_to_the_same_bits(served: PrefectServer) -> None:
    before, elsewhere = registry.version(DIGITS, Alias.CHAMPION), add("elsewhere", slice(1300, 1500))
    run = served.ended(served.start("retrain/retrain", dataset=DIGITS, runner="gpu"))
    assert run["state_name"] == "Promoted"
    [fitted] = served.runs_of("fit/gpu")
    assert (fitted["state_name"], fitted["work_pool_name"]) == ("Learnt", "gpu")
    assert fitted["parameters"]["batches"] == [elsewhere] and fitted["parent_task_run_id"]
    there = registry.version(DIGITS, Alias.CHAMPION)
    outcome(rollback, dataset=DIGITS, to=before.version, reason="compare")
    assert outcome(retrain, dataset=DIGITS, batches=[elsewhere]).promoted
    here = registry.version(DIGITS, Alias.CHAMPION)
    assert here.version > there.version and elsewhere in there.batches
    assert here.tags[Tag.STATISTICS_DIGEST] == there.tags[Tag.STATISTICS_DIGEST]


def test_a_schedule_fires_by_itself_and_learns_what_arrived_meanwhile(served: PrefectServer) -> None:
    arrived = add("arrived", slice(1100, 1300))
    with served.every_few_seconds("retrain/retrain-hourly"):
        served.wait_for(lambda: arrived in known(), "the scheduled retrain")
    runs = served.runs_of("retrain/retrain-hourly")
    assert "Promoted" in {run["state_name"] for run in runs if run["auto_scheduled"]}

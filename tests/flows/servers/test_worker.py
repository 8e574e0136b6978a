"""The worker of `up` asks for runs when the server says that there may be one, besides its polls."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse

from flows.servers import worker


def event(kind: str, name: str) -> SimpleNamespace:
    return SimpleNamespace(resource={"prefect.state-type": kind, "prefect.state-name": name})


def asked(monkeypatch: pytest.MonkeyPatch, *events: SimpleNamespace) -> int:
    """How often the worker asks for runs when the server sends these events, and then is stopped."""
    count = 0

    async def ask() -> None:
        nonlocal count
        count += 1

    @asynccontextmanager
    async def subscriber(filter: object) -> AsyncIterator[AsyncIterator[SimpleNamespace]]:
        async def received() -> AsyncIterator[SimpleNamespace]:
            for one in events:
                yield one
            raise asyncio.CancelledError

        yield received()

    monkeypatch.setattr(worker, "get_events_subscriber", subscriber)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(worker._wake(SimpleNamespace(get_and_submit_flow_runs=ask)))  # type: ignore[arg-type]
    return count


@pytest.mark.parametrize(
    ("kind", "name"),
    [("SCHEDULED", "Scheduled"), ("COMPLETED", "Promoted"), ("FAILED", "Failed"), ("CANCELLED", "Cancelled")],
)
def test_a_run_that_is_scheduled_or_has_ended_wakes_the_worker(
    kind: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(monkeypatch, event(kind, name)) == 1


def test_a_run_that_waits_for_its_place_or_runs_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [event("SCHEDULED", "AwaitingConcurrencySlot"), event("SCHEDULED", "AwaitingRetry")]
    assert asked(monkeypatch, *others, event("PENDING", "Submitting"), event("RUNNING", "Running")) == 0


def test_a_server_that_is_away_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0

    def refused(filter: object) -> None:
        nonlocal tries
        tries += 1
        if tries == 3:
            raise asyncio.CancelledError
        raise ConnectionError("away")

    monkeypatch.setattr(worker, "get_events_subscriber", refused)
    monkeypatch.setattr(worker, "AGAIN_SECONDS", 0.0)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(worker._wake(SimpleNamespace()))  # type: ignore[arg-type]
    assert tries == 3


# --- how a run starts -------------------------------------------------------------------------------------------

STEP = "prefect.deployments.steps.set_working_directory"


def prepared(steps: list[dict[str, Any]], entrypoint: str = "flows.deployments.retrain") -> worker.Job:
    """The job of a run of a deployment with these steps."""
    flow_run = FlowRun(id=uuid4(), flow_id=uuid4(), name="run")
    deployment = DeploymentResponse(
        id=uuid4(), name="retrain", flow_id=flow_run.flow_id, entrypoint=entrypoint, pull_steps=steps
    )
    job = worker.Job(name="run")
    job.prepare_for_flow_run(flow_run, deployment)
    return job


def test_a_run_of_ours_starts_in_its_folder_and_knows_its_flow(tmp_path: Path) -> None:
    job = prepared([{STEP: {"directory": str(tmp_path)}}])
    assert job.working_dir == tmp_path
    assert job.env["PREFECT__FLOW_ENTRYPOINT"] == "flows.deployments.retrain"


@pytest.mark.parametrize(
    ("steps", "entrypoint"),
    [
        ([], "flows.deployments.retrain"),
        ([{STEP: {"directory": "{}"}}], "other.py:flow"),
        ([{STEP: {"directory": "{}"}}, {"prefect.deployments.steps.run_shell_script": {"script": "true"}}], None),
        ([{STEP: {"directory": "{}", "requires": "prefect-aws"}}], None),
        ([{STEP: {"directory": "relative"}}], None),
        ([{STEP: {"directory": "{}/missing"}}], None),
    ],
)
def test_other_steps_and_other_flows_are_left_to_prefect(
    steps: list[dict[str, Any]], entrypoint: str | None, tmp_path: Path
) -> None:
    placed = json.loads(json.dumps(steps).replace("{}", str(tmp_path)))
    job = prepared(placed, entrypoint or "flows.deployments.retrain")
    assert job.working_dir is None and "PREFECT__FLOW_ENTRYPOINT" not in job.env


def test_labels_that_fail_stop_no_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async def fails(self: object, flow_run_id: object) -> None:
        raise ConnectionError("away")

    monkeypatch.setattr(worker.ProcessWorker, "_give_worker_labels_to_flow_run", fails)

    async def label() -> None:
        one = worker.Worker(name="cpu", work_pool_name="cpu")
        async with asyncio.TaskGroup() as group:
            one._runs_task_group = SimpleNamespace(start_soon=lambda call, given: group.create_task(call(given)))
            await one._give_worker_labels_to_flow_run(uuid4())

    asyncio.run(label())
    assert "away" in capsys.readouterr().out

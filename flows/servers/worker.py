"""``python -m flows.servers.worker POOL``: the worker of a pool, woken by events of the server between polls.

Its runs start sooner than those of Prefect's own process worker: nothing is waited for that a start does not need.
"""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter
from prefect.settings import PREFECT_WORKER_HEARTBEAT_SECONDS
from prefect.utilities.processutils import setup_signal_handlers_worker
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

STATES = EventFilter(event=EventNameFilter(prefix=["prefect.flow-run."]))
FREE = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
"""States that leave a place to a run that waits for one."""
AGAIN_SECONDS = 5.0
OURS = "flows.deployments."


class Job(ProcessJobConfiguration):
    """A run whose only step is to change to a folder starts in it, and knows its flow."""

    def prepare_for_flow_run(
        self, flow_run: FlowRun, deployment: DeploymentResponse | None = None, *about: Any, **more: Any
    ) -> None:
        """Fill in environment and folder; the run then asks for neither its deployment nor its steps."""
        super().prepare_for_flow_run(flow_run, deployment, *about, **more)
        if deployment and (folder := _only_folder(deployment)):
            self.working_dir = folder
            self.env["PREFECT__FLOW_ENTRYPOINT"] = deployment.entrypoint


def _only_folder(deployment: DeploymentResponse) -> Path | None:
    """The folder that the steps of a deployment of ours change to, where they do nothing else."""
    match deployment.pull_steps:
        case [{"prefect.deployments.steps.set_working_directory": {"directory": str(folder), **rest}}]:
            sound = not rest and (deployment.entrypoint or "").startswith(OURS) and Path(folder).is_absolute()
            return Path(folder) if sound and Path(folder).is_dir() else None
    return None


class Worker(ProcessWorker):
    """Prefect's process worker, without a state that lasts for a moment, and labels beside the start of a run."""

    job_configuration = Job

    @classmethod
    def __dispatch_key__(cls) -> str:
        return "greenlightning"

    async def _propose_submitting_state(self, flow_run: FlowRun) -> None:
        """Leave a run pending until it runs."""

    async def _give_worker_labels_to_flow_run(self, flow_run_id: UUID) -> None:
        """Label a run while it starts."""
        if self._runs_task_group:
            self._runs_task_group.start_soon(self._label, flow_run_id)

    async def _label(self, flow_run_id: UUID) -> None:
        try:
            await super()._give_worker_labels_to_flow_run(flow_run_id)
        except Exception as error:
            print(f"no labels for the run {flow_run_id}: {error}", flush=True)


async def run(pool: str) -> None:
    """Run the worker of a pool until it is stopped."""
    heartbeat = int(PREFECT_WORKER_HEARTBEAT_SECONDS.value())
    worker = Worker(name=pool, work_pool_name=pool, heartbeat_interval_seconds=heartbeat)
    setup_signal_handlers_worker(os.getpid(), f"the worker of {pool}", print)
    alarm = asyncio.create_task(_wake(worker))
    try:
        await worker.start()
    finally:
        alarm.cancel()


async def _wake(worker: ProcessWorker) -> None:
    """Have the worker ask for runs as soon as one is scheduled or has ended; its polls find what is missed."""
    while True:
        try:
            async with get_events_subscriber(filter=STATES) as events:
                async for event in events:
                    if _is_call(
                        event.resource.get("prefect.state-type"), event.resource.get("prefect.state-name")
                    ):
                        await worker.get_and_submit_flow_runs()
        except Exception as error:
            print(f"no events from the server: {error}", flush=True)
        await asyncio.sleep(AGAIN_SECONDS)


def _is_call(kind: str | None, name: str | None) -> bool:
    """Whether a flow run that took this state is one to run now, or leaves its place to another.

    A run that waits for a place is scheduled too, under another name, each time it asks without success.
    """
    return kind in FREE or (kind, name) == ("SCHEDULED", "Scheduled")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(run(sys.argv[1]))

"""``python -m flows.servers.worker POOL``: the worker of a pool, woken by events of the server between polls."""

import asyncio
import os
import sys
from contextlib import suppress

from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter
from prefect.settings import PREFECT_WORKER_HEARTBEAT_SECONDS
from prefect.utilities.processutils import setup_signal_handlers_worker
from prefect.workers.process import ProcessWorker

STATES = EventFilter(event=EventNameFilter(prefix=["prefect.flow-run."]))
FREE = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
"""States that leave a place to a run that waits for one."""
AGAIN_SECONDS = 5.0


async def run(pool: str) -> None:
    """Run the worker of a pool until it is stopped."""
    heartbeat = int(PREFECT_WORKER_HEARTBEAT_SECONDS.value())
    worker = ProcessWorker(name=pool, work_pool_name=pool, heartbeat_interval_seconds=heartbeat)
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

"""OpenLineage events of each tracked run (START; COMPLETE, FAIL or ABORT), to a file or the user's transport."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from tasks.core.constants import Kind
from tasks.core.workspace import Workspace

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent
    from openlineage.client.transport import Transport

PATIENCE = 3.0
SETTINGS = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG", "OPENLINEAGE__TRANSPORT__TYPE")
unreachable: set[str] = set()
"""Why the user's transport is not tried again in this process."""

log = logging.getLogger(__name__)


@contextmanager
def lineage_events(dataset: str, kind: Kind, run_id: str) -> Iterator[None]:
    """Emit an event when the body of the run starts and ends; a failed body is FAIL, an interrupted one ABORT.

    No failure to emit an event reaches the body, nor delays it for more than three seconds.
    """
    _emit("START", dataset, kind, run_id)
    try:
        yield
    except BaseException as error:
        _emit("FAIL" if isinstance(error, Exception) else "ABORT", dataset, kind, run_id, error)
        raise
    _emit("COMPLETE", dataset, kind, run_id)


def event_file() -> Path:
    """The default file of events: one JSON object a line."""
    return Workspace.current().mlruns / "openlineage.jsonl"


def _emit(state: str, dataset: str, kind: Kind, run_id: str, error: BaseException | None = None) -> None:
    if os.environ.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return
    try:
        _deliver(_event(state, dataset, kind, run_id, error))
    except Exception as fault:
        _warn(f"OpenLineage events are not sent: {fault}")


def _event(state: str, dataset: str, kind: Kind, run_id: str, error: BaseException | None) -> "RunEvent":
    from openlineage.client.event_v2 import RunEvent, RunState

    from tasks.lineage.openlineage_facets import PRODUCER, inputs_of, job_of, outputs_of, run_of
    from tasks.models.registry import made_by
    from tasks.tracking.client import connect

    tracked = None if state == "START" else connect().get_run(run_id)
    made = made_by(dataset, run_id)[:1] if tracked else []
    return RunEvent(
        eventTime=datetime.now(UTC).isoformat(),
        producer=PRODUCER,
        eventType=RunState[state],
        run=run_of(run_id, tracked, error),
        job=job_of(dataset, kind),
        inputs=inputs_of(dataset, tracked, made) if tracked else [],
        outputs=outputs_of(dataset, kind, made, tracked) if tracked else [],
    )


def _deliver(event: "RunEvent") -> None:
    """Send an event by the user's transport; without one, or where it fails, append it to our own file."""
    from openlineage.client import OpenLineageClient

    if _configured() and not unreachable:
        try:
            _within(PATIENCE, lambda: OpenLineageClient().emit(event))
            return
        except Exception as fault:
            unreachable.add(str(fault))
            _warn(f"OpenLineage events go to {event_file()} for now: {fault}")
    _write(event)


@cache
def _warn(message: str) -> None:
    """Log a warning once a process."""
    log.warning(message)


def _configured() -> bool:
    """Whether the user configured the OpenLineage client, in one of its documented ways."""
    folders = (Path.cwd(), Path.home() / ".openlineage")
    files = any((folder / "openlineage.yml").is_file() for folder in folders)
    return files or any(os.environ.get(name) for name in SETTINGS)


def _within(seconds: float, call: Callable[[], None]) -> None:
    """Make a call in a thread; raises what it raised, or TimeoutError where it takes longer."""
    faults: list[Exception] = []

    def work() -> None:
        try:
            call()
        except Exception as fault:
            faults.append(fault)

    thread = Thread(target=work, daemon=True, name="openlineage")
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"no answer within {seconds:g} s")
    if faults:
        raise faults[0]


def _write(event: "RunEvent") -> None:
    from filelock import FileLock
    from openlineage.client.transport.file import FileConfig, FileTransport

    file, locks = event_file(), Workspace.current().locks
    for folder in (file.parent, locks):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    transport: Transport = FileTransport(FileConfig(log_file_path=str(file), append=True))
    with FileLock(locks / "openlineage.lock", timeout=PATIENCE):
        transport.emit(event)

"""A progress artifact in Prefect's dashboard: created where a run takes long, updated by a thread of its own."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from threading import Event, Thread

from prefect.runtime import flow_run

from tasks.core.progress import progress_listener
from tasks.orchestration.artifacts import RunArtifacts

DELAY = 2.0
"""Seconds before the artifact is created; a shorter run has none."""

INTERVAL = 1.0
"""Seconds between two updates."""

LAST_UPDATE_TIMEOUT = 2.0
"""Seconds that a run waits at its end for the last update."""


@contextmanager
def progress_artifact(artifacts: RunArtifacts, key: str) -> Iterator[None]:
    """Show the progress of the flow run while the body runs.

    The body never waits for the dashboard, except at its end for ``LAST_UPDATE_TIMEOUT`` seconds; a dashboard that
    does not answer shows nothing and fails nothing.
    """
    writer = _Writer(artifacts, key)
    thread = Thread(target=copy_context().run, args=(writer.write,), daemon=True, name=f"progress {key}")
    thread.start()
    try:
        with progress_listener(writer.listen):
            yield
        writer.succeeded = True
    finally:
        writer.ended.set()
        thread.join(LAST_UPDATE_TIMEOUT)


class _Writer:
    """Keeps the last report of progress, and writes it to the artifact."""

    def __init__(self, artifacts: RunArtifacts, key: str) -> None:
        self.artifacts, self.key = artifacts, key
        self.last: tuple[float, str] | None = None
        self.succeeded = False
        self.ended = Event()

    def listen(self, what: str, done: int, total: int) -> None:
        """Keep a report of this flow run; other flow runs of the process have writers of their own."""
        if flow_run.get_id() == str(self.artifacts.run):
            self.last = 100 * done / max(total, 1), f"{what}: {done:,} of {total:,}"

    def write(self) -> None:
        """Create the artifact and update it until the run has ended."""
        if self.ended.wait(DELAY):
            return
        with suppress(Exception):
            artifact, written = None, None
            while not self.ended.is_set():
                if self.last and self.last != written:
                    written = self.last
                    if artifact is None:
                        artifact = self.artifacts.create("progress", self.key, *written)
                    else:
                        self.artifacts.update(artifact, *written)
                self.ended.wait(INTERVAL)
            if artifact and written:
                percent, text = self.last or written
                final = (100.0, "done") if self.succeeded else (percent, f"stopped at {text}")
                self.artifacts.update(artifact, *final)

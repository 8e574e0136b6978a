"""A progress artifact in Prefect's dashboard: created where a run takes long, updated by a thread of its own."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from threading import Event, Thread
from uuid import UUID

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
def progress_artifact(
    artifacts: RunArtifacts, key: str, *, delay: float | None = None, ending: str | None = "done"
) -> Iterator[None]:
    """Show the progress of the flow run while the body runs; it ends with the words ``ending``, or the last ones.

    Without ``delay`` a body shorter than ``DELAY`` seconds shows nothing.

    The body never waits for the dashboard, except at its end for ``LAST_UPDATE_TIMEOUT`` seconds; a dashboard that
    does not answer shows nothing and fails nothing.
    """
    writer = _Writer(artifacts, key, DELAY if delay is None else delay, ending)
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

    def __init__(self, artifacts: RunArtifacts, key: str, delay: float, ending: str | None) -> None:
        self.artifacts, self.key = artifacts, key
        self.delay, self.ending = delay, ending
        self.artifact: UUID | None = None
        self.last: tuple[float, str] | None = None
        self.succeeded = False
        self.ended = Event()

    def listen(self, what: str, done: int, total: int) -> None:
        """Keep a report of this flow run; other flow runs of the process have writers of their own."""
        if flow_run.get_id() == str(self.artifacts.run):
            self.last = 100 * done / max(total, 1), f"{what}: {done:,} of {total:,}"

    def write(self) -> None:
        """Create the artifact and update it until the run has ended."""
        if self.delay and self.ended.wait(self.delay):
            return
        with suppress(Exception):
            written = None
            while not self.ended.is_set():
                if self.last and self.last != written:
                    written = self.last
                    self._show(*written)
                self.ended.wait(INTERVAL)
            if self.last and (self.artifact or not self.delay):
                percent, text = self.last
                self._show(*((100.0, self.ending or text) if self.succeeded else (percent, f"stopped at {text}")))

    def _show(self, percent: float, text: str) -> None:
        if self.artifact is None:
            self.artifact = self.artifacts.create("progress", self.key, percent, text)
        else:
            self.artifacts.update(self.artifact, percent, text)

"""Progress of a flow run in the dashboard: one artifact, put up where work takes long, by a thread of its own."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from threading import Event, Thread

from prefect.runtime import flow_run

from tasks.core.progress import progress_listener
from tasks.orchestration.artifacts import RunArtifacts

PATIENCE = 2.0
INTERVAL = 1.0
FAREWELL = 2.0


@contextmanager
def live_progress(board: RunArtifacts, key: str) -> Iterator[None]:
    """Show what the steps of this flow run ``tell``, once ``PATIENCE`` seconds have passed.

    At most one update in ``INTERVAL`` seconds, and one at the end. The work never waits for the dashboard, except
    at the end for ``FAREWELL`` seconds at most; where the dashboard does not answer, nothing is shown.
    """
    live = _Live(board, key)
    thread = Thread(target=copy_context().run, args=(live.show,), daemon=True, name=f"progress {key}")
    thread.start()
    try:
        with progress_listener(live.hear):
            yield
        live.done = True
    finally:
        live.over.set()
        thread.join(FAREWELL)


class _Live:
    """What was told last, and the artifact that shows it."""

    def __init__(self, board: RunArtifacts, key: str) -> None:
        self.board, self.key = board, key
        self.said: tuple[float, str] | None = None
        self.done = False
        self.over = Event()

    def hear(self, what: str, done: int, total: int) -> None:
        """Remember what a step of this very run tells; other runs of the process have listeners of their own."""
        if flow_run.get_id() == str(self.board.run):
            self.said = 100 * done / max(total, 1), f"{what}: {done:,} of {total:,}"

    def show(self) -> None:
        """Put up the artifact and keep it true until the work is over."""
        if self.over.wait(PATIENCE):
            return
        with suppress(Exception):
            artifact, shown = None, None
            while not self.over.is_set():
                if self.said and self.said != shown:
                    shown = self.said
                    if artifact is None:
                        artifact = self.board.put("progress", self.key, *shown)
                    else:
                        self.board.change(artifact, *shown)
                self.over.wait(INTERVAL)
            if artifact and shown:
                percent, last = self.said or shown
                final = (100.0, "done") if self.done else (percent, f"stopped at {last}")
                self.board.change(artifact, *final)

"""A child process of the supervisor: start it, check that it is ready, stop it with all its children."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from flows.servers.services import Service
from greenlightning.errors import ServerError
from tasks.core import processes
from tasks.core.environment import NEUTRAL

MARK = "GREENLIGHTNING_SUPERVISOR"
"""Variable in the environment of every child and its descendants: supervisor and service."""
STOP_SECONDS = 15.0
LAST_LINES = 3


class ChildProcess:
    """A service and its current process; ``status`` shows ``state``."""

    def __init__(self, service: Service, logs: Path, environ: Mapping[str, str], supervisor: str) -> None:
        self.service = service
        self.name = service.name
        self.log = logs / f"{service.name}.log"
        self.mark = f"{supervisor} {service.name}"
        self.environ = {**environ, MARK: self.mark}
        self.state = "waiting"
        self.process: subprocess.Popen[bytes] | None = None
        self.since = 0.0
        self.tries = 0

    def start(self) -> int:
        """Start the process in a new session and return its id; its output is appended to the log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.service.command,
                cwd=NEUTRAL,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=partial(processes.end_with_parent, os.getpid()),
            )
        self.state, self.since = "starting", time.time()
        return self.process.pid

    def ended(self) -> int | None:
        """The exit code of the process, None while it runs."""
        return self.process.poll() if self.process else None

    @property
    def is_up(self) -> bool:
        """Whether the service is ready, or has done its single task."""
        return self.state in ("ready", "done")

    def is_ready(self) -> bool:
        """Whether the service answers now."""
        with suppress(ServerError):
            return self.service.is_ready is not None and self.service.is_ready(self.since)
        return False

    def start_error(self, happened: str) -> ServerError:
        """The error with what happened, the last lines of the log and its path."""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        last = " / ".join(lines[-LAST_LINES:]) or "the log is empty"
        return ServerError(f"{self.name} did not start: {happened}: {last}", f"See {self.log}")

    def facts(self) -> dict[str, object]:
        """The entry of this service in the state file."""
        alive = self.process is not None and self.ended() is None
        pid = self.process.pid if self.process and alive else None
        return {"name": self.name, "state": self.state, "pid": pid, "log": str(self.log)}


def stop_children(children: Sequence[ChildProcess]) -> None:
    """Terminate all children at once, then kill the processes that remain."""
    running = [child.process for child in children if child.process and child.ended() is None]
    for process in running:
        process.terminate()
    until = time.monotonic() + STOP_SECONDS
    for process in running:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, until - time.monotonic()))
    for child in children:
        processes.stop(processes.marked(MARK, child.mark), STOP_SECONDS)
        child.ended()
        child.state = "stopped"

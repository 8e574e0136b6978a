"""One child process of the supervisor: started, asked whether it is ready, stopped with all that it started."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from flows.servers.services import CHECKOUT, Service
from greenlightning.errors import ServerError
from tasks.core import processes

MARK = "GREENLIGHTNING_SUPERVISOR"
"""In the environment of every child, and so of all that it starts: supervisor and service."""
STOP_SECONDS = 15.0
LAST_LINES = 3


class ChildProcess:
    """A service and the process that does it now; ``state`` is what ``status`` shows."""

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
        """Start a process in a session of its own and return its number; its output is added to the log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.service.command,
                cwd=CHECKOUT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        self.state, self.since = "starting", time.time()
        return self.process.pid

    def ended(self) -> int | None:
        """The exit code of a process that has ended."""
        return self.process.poll() if self.process else None

    @property
    def is_up(self) -> bool:
        """Whether it does its work: ready, or a single task that is done."""
        return self.state in ("ready", "done")

    def is_ready(self) -> bool:
        """Whether it answers now."""
        with suppress(OSError):
            return self.service.is_ready is not None and self.service.is_ready(self.since)
        return False

    def why(self, happened: str) -> ServerError:
        """The error that says what happened, the last lines of the log, and where it lies."""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        last = " / ".join(lines[-LAST_LINES:]) or "it logged nothing"
        return ServerError(f"{self.name} did not start: {happened}: {last}", f"See {self.log}")

    def facts(self) -> dict[str, object]:
        """What the state file says of it."""
        alive = self.process is not None and self.ended() is None
        pid = self.process.pid if self.process and alive else None
        return {"name": self.name, "state": self.state, "pid": pid, "log": str(self.log)}


def stop_children(children: Sequence[ChildProcess]) -> None:
    """Ask children to end, all at once, and kill what they leave behind."""
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


def _end_with_parent() -> None:
    """Linux: have SIGTERM sent to this process when its parent dies (prctl, PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, int(signal.SIGTERM))

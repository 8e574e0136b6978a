"""The process behind ``up``: it starts the services, restarts one that dies, and stops them all."""

import json
import os
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from types import FrameType

from filelock import FileLock, Timeout

from flows.servers.child_process import ChildProcess, stop_children
from flows.servers.services import POOLS, Ports, environment, services
from greenlightning.errors import ServerError
from tasks.core import processes
from tasks.core.workspace import Workspace
from tasks.orchestration.dashboards import state_file
from tasks.orchestration.lost_runs import recover
from tasks.tracking.relocation import relocate_artifacts

POLL_SECONDS = 0.2
RECOVER_SECONDS = 10.0
START_SECONDS = 180.0
STEADY_SECONDS = 60.0
TRIES = 5
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Supervisor:
    """Runs services until a signal arrives; ``say`` gets one line for each event."""

    def __init__(self, workspace: Workspace, ports: Ports, gpu: bool, say: Callable[[str], None]) -> None:
        self.workspace = workspace
        self.say = say
        self.name = processes.name(os.getpid())
        self.logs = workspace.root / "logs"
        environ = environment(workspace, ports)
        plan = services(workspace, ports, gpu)
        self.children = [ChildProcess(service, self.logs, environ, self.name) for service in plan]
        self.prefect = ports.prefect_url
        self.began = time.time()
        self.recover_at = 0.0
        self.ready = False
        self.error: ServerError | None = None
        self.stop_reason: str | None = None

    def run(self, on_ready: Callable[[dict[str, object]], None] = lambda _: None) -> None:
        """Start all services, call ``on_ready`` with the state, and watch them until a signal arrives.

        Raises ServerError if a service does not start.
        """
        self.on_ready = on_ready
        with self._locked(), self._signals():
            try:
                self._prepare()
                while not self.stop_reason:
                    self._check_all()
                    self._recover()
                    time.sleep(POLL_SECONDS)
                self.say(f"stopping: {self.stop_reason}")
            except ServerError as error:
                self.error = error
                raise
            finally:
                self._stop_all()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the workspace; raises ServerError if another supervisor holds it."""
        locks = self.workspace.locks
        locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as held:
            try:
                held.enter_context(FileLock(locks / "up.lock", timeout=0))
            except Timeout as error:
                raise ServerError("Another `up` has just started here", "See: greenlightning status") from error
            yield

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Stop at SIGTERM, SIGINT and SIGHUP."""

        def stop(number: int, _: FrameType | None) -> None:
            self.stop_reason = signal.Signals(number).name

        before = {number: signal.signal(number, stop) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _prepare(self) -> None:
        self.workspace.mlruns.mkdir(mode=0o700, parents=True, exist_ok=True)
        relocate_artifacts(self.workspace)
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        for child in self.children:
            if child.log.exists():
                child.log.replace(child.log.with_suffix(".log.1"))
            child.log.touch()

    def _check_all(self) -> None:
        before = self._facts()
        for child in self.children:
            self._check(child)
        if not self.ready and all(child.is_up for child in self.children):
            self.ready = True
            self.say("all is ready")
            self.on_ready(self._facts())
        if self._facts() != before:
            self._write()

    def _check(self, child: ChildProcess) -> None:
        code = child.ended()
        match child.state:
            case "waiting" if self._may_start(child):
                self._start(child)
            case "starting" if child.service.once and code == 0:
                self._set_state(child, "done")
            case "starting" | "ready" if code is not None:
                self._died(child, f"exit code {code}")
            case "starting" if child.is_ready():
                self._set_state(child, "ready")
            case "starting" if time.time() - child.since > START_SECONDS:
                self._died(child, f"not ready after {START_SECONDS:.0f} s")
            case "restarting" if time.time() - child.since > 2**child.tries:
                self._start(child)

    def _recover(self) -> None:
        """End the runs of killed processes, and repeat those that started by themselves, once workers are up."""
        workers = [child for child in self.children if child.name.startswith("worker-")]
        if time.time() < self.recover_at or not all(child.state == "ready" for child in workers):
            return
        self.recover_at = time.time() + RECOVER_SECONDS
        since = datetime.fromtimestamp(max([self.began, *(child.since for child in workers)]), UTC)
        with suppress(ServerError):
            for line in recover(self.prefect, POOLS, since):
                self.say(line)

    def _may_start(self, child: ChildProcess) -> bool:
        return all(other.is_up for other in self.children if other.name == child.service.after)

    def _start(self, child: ChildProcess) -> None:
        self._write()
        self.say(f"{child.name}: started, process {child.start()}")

    def _set_state(self, child: ChildProcess, state: str) -> None:
        child.state = state
        self.say(f"{child.name}: {state}")

    def _died(self, child: ChildProcess, happened: str) -> None:
        """Raise ServerError during the first start; later plan a restart, each time after a longer wait."""
        if not self.ready:
            raise child.start_error(happened)
        if child.service.address or child.ended() is None:
            stop_children([child])
        self.recover_at = 0.0
        child.tries = 1 if time.time() - child.since > STEADY_SECONDS else child.tries + 1
        child.state, child.since = ("failed" if child.tries > TRIES else "restarting"), time.time()
        next_step = "given up" if child.state == "failed" else f"starts again in {2**child.tries} s"
        self.say(f"{child.name}: {happened}, {next_step}; see {child.log}")

    def _stop_all(self) -> None:
        """Stop the workers first, while the server still accepts the last states of their runs."""
        stop_children([child for child in self.children if child.service.reports])
        stop_children([child for child in self.children if not child.service.reports])
        self._write()
        self.say("stopped")

    def _facts(self) -> dict[str, object]:
        """The content of the state file; it has the addresses of the services that are up."""
        urls = {f"{child.name}_url": child.service.address for child in self.children if child.is_up}
        return {
            "supervisor": self.name,
            "ready": self.ready,
            "error": [self.error.cause, self.error.remedy] if self.error else None,
            **{name: url for name, url in urls.items() if url},
            "children": [child.facts() for child in self.children],
        }

    def _write(self) -> None:
        """Replace the state file atomically."""
        file = state_file(self.workspace)
        draft = file.with_suffix(".tmp")
        draft.write_text(json.dumps(self._facts(), indent=1))
        draft.replace(file)


def main() -> None:
    """``python -m flows.servers.supervisor``: the process that ``up`` starts; its output is its log."""
    parser = ArgumentParser(prog="python -m flows.servers.supervisor")
    parser.add_argument("--prefect-port", type=int, required=True)
    parser.add_argument("--mlflow-port", type=int, required=True)
    parser.add_argument("--gpu", action="store_true")
    given = parser.parse_args()

    def say(line: str) -> None:
        print(f"{datetime.now():%Y-%m-%d %H:%M:%S} {line}", flush=True)

    ports = Ports(given.prefect_port, given.mlflow_port)
    try:
        Supervisor(Workspace.current(), ports, given.gpu, say).run()
    except ServerError as error:
        sys.exit(f"error {error}")


if __name__ == "__main__":
    main()

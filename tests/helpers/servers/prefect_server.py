"""A real Prefect server with the deployments of infra/prefect.yaml and a worker on each pool, on loopback."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from prefect.client.orchestration import SyncPrefectClient

from flows.engine.runtime import DEFAULTS
from tests.helpers.waiting import cpu_seconds, family, last_lines, wait_for, work_in

ROOT = Path(__file__).resolve().parents[3]
PREFECT = str(Path(sys.executable).parent / "prefect")
EAGER = {
    "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
    "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
}


@dataclass(frozen=True)
class PrefectServer:
    """Where the server answers, the workspace of its workers, and their environment."""

    home: Path
    url: str
    environment: dict[str, str]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers to a request, None if nothing; busy answers are tried again."""
        with self.client() as client:
            response = client.request(method, path, json=body)
            return response.json() if response.content else None

    def client(self) -> SyncPrefectClient:
        """A client of the server, with its secret where it has one."""
        return SyncPrefectClient(f"{self.url}/api", auth_string=self.environment.get("PREFECT_API_AUTH_STRING"))

    def deployment(self, name: str) -> dict[str, Any]:
        """A deployment by ``flow/deployment``."""
        found: dict[str, Any] = self.call("GET", f"/deployments/name/{name}")
        return found

    def start(self, name: str, **parameters: Any) -> str:
        """Start a run as the dashboard does; its id."""
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        return str(self.call("POST", f"/deployments/{self.deployment(name)['id']}/create_flow_run", body)["id"])

    def runs_of(self, name: str) -> list[dict[str, Any]]:
        """The runs of a deployment, the newest first."""
        body = {"deployments": {"id": {"any_": [self.deployment(name)["id"]]}}, "sort": "START_TIME_DESC"}
        found: list[dict[str, Any]] = self.call("POST", "/flow_runs/filter", body)
        return found

    def limits(self) -> list[dict[str, Any]]:
        """The global concurrency limits."""
        found: list[dict[str, Any]] = self.call("POST", "/v2/concurrency_limits/filter", {})
        return found

    def scheduled(self, name: str) -> list[dict[str, Any]]:
        """The runs, over, of a deployment that had a schedule of three seconds until a worker took the first."""
        with self._often(name):
            self.wait_for(lambda: self._taken(name), f"a scheduled run of {name}")
        return [self.ended(run["id"]) for run in self._taken(name)]

    def skipped(self, name: str) -> list[dict[str, Any]]:
        """The runs that were skipped of a deployment that had a schedule of three seconds until the first was."""
        with self._often(name):
            self.wait_for(lambda: self._auto_scheduled(name, "CANCELLED"), f"a skipped run of {name}")
        return self._auto_scheduled(name, "CANCELLED")

    @contextmanager
    def _often(self, name: str) -> Iterator[None]:
        path = f"/deployments/{self.deployment(name)['id']}/schedules"
        schedule = {"schedule": {"interval": 3.0, "anchor_date": "2020-01-01T00:00:00Z"}, "active": True}
        [made] = self.call("POST", path, [schedule])
        try:
            yield
        finally:
            with self.client() as client:
                client.request("DELETE", f"{path}/{made['id']}")

    def _taken(self, name: str) -> list[dict[str, Any]]:
        return self._auto_scheduled(name, "PENDING", "RUNNING", "COMPLETED", "FAILED", "CRASHED", "CANCELLING")

    def _auto_scheduled(self, name: str, *states: str) -> list[dict[str, Any]]:
        return [run for run in self.runs_of(name) if run["auto_scheduled"] and run["state_type"] in states]

    def ended(self, run_id: str) -> dict[str, Any]:
        """A run, once it is over."""
        return self.wait_for(lambda: self._final(run_id), f"run {run_id}")

    def wait_for(self, event: Callable[[], Any], what: str) -> Any:
        """The first true answer of ``event()``, as long as anything works in the workspace."""
        return wait_for(event, what, lambda: work_in(self.home), lambda: last_lines(self.home))

    def prefect(self, *arguments: str) -> str:
        """What a command of Prefect says."""
        return self._run(PREFECT, *arguments)

    def python(self, code: str) -> str:
        """What a program says that runs beside the workers."""
        return self._run(sys.executable, "-c", code)

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _final(self, run_id: str) -> dict[str, Any] | None:
        run: dict[str, Any] = self.call("GET", f"/flow_runs/{run_id}")
        over = run["state_type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
        return run if over else None


@contextmanager
def prefect_server(home: Path, pools: tuple[str, ...] = ("cpu", "gpu")) -> Iterator[PrefectServer]:
    """Serve the workspace ``home``: server, deployments, and a process worker on each pool."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    about = {
        "GREENLIGHTNING_HOME": str(home),
        "PREFECT_HOME": str(home / ".prefect"),
        "PREFECT_API_URL": f"{url}/api",
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PYTHONPATH": str(ROOT),
    }
    server = PrefectServer(home, url, os.environ | DEFAULTS | EAGER | about)
    (home / ".prefect").mkdir(exist_ok=True)
    with ExitStack() as stack:
        process = stack.enter_context(_running(server, "server", "start", "--host", "127.0.0.1", "--port", port))
        wait_for(
            lambda: _answers(url, process),
            "the server",
            lambda: cpu_seconds(family(process.pid)),
            lambda: last_lines(home),
        )
        for pool in pools:
            server.call("POST", "/work_pools/", {"name": pool, "type": "process"})
        server.prefect("--no-prompt", "deploy", "--all", "--prefect-file", "infra/prefect.yaml")
        for pool in pools:
            stack.enter_context(_running(server, "worker", "start", "--pool", pool, "--type", "process"))
        yield server


@contextmanager
def _running(server: PrefectServer, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    log = server.home / ".prefect" / f"{arguments[0]}-{arguments[3]}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [PREFECT, *arguments], env=server.environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(TimeoutError):
            wait_for(lambda: process.poll() is not None, "its end", lambda: cpu_seconds(family(process.pid)))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, f"the server ended with exit code {process.returncode}"
    try:
        return httpx.get(f"{url}/api/health", timeout=5).is_success
    except httpx.TransportError:
        return False

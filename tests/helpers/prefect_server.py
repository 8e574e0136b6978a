"""A real Prefect server with the deployments of infra/prefect.yaml and a worker on each pool, on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from prefect.client.orchestration import SyncPrefectClient

from flows.engine.runtime import QUIET

ROOT = Path(__file__).resolve().parents[2]
PREFECT = str(Path(sys.executable).parent / "prefect")
EAGER = {
    "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
    "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
}
PATIENCE = 180.0


@dataclass(frozen=True)
class PrefectServer:
    """Where the server answers, the workspace of its workers, and their environment."""

    home: Path
    url: str
    environment: dict[str, str]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers to a request; busy answers are tried again."""
        with SyncPrefectClient(f"{self.url}/api") as client:
            return client.request(method, path, json=body).json()

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

    @contextmanager
    def every_few_seconds(self, name: str) -> Iterator[None]:
        """Give a deployment an active schedule of three seconds, for a while; what it has begun is ended."""
        path = f"/deployments/{self.deployment(name)['id']}/schedules"
        schedule = {"schedule": {"interval": 3.0, "anchor_date": "2020-01-01T00:00:00Z"}, "active": True}
        [made] = self.call("POST", path, [schedule])
        try:
            yield
        finally:
            with SyncPrefectClient(f"{self.url}/api") as client:
                client.request("DELETE", f"{path}/{made['id']}")
            busy = {"PENDING", "RUNNING", "CANCELLING"}
            self.wait_for(lambda: not busy & {run["state_type"] for run in self.runs_of(name)}, f"idle {name}")

    def ended(self, run_id: str) -> dict[str, Any]:
        """A run, once it is over."""
        return self.wait_for(lambda: self._final(run_id), f"run {run_id}")

    def wait_for(self, found: Any, what: str) -> Any:
        """What ``found()`` answers once it answers something."""
        return wait_for(found, what)

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


def wait_for(found: Callable[[], Any], what: str) -> Any:
    """What ``found()`` answers once it answers something."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if answer := found():
            return answer
        time.sleep(0.2)
    raise TimeoutError(f"{what} did not come in {PATIENCE:.0f} s")


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
    server = PrefectServer(home, url, os.environ | QUIET | EAGER | about)
    (home / ".prefect").mkdir(exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(_running(server, "server", "start", "--host", "127.0.0.1", "--port", port))
        server.wait_for(lambda: _healthy(url), "the server")
        for pool in pools:
            server.call("POST", "/work_pools/", {"name": pool, "type": "process"})
        server.prefect("--no-prompt", "deploy", "--all", "--prefect-file", "infra/prefect.yaml")
        for pool in pools:
            stack.enter_context(_running(server, "worker", "start", "--pool", pool, "--type", "process"))
        yield server


@contextmanager
def _running(server: PrefectServer, *arguments: str) -> Iterator[None]:
    log = server.home / ".prefect" / f"{arguments[0]}-{arguments[3]}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [PREFECT, *arguments], env=server.environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/health", timeout=5).is_success
    except httpx.TransportError:
        return False

"""The services that ``up`` runs on loopback: Prefect, MLflow, a worker for each pool, and the deployments."""

import json
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flows.engine.runtime import DEFAULTS, prefect_secret, without_handshakes
from flows.warm import client
from tasks.core.environment import CHECKOUT
from tasks.core.workspace import Workspace
from tasks.orchestration import prefect_api
from tasks.orchestration.loopback_certificate import loopback_setting

HOST = "127.0.0.1"
JOB_TEMPLATE = CHECKOUT / "infra" / "process-base-job-template.json"
"""Job variables of the pools: without a command, environment or folder, which would run what they like."""
HANDOVER = CHECKOUT / "flows" / "warm" / "handover.py"
"""The command of the pools."""
POOLS = ("cpu", "gpu")
USUAL = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
    "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1.0",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
    "PREFECT_WORKER_QUERY_SECONDS": "5",
    "PYTHONUNBUFFERED": "1",
}
"""Settings for SQLite and one machine; values that the user has set stay."""


@dataclass(frozen=True)
class Service:
    """One child process: its command, and ``is_ready``, which gets the time of its start.

    ``after`` names the service that must be ready first; one that runs ``once`` is done when it exits with 0.
    ``reports`` to the server until it ends, and is stopped before it.
    """

    name: str
    command: tuple[str, ...]
    is_ready: Callable[[float], bool] | None = None
    after: str | None = None
    address: str | None = None
    once: bool = False
    reports: bool = False


@dataclass(frozen=True)
class Ports:
    """Ports of the two dashboards on loopback."""

    prefect: int
    mlflow: int

    @property
    def prefect_url(self) -> str:
        return f"http://{HOST}:{self.prefect}"

    @property
    def mlflow_url(self) -> str:
        return f"http://{HOST}:{self.mlflow}"


def environment(workspace: Workspace, ports: Ports) -> dict[str, str]:
    """Environment of the child processes: this workspace, its secret and its server only, logs sent to it."""
    origins = f"{ports.prefect_url},http://localhost:{ports.prefect}"
    fixed = {
        "GREENLIGHTNING_HOME": str(workspace.root),
        "PREFECT_API_URL": f"{ports.prefect_url}/api",
        "PREFECT_HOME": str(workspace.root / ".prefect"),
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": origins,
        "PREFECT_SERVER_UI_API_URL": f"{ports.prefect_url}/api",
    }
    usual = USUAL | DEFAULTS | without_handshakes() | loopback_setting(workspace)
    return usual | os.environ | fixed | prefect_secret(workspace)


def services(workspace: Workspace, ports: Ports, gpu: bool) -> list[Service]:
    """The services in the order in which they are started."""
    pools = POOLS if gpu else POOLS[:1]
    workers = [_worker(pool, ports) for pool in pools]
    return [_prefect(ports), _mlflow(ports), _warm(), *workers, _deploy()]


def _module(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *words)


def _prefect(ports: Ports) -> Service:
    """The server; it is ready when both pools exist."""
    template = json.loads(JOB_TEMPLATE.read_text())
    template["job_configuration"]["command"] = shlex.join((sys.executable, "-I", "-S", str(HANDOVER)))

    def is_ready(_: float) -> bool:
        if not prefect_api.answers(f"{ports.prefect_url}/api/health"):
            return False
        for pool in POOLS:
            prefect_api.ensure_pool(ports.prefect_url, pool, template)
        return True

    command = _module("flows.servers.dashboard", "prefect", "--port", str(ports.prefect))
    return Service("prefect", command, is_ready, address=ports.prefect_url)


def _mlflow(ports: Ports) -> Service:
    command = _module("flows.servers.dashboard", "mlflow", "--port", str(ports.mlflow))
    health = f"{ports.mlflow_url}/health"
    return Service("mlflow", command, lambda _: prefect_api.answers(health), address=ports.mlflow_url)


def _worker(pool: str, ports: Ports) -> Service:
    command = _module("flows.servers.worker", pool)
    is_ready = partial(prefect_api.is_online, ports.prefect_url, pool)
    return Service(f"worker-{pool}", command, is_ready, after="prefect", reports=True)


def _warm() -> Service:
    """The runner that has imported everything; the dashboards come first, and runs start without it until then."""
    return Service("warm", _module("flows.warm.server"), lambda _: client.answers(), after="prefect")


def _deploy() -> Service:
    return Service("deploy", _module("flows.servers.deploy"), after="prefect", once=True, reports=True)


def has_gpu() -> bool:
    """Whether NVML finds a GPU and CUDA_VISIBLE_DEVICES does not hide all of them."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return False
    import pynvml

    try:
        pynvml.nvmlInit()
        return bool(pynvml.nvmlDeviceGetCount())
    except pynvml.NVMLError:
        return False

"""The embedded default: Prefect in this process and the workspace, quiet, no telemetry, no server to start."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.core.workspace import Workspace
from tasks.orchestration.dashboards import running

LOOPBACK = ("127.0.0.1", "localhost")
QUIET = {
    "DO_NOT_TRACK": "true",
    "GOMP_SPINCOUNT": "1000",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "60",
}


def set_up(home: Path, debug: bool = False) -> None:
    """Set the environment that Prefect reads when it is imported; what the user has set stays.

    Flow runs go to the server that ``up`` runs here, with their logs; without one, to an embedded server.
    """
    level = "INFO" if debug else "CRITICAL"
    settings = QUIET | {"PREFECT_HOME": str(home / ".prefect"), "PREFECT_LOGGING_LEVEL": level}
    if server := running(Workspace(home)).get("prefect_url"):
        settings |= {
            "PREFECT_API_URL": f"{server}/api",
            "PREFECT_LOGGING_LEVEL": "INFO",
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": level,
        }
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    os.environ["no_proxy"] = ",".join(dict.fromkeys([*filter(None, direct.split(",")), *LOOPBACK]))


@contextmanager
def embedded() -> Iterator[None]:
    """Run flows without the heartbeat thread, which would cost each of them a second."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield

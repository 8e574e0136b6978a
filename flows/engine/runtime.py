"""Settings of libraries for commands: runs go to the servers of the workspace, or to an embedded one, quietly."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.core import environment
from tasks.core.workspace import Workspace
from tasks.orchestration import access
from tasks.orchestration.dashboards import running
from tasks.orchestration.loopback_certificate import loopback_setting

DEFAULTS = {
    "DO_NOT_TRACK": "true",
    "GOMP_SPINCOUNT": "1000",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "OMP_NUM_THREADS": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
}


def set_up(home: Path, debug: bool = False) -> None:
    """Make the workspace ``home`` and set the environment that libraries read when they are imported.

    What the user has set of it stays. Flow runs go to the server that ``up`` runs here, with their
    logs, and give it the secret of the workspace; without one they are kept until `up` is started.
    """
    workspace = Workspace(home)
    workspace.create()
    environment.clean(os.environ, home)
    environment.limit_permissions()
    level = "INFO" if debug else "CRITICAL"
    settings = DEFAULTS | {"PREFECT_LOGGING_LEVEL": level}
    settings["PREFECT_LOGGING_ROOT_LEVEL"] = "WARNING" if debug else "ERROR"
    started = running(workspace)
    server, mlflow = started.get("prefect_url"), started.get("mlflow_url")
    if os.environ.get("PREFECT_API_URL") in (None, f"{server}/api"):
        os.environ |= prefect_secret(workspace)
        settings |= loopback_setting(workspace) | without_handshakes() if server else {}
    if mlflow and os.environ.get("MLFLOW_TRACKING_URI") == mlflow:
        os.environ |= mlflow_secret(workspace)
    if server:
        settings |= {
            "PREFECT_API_URL": f"{server}/api",
            "PREFECT_LOGGING_LEVEL": "INFO",
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": level,
        }
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def prefect_secret(workspace: Workspace) -> dict[str, str]:
    """The settings by which a server of the workspace asks for its secret, and a client gives it."""
    secret = access.secret(workspace)
    return {"PREFECT_SERVER_API_AUTH_STRING": secret, "PREFECT_API_AUTH_STRING": secret}


def without_handshakes() -> dict[str, str]:
    """The settings by which clients ask our server neither for its version nor for tokens that it has not."""
    return {
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": os.environ.get("PREFECT_SERVER_CSRF_PROTECTION_ENABLED", "false"),
    }


def mlflow_secret(workspace: Workspace) -> dict[str, str]:
    """The settings by which a client gives the secret of the workspace to its MLflow server."""
    user, _, password = access.secret(workspace).partition(":")
    return {"MLFLOW_TRACKING_USERNAME": user, "MLFLOW_TRACKING_PASSWORD": password}


@contextmanager
def embedded() -> Iterator[None]:
    """Run flows without the heartbeat thread, which would cost each of them a second; nested calls are free.

    Without a server flows run without Prefect's engine, and there is nothing to set.
    """
    from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    Workspace.current().check_room()
    if PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value() is None or not PREFECT_API_URL.value():
        yield
        return
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield

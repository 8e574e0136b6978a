"""Addresses of this workspace's dashboards, links into them, and the state file that ``up`` writes."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core import processes
from tasks.core.workspace import Workspace


@dataclass(frozen=True)
class Dashboards:
    """Addresses (``http://host:port``) of Prefect and MLflow; None if none is known to run."""

    prefect_url: str | None = None
    mlflow_url: str | None = None

    @classmethod
    def current(cls) -> "Dashboards":
        """The servers named by the environment, else those that ``up`` runs in this workspace."""
        started = running(Workspace.current())
        prefect = os.environ.get("PREFECT_API_URL", "").removesuffix("/").removesuffix("/api")
        tracking = os.environ.get("MLFLOW_TRACKING_URI", "")
        mlflow = tracking.removesuffix("/") if tracking.startswith("http") else ""
        return cls(prefect or started.get("prefect_url"), mlflow or started.get("mlflow_url"))

    def mlflow_run(self, experiment_id: str, run_id: str) -> str | None:
        """The page of an MLflow run."""
        return self.mlflow_url and f"{self.mlflow_url}/#/experiments/{experiment_id}/runs/{run_id}"

    def mlflow_artifact(self, experiment_id: str, run_id: str, path: str) -> str | None:
        """The page of a file that a run logged, shown beside the run's other files."""
        return self.mlflow_url and f"{self.mlflow_run(experiment_id, run_id)}/artifacts/{path}"

    def mlflow_file(self, run_id: str, path: str) -> str | None:
        """The address of a file's bytes, usable as the source of an image."""
        return self.mlflow_url and f"{self.mlflow_url}/get-artifact?path={path}&run_uuid={run_id}"

    def mlflow_version(self, dataset: str, number: int) -> str | None:
        """The page of a model version."""
        return self.mlflow_url and f"{self.mlflow_url}/#/models/{dataset}/versions/{number}"

    def prefect_run(self, flow_run_id: str) -> str | None:
        """The page of a flow run."""
        return self.prefect_url and f"{self.prefect_url}/runs/flow-run/{flow_run_id}"


def state_file(workspace: Workspace) -> Path:
    """The state file of ``up``: ``supervisor`` (a process name), addresses of ready servers, children."""
    return workspace.root / ".prefect" / "up.json"


def last_started(workspace: Workspace) -> dict[str, Any]:
    """The last state that ``up`` wrote in this workspace, running or not; empty if there is none."""
    try:
        started: dict[str, Any] = json.loads(state_file(workspace).read_text())
    except (OSError, ValueError):
        return {}
    return started


def running(workspace: Workspace) -> dict[str, Any]:
    """The state of ``up`` in this workspace; empty if it is not running."""
    started = last_started(workspace)
    return {} if processes.has_died(started.get("supervisor", "")) else started

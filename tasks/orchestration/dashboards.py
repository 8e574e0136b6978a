"""Addresses of this workspace's dashboards, links into them, and the state file that ``up`` writes."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core import processes
from tasks.core.workspace import Workspace
from tasks.tracking.database import last_experiment
from tasks.tracking.pages import addresses
from tasks.tracking.pages.saved_views import RETRAININGS


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
        return self._mlflow(addresses.run_page(experiment_id, run_id))

    def mlflow_artifact(self, experiment_id: str, run_id: str, path: str) -> str | None:
        """The page of a file that a run logged, shown beside the run's other files."""
        return self._mlflow(addresses.artifact_page(experiment_id, run_id, path))

    def mlflow_file(self, run_id: str, path: str) -> str | None:
        """The address of a file's bytes, usable as the source of an image."""
        return self._mlflow(f"get-artifact?path={path}&run_uuid={run_id}")

    def mlflow_version(self, dataset: str, number: int) -> str | None:
        """The page of a model version."""
        return self._mlflow(addresses.version_page(dataset, number))

    def mlflow_retrainings(self, experiment_id: str) -> str | None:
        """The retrainings of an experiment, a row each, in the saved view."""
        return self._mlflow(addresses.view_page(experiment_id, RETRAININGS))

    def _mlflow(self, page: str) -> str | None:
        return self.mlflow_url and f"{self.mlflow_url}/{page}"

    def prefect_run(self, flow_run_id: str) -> str | None:
        """The page of a flow run."""
        return self.prefect_url and f"{self.prefect_url}/runs/flow-run/{flow_run_id}"


def opening_page(workspace: Workspace) -> str:
    """MLflow's first page: the retrainings of the dataset that ran last, or the datasets before any run."""
    experiment = last_experiment(workspace.database)
    return addresses.view_page(experiment, RETRAININGS) if experiment else addresses.EXPERIMENTS


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

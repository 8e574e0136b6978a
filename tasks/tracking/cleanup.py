"""Clean up after dead processes: runs that are still marked RUNNING, and scratch folders."""

import shutil

from tasks.core.workspace import Workspace
from tasks.tracking.client import connect
from tasks.tracking.runs import end_orphans


def end_dead_runs(dataset: str) -> list[str]:
    """End as KILLED the dataset's runs whose process has died; a line for each."""
    if connect().get_experiment_by_name(dataset) is None:
        return []
    return [f"run {run_id} of {dataset} ended as KILLED: its process has died" for run_id in end_orphans(dataset)]


def sweep_scratch() -> list[str]:
    """Remove the scratch folders of runs that have ended; a line for each."""
    from mlflow.exceptions import MlflowException

    client, removed = connect(), []
    for folder in sorted(Workspace.current().scratch.glob("*/")):
        try:
            ended = client.get_run(folder.name).info.status != "RUNNING"
        except MlflowException:
            continue
        if ended:
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(f"scratch folder of run {folder.name} removed")
    return removed

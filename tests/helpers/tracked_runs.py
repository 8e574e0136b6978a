"""Runs as MLflow returns them, made without MLflow's store."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tasks.core.constants import Kind, Tag

if TYPE_CHECKING:
    from mlflow.entities import Run


def tracked_run(
    metrics: Mapping[str, float], tags: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None
) -> "Run":
    """A finished run of the dataset ``digits``."""
    from mlflow.entities import Metric, Param, Run, RunData, RunInfo, RunStatus, RunTag

    known = {Tag.KIND: Kind.RETRAIN, Tag.DATASET: "digits", **(tags or {})}
    info = RunInfo("r", "1", "user", RunStatus.to_string(RunStatus.FINISHED), 0, 1, "active")
    data = RunData(
        [Metric(name, value, 0, 0) for name, value in metrics.items()],
        [Param(name, value) for name, value in (params or {}).items()],
        [RunTag(str(name), str(value)) for name, value in known.items()],
    )
    return Run(info, data)

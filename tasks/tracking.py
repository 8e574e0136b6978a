"""Runs in MLflow: an experiment a dataset, a parent run a flow run, nested runs for its parts."""

import getpass
import json
import logging
import math
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from greenlightning.errors import InputError
from tasks import processes
from tasks.names import DOCUMENTED, SERIES, Kind, Metric, Params, Part, Subject, Tag
from tasks.pointers import BatchRef, batch_path
from tasks.workspace import Workspace, checked_name

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from greenlightning.settling import SettlingHistory

ENVIRONMENT = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}
METRICS_PER_REQUEST = 1000
INHERITED = (Tag.KIND, Tag.DATASET, Tag.FLOW_RUN_ID)
NOTE = """\
# {dataset}
Each run is one flow run of GreenLightning; nested runs hold its structure, linear training and evaluation.

- **What the names mean:** `docs/metrics.md`
- **Which model serves:** registered model `{dataset}`, alias `champion`
- **Where a model comes from:** `greenlightning lineage --dataset {dataset}`

Every joule carries its source in the tag `energy.source`: measured, or estimated and by which model.
"""


def connect() -> "MlflowClient":
    """Point MLflow at the workspace (``mlruns/``, mode 0700), telemetry and pickle off; return its client."""
    os.environ.update(ENVIRONMENT)
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    workspace = Workspace.current()
    uri = workspace.tracking_uri
    if uri.startswith("sqlite:"):
        workspace.mlruns.mkdir(mode=0o700, parents=True, exist_ok=True)
    chosen = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    if chosen is None:  # MLflow exports the address; the workspace alone must go on deciding it
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    return mlflow.MlflowClient(uri, uri)


def experiment_id(dataset: str) -> str:
    """Return the id of the dataset's experiment, created with its description when it is new."""
    from mlflow.exceptions import MlflowException

    client = connect()
    found = client.get_experiment_by_name(checked_name(dataset))
    if found is None:
        try:
            return str(client.create_experiment(dataset, _artifacts(dataset), _experiment_tags(dataset)))
        except MlflowException as error:
            found = client.get_experiment_by_name(dataset)
            if found is None:
                raise error
    if found.lifecycle_stage != "active":
        raise InputError(
            f"The MLflow experiment {dataset!r} was deleted",
            f"Bring it back with: mlflow experiments restore --experiment-id {found.experiment_id}",
        )
    return str(found.experiment_id)


def _artifacts(dataset: str) -> str | None:
    """Where an embedded workspace keeps the dataset's artifacts; None leaves the choice to the server."""
    workspace = Workspace.current()
    embedded = workspace.tracking_uri.startswith("sqlite:")
    return (workspace.mlruns / "artifacts" / dataset).as_uri() if embedded else None


def _experiment_tags(dataset: str) -> dict[str, Any]:
    return {
        "mlflow.note.content": NOTE.format(dataset=dataset),
        "mlflow.experimentKind": "custom_model_development",
        Tag.DATASET: dataset,
    }


@contextmanager
def flow_run(dataset: str, kind: Kind, *, name: str | None = None) -> Iterator[str]:
    """Open the run of a flow run and yield its id; a failed body ends it FAILED, an interrupted KILLED."""
    from prefect.runtime import flow_run as prefect_run

    tags: dict[str, str] = {Tag.KIND: kind, Tag.DATASET: dataset, **code_tags()}
    if flow_run_id := prefect_run.get_id():
        tags[Tag.FLOW_RUN_ID] = flow_run_id
    title = name or f"{kind} {dataset} {datetime.now():%Y-%m-%d %H:%M:%S}"
    with _run(experiment_id(dataset), title, tags) as run_id:
        yield run_id


@contextmanager
def part_run(parent: str, part: Part) -> Iterator[str]:
    """Open a nested run for one part of the run ``parent`` and yield its id; it ends as ``flow_run`` does."""
    above = connect().get_run(parent)
    tags: dict[str, str] = {tag: above.data.tags[tag] for tag in INHERITED if tag in above.data.tags}
    tags |= {Tag.PART: part, "mlflow.parentRunId": parent}
    with _run(above.info.experiment_id, part, tags) as run_id:
        yield run_id


@contextmanager
def _run(experiment: str, name: str, tags: Mapping[str, str]) -> Iterator[str]:
    """Create a run, and end it FINISHED, FAILED or KILLED as its body ends."""
    client = connect()
    owner: dict[str, str] = {Tag.PROCESS: processes.name(os.getpid()), "mlflow.user": getpass.getuser()}
    run_id = str(client.create_run(experiment, run_name=name, tags={**tags, **owner}).info.run_id)
    status = "KILLED"
    try:
        yield run_id
        status = "FINISHED"
    except Exception:
        status = "FAILED"
        raise
    finally:
        client.set_terminated(run_id, status)


def end_orphans(dataset: str) -> list[str]:
    """End as KILLED the RUNNING runs whose process on this host has died, and return their ids."""
    client = connect()
    running = client.search_runs([experiment_id(dataset)], "attributes.status = 'RUNNING'")
    orphans = [run.info.run_id for run in running if processes.has_died(run.data.tags.get(Tag.PROCESS, ""))]
    for run_id in orphans:
        client.set_tag(run_id, Tag.ENDED_BY, "janitor: the process that ran it has died")
        client.set_terminated(run_id, "KILLED")
    return orphans


def log_metrics(run_id: str, values: Mapping[str, float]) -> None:
    """Log final metrics; a name that ``docs/metrics.md`` does not know raises InputError."""
    if unknown := sorted(set(values) - DOCUMENTED):
        raise InputError(f"No metric is called {', '.join(unknown)}", "Use the names of tasks/names.py")
    _log(run_id, [(name, value, 0) for name, value in values.items()])


def log_settling(run_id: str, history: "SettlingHistory") -> None:
    """Log the settling series (``step`` = epoch) and their summary; what was not measured is left out."""
    series = [(name, getattr(record, name), record.epoch) for record in history.records for name in SERIES]
    summary = {
        Metric.EPOCHS: history.epochs,
        Metric.SETTLED: history.settled,
        Metric.SETTLING_RATIO: history.settling_ratio,
    }
    _log(run_id, series + [(name, value, 0) for name, value in summary.items()])


def _log(run_id: str, points: Sequence[tuple[str, float | None, int]]) -> None:
    """Log (name, value, step) triples in as few requests as MLflow allows; None and NaN are left out."""
    from mlflow.entities import Metric as Point

    now = int(time.time() * 1000)
    found = [Point(name, float(value), now, step) for name, value, step in points if _is_measured(value)]
    client = connect()
    for start in range(0, len(found), METRICS_PER_REQUEST):
        client.log_batch(run_id, metrics=found[start : start + METRICS_PER_REQUEST])


def _is_measured(value: float | None) -> TypeGuard[float]:
    return value is not None and not math.isnan(value)


def log_evaluation(run_id: str, scores: Mapping[str, float], of: Subject = Subject.CANDIDATE) -> None:
    """Log the scores of one model on one set of rows, such as ``champion_accuracy``."""
    log_metrics(run_id, {f"{of}{name}": value for name, value in scores.items()})


def log_energy(run_id: str, *, seconds: float, joules: float, gco2e: float, source: str) -> None:
    """Log what a run spent (s, J, g CO2e) and, as tag ``energy.source``, how that is known."""
    log_metrics(run_id, {Metric.SECONDS: seconds, Metric.JOULES: joules, Metric.GCO2E: gco2e})
    connect().set_tag(run_id, Tag.ENERGY_SOURCE, source)


def log_avoided(run_id: str, *, seconds: float, joules: float, gco2e: float, source: str) -> None:
    """Log what conventional retraining would have spent beyond ours (s, J, g CO2e), and how that is known."""
    avoided: dict[str, float] = {
        Metric.SECONDS_AVOIDED: seconds,
        Metric.JOULES_AVOIDED: joules,
        Metric.GCO2E_AVOIDED: gco2e,
    }
    log_metrics(run_id, avoided)
    connect().set_tag(run_id, Tag.ENERGY_AVOIDED_SOURCE, source)


def log_params(run_id: str, values: Mapping[str, object], of: Params) -> None:
    """Log a flow's parameters or a model's facts under their prefix (``flow.alpha``, ``model.rows``)."""
    from mlflow.entities import Param

    connect().log_batch(run_id, params=[Param(f"{of}{name}", str(value)) for name, value in values.items()])


def set_tags(run_id: str, tags: Mapping[str, str]) -> None:
    """Tag a run."""
    from mlflow.entities import RunTag

    connect().log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])


def log_batch_input(run_id: str, batch: BatchRef, role: str = "training") -> None:
    """Attach a batch to a run as dataset input, by its id, DVC md5 and rows; its bytes are not read."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    path = batch_path(batch.dataset, batch.id).relative_to(Workspace.current().root)
    dataset = Dataset(
        name=batch.id,
        digest=batch.md5,
        source_type="local",
        source=json.dumps({"uri": path.as_posix()}),
        profile=json.dumps({"num_rows": batch.rows}),
    )
    tags = {"mlflow.data.context": role, Tag.DVC_MD5: batch.md5, Tag.ROWS: str(batch.rows)}
    labels = [InputTag(name, value) for name, value in tags.items()]
    connect().log_inputs(run_id, [DatasetInput(dataset, labels)])


@cache
def code_tags() -> Mapping[str, str]:
    """The running code's git commit and whether files differ from it; ``unknown`` outside a repository."""
    commit = _git("rev-parse", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return {
        Tag.GIT_COMMIT: commit or "unknown",
        Tag.GIT_DIRTY: "unknown" if commit is None else str(bool(changed)).lower(),
    }


def _git(*arguments: str) -> str | None:
    """Output of a git command in the checkout of this file, or None where git or a repository is missing."""
    command = ["git", "-C", str(Path(__file__).resolve().parent), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None

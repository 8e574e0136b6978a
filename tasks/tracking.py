"""Runs in MLflow: an experiment a dataset, a parent run a flow run, nested runs for its parts."""

import getpass
import json
import logging
import math
import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard
from urllib.parse import urlsplit

from greenlightning.errors import InputError
from tasks import processes
from tasks.names import DOCUMENTED, SERIES, Kind, Metric, Params, Part, Subject, Tag
from tasks.notes import NOTE_TAG, experiment_note, note
from tasks.pointers import BatchRef, batch_path
from tasks.saved_views import saved_views
from tasks.system_metrics import system_metrics
from tasks.workspace import Workspace, checked_name

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput

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


def connect() -> "MlflowClient":
    """Point MLflow at the workspace (``mlruns/``, mode 0700), telemetry and pickle off; return its client."""
    os.environ.update(ENVIRONMENT)
    import mlflow

    logger = logging.getLogger("mlflow")
    if logger.level != logging.WARNING:  # setting it anew empties a cache of each logger of the process
        logger.setLevel(logging.WARNING)
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
            created = client.create_experiment(dataset, _artifacts(dataset), _experiment_tags(dataset))
            client.set_experiment_tag(created, NOTE_TAG, experiment_note(dataset, created))
            _write_ahead()
            return str(created)
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


def _write_ahead() -> None:
    """Let the embedded database write ahead: a commit waits for the disk once and holds up no reader."""
    workspace = Workspace.current()
    if workspace.tracking_uri.startswith("sqlite:"):
        with closing(sqlite3.connect(workspace.tracking_uri.removeprefix("sqlite:///"))) as database:
            database.execute("PRAGMA journal_mode=WAL")


def _artifacts(dataset: str) -> str | None:
    """Where an embedded workspace keeps the dataset's artifacts; None leaves the choice to the server."""
    workspace = Workspace.current()
    embedded = workspace.tracking_uri.startswith("sqlite:")
    return (workspace.mlruns / "artifacts" / dataset).as_uri() if embedded else None


def _experiment_tags(dataset: str) -> dict[str, Any]:
    return {
        "mlflow.experimentKind": "custom_model_development",
        Tag.DATASET: dataset,
        **saved_views(),
    }


@contextmanager
def flow_run(dataset: str, kind: Kind, *, name: str | None = None) -> Iterator[str]:
    """Open the run of a flow run and yield its id; a failed body ends it FAILED, an interrupted KILLED."""
    from prefect.runtime import flow_run as prefect_run

    code = {"mlflow.source.name": f"greenlightning {kind}", "mlflow.source.type": "PROJECT"}
    tags: dict[str, str] = {Tag.KIND: kind, Tag.DATASET: dataset, **code_tags(), **code}
    if flow_run_id := prefect_run.get_id():
        tags[Tag.FLOW_RUN_ID] = flow_run_id
    title = name or f"{kind} {dataset} {datetime.now():%Y-%m-%d %H:%M:%S}"
    with _run(experiment_id(dataset), title, tags) as run_id, system_metrics(run_id):
        yield run_id


@contextmanager
def part_run(parent: str, part: Part) -> Iterator[str]:
    """Open a nested run for one part of the run ``parent`` and yield its id; it ends as ``flow_run`` does."""
    above = origin_of(parent)
    tags = {**above.tags, Tag.PART: part, "mlflow.parentRunId": parent}
    with _run(above.experiment_id, part, tags) as run_id:
        yield run_id


@contextmanager
def _run(experiment: str, name: str, tags: Mapping[str, str]) -> Iterator[str]:
    """Create a run, and end it FINISHED, FAILED or KILLED as its body ends, with a note of what it came to."""
    client = connect()
    owner: dict[str, str] = {Tag.PROCESS: processes.name(os.getpid()), "mlflow.user": getpass.getuser()}
    run_id = str(client.create_run(experiment, run_name=name, tags={**tags, **owner}).info.run_id)
    status, failure = "KILLED", None
    try:
        yield run_id
        status = "FINISHED"
    except Exception as error:
        status, failure = "FAILED", error
        raise
    finally:
        client.set_terminated(run_id, status)
        client.set_tag(run_id, NOTE_TAG, note(client.get_run(run_id), status, failure))


def end_orphans(dataset: str) -> list[str]:
    """End as KILLED the RUNNING runs whose process on this host has died, and return their ids."""
    client = connect()
    running = client.search_runs([experiment_id(dataset)], "attributes.status = 'RUNNING'")
    orphans = [run.info.run_id for run in running if processes.has_died(run.data.tags.get(Tag.PROCESS, ""))]
    for run_id in orphans:
        client.set_tag(run_id, Tag.ENDED_BY, "janitor: the process that ran it has died")
        client.set_terminated(run_id, "KILLED")
    return orphans


def log_metrics(run_id: str, values: Mapping[str, float], tags: Mapping[str, str] | None = None) -> None:
    """Log final metrics, and tags with them; a name that ``docs/metrics.md`` does not know raises InputError."""
    if unknown := sorted(set(values) - DOCUMENTED):
        raise InputError(f"No metric is called {', '.join(unknown)}", "Use the names of tasks/names.py")
    _log(run_id, [(name, value, 0) for name, value in values.items()], tags)


def log_settling(run_id: str, history: "SettlingHistory") -> None:
    """Log the settling series (``step`` = epoch) and their summary; what was not measured is left out."""
    series = [(name, getattr(record, name), record.epoch) for record in history.records for name in SERIES]
    summary = {
        Metric.EPOCHS: history.epochs,
        Metric.SETTLED: history.settled,
        Metric.SETTLING_RATIO: history.settling_ratio,
    }
    _log(run_id, series + [(name, value, 0) for name, value in summary.items()])


def _log(
    run_id: str, points: Sequence[tuple[str, float | None, int]], tags: Mapping[str, str] | None = None
) -> None:
    """Log (name, value, step) triples and tags in as few requests as MLflow allows; None and NaN are left out."""
    from mlflow.entities import Metric as Point
    from mlflow.entities import RunTag

    now = int(time.time() * 1000)
    found = [Point(name, float(value), now, step) for name, value, step in points if _is_measured(value)]
    told = [RunTag(name, value) for name, value in (tags or {}).items()]
    client = connect()
    for start in range(0, max(len(found), 1), METRICS_PER_REQUEST):
        client.log_batch(run_id, found[start : start + METRICS_PER_REQUEST], tags=() if start else told)


def _is_measured(value: float | None) -> TypeGuard[float]:
    return value is not None and not math.isnan(value)


def of_subject(scores: Mapping[str, float], of: Subject) -> dict[str, float]:
    """The scores of one model on one set of rows under their metrics' names, such as ``champion_accuracy``."""
    return {f"{of}{name}": value for name, value in scores.items()}


def log_evaluation(run_id: str, scores: Mapping[str, float], of: Subject = Subject.CANDIDATE) -> None:
    """Log the scores of one model on one set of rows."""
    log_metrics(run_id, of_subject(scores, of))


def log_energy(
    run_id: str,
    *,
    seconds: float,
    joules: float,
    gco2e: float,
    source: str,
    avoided: Mapping[str, Any] | None = None,
    metrics: Mapping[str, float] | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Log what a run spent (s, J, g CO2e) and, as tag ``energy.source``, how that is known.

    In the same request go what conventional retraining would have spent beyond it (``avoided``, under the same
    four names), and other ``metrics`` and ``tags``.
    """
    values: dict[str, float] = {Metric.SECONDS: seconds, Metric.JOULES: joules, Metric.GCO2E: gco2e}
    sources: dict[str, str] = {Tag.ENERGY_SOURCE: source}
    if avoided:
        values[Metric.SECONDS_AVOIDED] = avoided["seconds"]
        values[Metric.JOULES_AVOIDED] = avoided["joules"]
        values[Metric.GCO2E_AVOIDED] = avoided["gco2e"]
        sources[Tag.ENERGY_AVOIDED_SOURCE] = avoided["source"]
    log_metrics(run_id, {**(metrics or {}), **values}, {**(tags or {}), **sources})


def log_params(run_id: str, values: Mapping[str, object], of: Params) -> None:
    """Log a flow's parameters or a model's facts under their prefix (``flow.alpha``, ``model.recipe``)."""
    from mlflow.entities import Param

    connect().log_batch(run_id, params=[Param(f"{of}{name}", str(value)) for name, value in values.items()])


def set_tags(run_id: str, tags: Mapping[str, str]) -> None:
    """Tag a run."""
    _log(run_id, [], tags)


def artifact_uri(run_id: str, path: str) -> str:
    """Where a file of a run lies; ``mlflow.artifacts`` would ask the store three times for one of ``runs:/``."""
    return f"{origin_of(run_id).artifact_uri}/{path}"


class Origin(NamedTuple):
    """What never changes of a run: its experiment, where its artifacts lie, the tags that its parts inherit."""

    experiment_id: str
    artifact_uri: str
    tags: Mapping[str, str]


def origin_of(run_id: str) -> Origin:
    """How a run was made, read from MLflow once a process."""
    return _origin_of(Workspace.current().tracking_uri, run_id)


@cache
def _origin_of(_store: str, run_id: str) -> Origin:
    run = connect().get_run(run_id)
    tags = {str(tag): run.data.tags[tag] for tag in INHERITED if tag in run.data.tags}
    return Origin(run.info.experiment_id, run.info.artifact_uri, tags)


def log_batch_input(run_id: str, batch: BatchRef, role: str = "training") -> None:
    """Attach a batch to a run as dataset input, by its id, DVC md5 and rows; its bytes are not read."""
    connect().log_inputs(run_id, [batch_input(batch, role)])


def batch_input(batch: BatchRef, role: str = "training") -> "DatasetInput":
    """A batch as MLflow has it among the inputs of a run."""
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
    return DatasetInput(dataset, labels)


@cache
def code_tags() -> Mapping[str, str]:
    """The running code's git commit and whether files differ from it; ``unknown`` outside a repository."""
    commit = _git("rev-parse", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return {
        Tag.GIT_COMMIT: commit or "unknown",
        Tag.GIT_DIRTY: "unknown" if commit is None else str(bool(changed)).lower(),
    }


@cache
def repository() -> str:
    """URL of the code's repository: its remote ``origin`` without user or password, else the checkout."""
    remote = _git("remote", "get-url", "origin") or ""
    if "://" not in remote and ":" in remote:
        host, _, path = remote.partition(":")
        remote = f"ssh://{host}/{path}"
    parts = urlsplit(remote)
    if not parts.hostname:
        return Path(__file__).resolve().parents[1].as_uri()
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{parts.hostname}{port}").geturl()


def _git(*arguments: str) -> str | None:
    """Output of a git command in the checkout of this file, or None where git or a repository is missing."""
    command = ["git", "-C", str(Path(__file__).resolve().parent), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None

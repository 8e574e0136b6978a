"""The connection to MLflow: the client, the experiment of a dataset, and the artifact address of a run."""

import logging
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from greenlightning.errors import InputError
from tasks.core.constants import Tag
from tasks.core.first_use import first_use, is_migrated
from tasks.core.workspace import Workspace, checked_name
from tasks.tracking.database import check_database, commit_at_once
from tasks.tracking.pages.run_notes import NOTE_TAG, experiment_note
from tasks.tracking.pages.saved_views import saved_views
from tasks.tracking.relocation import relocate_artifacts

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment


ENVIRONMENT = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}


INHERITED = (Tag.KIND, Tag.DATASET, Tag.FLOW_RUN_ID)


def connect() -> "MlflowClient":
    """Point MLflow at the workspace (``mlruns/``, mode 0700), telemetry and pickle off; return its client."""
    os.environ.update(ENVIRONMENT)
    import mlflow

    logger = logging.getLogger("mlflow")
    if logger.level != logging.WARNING:  # setting it again empties a cache of each logger of the process
        logger.setLevel(logging.WARNING)
    workspace = Workspace.current()
    uri = workspace.tracking_uri
    if uri.startswith("sqlite:"):
        workspace.mlruns.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_database(workspace)
        relocate_artifacts(workspace)
    chosen = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    if chosen is None:  # MLflow exports the address, which would override GREENLIGHTNING_HOME
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    if not uri.startswith("sqlite:") or is_migrated(workspace, "mlflow", workspace.database):
        return _client(uri)
    with first_use(workspace, "mlflow", workspace.database):
        client = _client(uri)
        client.search_experiments(max_results=1)
    return client


def _client(uri: str) -> "MlflowClient":
    commit_at_once()
    return _client_class()(uri, uri)


@cache
def _client_class() -> "type[MlflowClient]":
    """MLflow's client, which does not look up before each change of a model whether it is a prompt: none is."""
    import mlflow

    class Client(mlflow.MlflowClient):
        def _raise_if_prompt(self, name: str) -> None: ...

    return Client


def experiment_id(dataset: str) -> str:
    """Return the id of the dataset's experiment, created with its description when it is new."""
    found = connect().get_experiment_by_name(checked_name(dataset))
    if found is None or _outdated(found):
        with Workspace.current().locked("experiments"):
            found = _up_to_date(dataset)
    if found.lifecycle_stage != "active":
        raise InputError(
            f"The MLflow experiment {dataset!r} was deleted",
            f"Bring it back with: mlflow experiments restore --experiment-id {found.experiment_id}",
        )
    return str(found.experiment_id)


def _up_to_date(dataset: str) -> "Experiment":
    """Create the experiment, or bring the note and the saved views of an earlier release up to date."""
    client = connect()
    found = client.get_experiment_by_name(dataset) or _created(client, dataset)
    for tag, value in _outdated(found).items():
        client.set_experiment_tag(found.experiment_id, tag, value)
    return found


def _created(client: "MlflowClient", dataset: str) -> "Experiment":
    """Create the experiment, unless another workspace has on the same server meanwhile."""
    from mlflow.exceptions import MlflowException

    try:
        made = client.create_experiment(dataset, artifacts_of(dataset), _experiment_tags(dataset))
    except MlflowException:
        if found := client.get_experiment_by_name(dataset):
            return found
        raise
    _write_ahead()
    return client.get_experiment(made)


def _outdated(found: "Experiment") -> dict[str, str]:
    """The tags that an active experiment lacks, or has from an earlier release."""
    if found.lifecycle_stage != "active":
        return {}
    current = {**saved_views(), NOTE_TAG: experiment_note(found.name, found.experiment_id)}
    return {tag: value for tag, value in current.items() if found.tags.get(tag) != value}


def _write_ahead() -> None:
    """Switch the embedded database to write-ahead logging: faster commits, and readers never wait."""
    workspace = Workspace.current()
    if workspace.tracking_uri.startswith("sqlite:"):
        with closing(sqlite3.connect(workspace.tracking_uri.removeprefix("sqlite:///"))) as database:
            database.execute("PRAGMA journal_mode=WAL")


def artifacts_of(experiment: str) -> str | None:
    """The artifact address of an experiment in an embedded workspace; None leaves the choice to the server."""
    workspace = Workspace.current()
    embedded = workspace.tracking_uri.startswith("sqlite:")
    return (workspace.mlruns / "artifacts" / experiment).as_uri() if embedded else None


def _experiment_tags(dataset: str) -> dict[str, Any]:
    return {
        "mlflow.experimentKind": "custom_model_development",
        Tag.DATASET: dataset,
        **saved_views(),
    }


def artifact_uri(run_id: str, path: str) -> str:
    """The address of a file of a run; MLflow would query the store three times for a ``runs:/`` address."""
    return f"{origin_of(run_id).artifact_uri}/{path}"


class Origin(NamedTuple):
    """The constant part of a run: its experiment, artifact address, and the tags that nested runs inherit."""

    experiment_id: str
    artifact_uri: str
    tags: Mapping[str, str]


def origin_of(run_id: str) -> Origin:
    """The constant part of a run, read from MLflow once per process."""
    return _origin_of(Workspace.current().tracking_uri, run_id)


@cache
def _origin_of(_store: str, run_id: str) -> Origin:
    run = connect().get_run(run_id)
    tags = {str(tag): run.data.tags[tag] for tag in INHERITED if tag in run.data.tags}
    return Origin(run.info.experiment_id, run.info.artifact_uri, tags)

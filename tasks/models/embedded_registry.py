"""Versions and runs of the embedded MLflow, read from its SQLite file: there before MLflow is imported."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from greenlightning.errors import IntegrityError
from tasks.core.constants import Alias
from tasks.core.workspace import Workspace, checked_name
from tasks.models.files.seals import check_tags, is_whole
from tasks.models.version_info import VersionInfo

SQLITE = "sqlite:///"
METRICS = "SELECT key, value FROM latest_metrics WHERE run_uuid = ? AND NOT is_nan"
NAMED = "workspace = 'default' AND name = ?"
"""MLflow's indexes begin with the workspace: without it each look would read the tags of all versions."""
ALIASES = f"SELECT alias, version FROM registered_model_aliases WHERE {NAMED}"
VERSION = (
    "SELECT run_id, creation_time, description FROM model_versions "
    f"WHERE {NAMED} AND version = ? AND current_stage != ?"
)
TAGS = f"SELECT key, value FROM model_version_tags WHERE {NAMED} AND version = ?"
HAVING = f"SELECT version FROM model_version_tags WHERE {NAMED} AND key = ? AND value = ?"
MADE_BY = f"SELECT version FROM model_versions WHERE {NAMED} AND run_id = ?"
NEWEST = f"SELECT max(version) FROM model_versions WHERE {NAMED} AND current_stage != ?"
LOCATION = f"SELECT storage_location FROM model_versions WHERE {NAMED} AND version = ?"
RUN = (
    "SELECT runs.name, start_time, status FROM runs JOIN experiments USING (experiment_id) "
    "WHERE experiments.name = ? AND runs.lifecycle_stage = 'active' AND run_uuid NOT IN "
    "(SELECT run_uuid FROM tags WHERE key = 'mlflow.parentRunId') ORDER BY start_time DESC LIMIT 1"
)
MODEL = "artifacts/model"
DELETED = "Deleted_Internal"
"""The stage under which MLflow keeps a version that was deleted."""


def find(dataset: str, of: int | Alias) -> VersionInfo | None:
    """The version of that number or alias, or None, as ``registry.find_in_mlflow`` answers.

    MLflow itself is asked where a server keeps the versions, and where the file cannot be read this way.
    """
    checked_name(dataset)
    try:
        with _store() as store:
            return _version(store, dataset, of) if store else None
    except sqlite3.Error:
        from tasks.models import registry

        return registry.find_in_mlflow(dataset, of)


def having(dataset: str, tag: str, value: str) -> list[VersionInfo]:
    """The versions with that value of a tag, as ``registry.having`` answers; sqlite3.Error where MLflow knows."""
    return _without_aliases(dataset, HAVING, tag, value)


def made_by(dataset: str, run_id: str) -> list[VersionInfo]:
    """The versions that a run registered, as ``registry.made_by`` answers; sqlite3.Error where MLflow knows."""
    return _without_aliases(dataset, MADE_BY, run_id)


def newest(dataset: str) -> int:
    """The number of the newest version, 0 where there is none; sqlite3.Error where MLflow knows."""
    with _store() as store:
        found = store.execute(NEWEST, (checked_name(dataset), DELETED)).fetchone() if store else (None,)
    return int(found[0] or 0)


def metrics_of(run_id: str) -> dict[str, float]:
    """The last values of a run's metrics."""
    try:
        with _store() as store:
            found = store.execute(METRICS, (run_id,)).fetchall() if store else []
            return {str(name): float(value) for name, value in found}
    except sqlite3.Error:
        from tasks.tracking.client import connect

        return dict(connect().get_run(run_id).data.metrics)


def damage_of(serving: VersionInfo) -> IntegrityError | None:
    """What is wrong with the files and tags of a version, as far as it shows without loading it."""
    fault = IntegrityError(
        f"The files of {serving.dataset} version {serving.version} are missing or corrupt",
        "See what is damaged with: greenlightning verify",
    )
    try:
        check_tags(serving)
        with _store() as store:
            found = store.execute(LOCATION, (serving.dataset, serving.version)).fetchone() if store else None
    except IntegrityError as error:
        return error
    except sqlite3.Error:
        return None
    _, ours, place = str(found and found[0]).partition("/mlruns/artifacts/")
    folder = Workspace.current().mlruns / "artifacts" / unquote(place) / MODEL
    return fault if ours and not is_whole(folder, serving.tags) else None


@dataclass(frozen=True)
class LastRun:
    """The latest run of a dataset: its name, when it started, and whether it runs, is done or failed."""

    name: str
    started: datetime
    status: str


def last_run(dataset: str) -> LastRun | None:
    """The latest run of a dataset that is no part of another; None where there is none yet."""
    try:
        with _store() as store:
            found = store.execute(RUN, (checked_name(dataset),)).fetchone() if store else None
    except sqlite3.Error:
        found = _asked(dataset)
    if found is None:
        return None
    name, started, status = found
    return LastRun(str(name), datetime.fromtimestamp(started / 1000, UTC), str(status))


def _asked(dataset: str) -> tuple[str, int, str] | None:
    """Name, start and status of the latest run, as MLflow answers."""
    from tasks.tracking.client import connect

    client = connect()
    experiment = client.get_experiment_by_name(dataset)
    if experiment is None:
        return None
    runs = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"], max_results=20)
    whole = (run.info for run in runs if "mlflow.parentRunId" not in run.data.tags)
    return next(((info.run_name, info.start_time, info.status) for info in whole), None)


@contextmanager
def _store() -> Iterator[sqlite3.Connection | None]:
    """The embedded store, None where there is none yet; sqlite3.Error where MLflow keeps its own elsewhere."""
    address = Workspace.current().tracking_uri
    if not address.startswith(SQLITE):
        raise sqlite3.Error(address)
    file = Path(address.removeprefix(SQLITE))
    if not file.is_file():
        yield None
        return
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as store:
        yield store


def _without_aliases(dataset: str, query: str, *values: str) -> list[VersionInfo]:
    """The versions whose numbers ``query`` selects, the newest first."""
    with _store() as store:
        numbers = store.execute(query, (checked_name(dataset), *values)).fetchall() if store else []
        found = [_version(store, dataset, int(number)) for (number,) in sorted(numbers, reverse=True) if store]
    return [replace(one, aliases=()) for one in found if one]


def _version(store: sqlite3.Connection, dataset: str, of: int | Alias) -> VersionInfo | None:
    named = {str(alias): int(number) for alias, number in store.execute(ALIASES, (dataset,))}
    number = named.get(of) if isinstance(of, Alias) else of
    found = store.execute(VERSION, (dataset, number, DELETED)).fetchone()
    if number is None or found is None:
        return None
    tags = store.execute(TAGS, (dataset, number))
    run_id, created, description = found
    return VersionInfo(
        dataset=dataset,
        version=number,
        run_id=run_id or "",
        created=datetime.fromtimestamp(created / 1000, UTC).isoformat(timespec="seconds"),
        aliases=tuple(sorted(alias for alias, named_one in named.items() if named_one == number)),
        tags=dict(tags.fetchall()),
        description=description or "",
    )

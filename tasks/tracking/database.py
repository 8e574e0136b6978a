"""Whether the embedded database of MLflow is whole: a lost one must not pass for an empty workspace."""

import os
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from greenlightning.errors import IntegrityError
from tasks.core.workspace import Workspace

RUNNING = (
    "SELECT run_uuid, tags.value FROM runs JOIN experiments USING (experiment_id) JOIN tags USING (run_uuid) "
    "WHERE experiments.name = ? AND status = 'RUNNING' AND runs.lifecycle_stage = 'active' AND tags.key = ?"
)
REMEDY = "Restore it from a backup (greenlightning restore); no run, version or alias is known without it"


def check_database(workspace: Workspace) -> None:
    """Raise IntegrityError where the database is cut, or is missing or empty beside artifacts of runs.

    Its header and its experiments are read, once a process; ``faults_of`` reads all of it.
    """
    database = workspace.database
    artifacts = _datasets_with_artifacts(workspace)
    if not database.is_file() or database.stat().st_size == 0:
        if artifacts and not _has_log(database):
            raise IntegrityError(
                f"mlruns/mlflow.db is missing or empty beside the artifacts of {artifacts[0]}", REMEDY
            )
        return
    _check(database, tuple(artifacts), database.stat().st_ino)


def read_only(database: Path) -> sqlite3.Connection:
    """Open the database for reading; commands that write at once are waited for.

    SQLite may write for it: what a killed process left half-written is rolled back by whoever comes next.
    """
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=60)
    connection.execute("PRAGMA query_only = ON")
    return connection


@cache
def commit_at_once() -> None:
    """Have the commits of this process to a database with a write-ahead log not wait for the disk.

    A run has a hundred of them. A process that is killed loses none; where the power fails the latest may be lost,
    and the database is whole. ``make_durable`` waits for what must stay.
    """
    from sqlalchemy import Engine, event

    @event.listens_for(Engine, "connect")
    def connected(connection: object, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            [(mode,)] = connection.execute("PRAGMA journal_mode").fetchall()
            if mode == "wal":
                connection.execute("PRAGMA synchronous = NORMAL")


def make_durable(workspace: Workspace) -> None:
    """Wait until all that was committed to the embedded database is on the disk."""
    if workspace.tracks_in_database:
        with closing(sqlite3.connect(workspace.database, timeout=60)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def last_experiment(database: Path) -> str:
    """The experiment with the newest run; empty where none has run."""
    if not database.is_file():
        return ""
    newest = "SELECT experiment_id FROM runs ORDER BY start_time DESC LIMIT 1"
    try:
        with closing(read_only(database)) as connection:
            return str(next(connection.execute(newest), ("",))[0])
    except sqlite3.DatabaseError:
        return ""


def running(database: Path, experiment: str, tag: str) -> dict[str, str]:
    """The runs of an experiment that are RUNNING and have ``tag``, each with its value."""
    if not database.is_file():
        return {}
    with closing(read_only(database)) as connection:
        return dict(connection.execute(RUNNING, (experiment, tag)).fetchall())


def faults_of(database: Path) -> list[str]:
    """What SQLite finds wrong with a database, all pages read; empty where it is whole."""
    try:
        with closing(read_only(database)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [] if found == ["ok"] else found


@cache
def _check(database: Path, artifacts: tuple[str, ...], _inode: int) -> None:
    size = _expected_size(database)
    if database.stat().st_size < size and not _has_log(database):
        raise IntegrityError("mlruns/mlflow.db is cut or damaged", REMEDY)
    known = _experiments(database)
    if lost := [dataset for dataset in artifacts if dataset not in known]:
        raise IntegrityError(f"mlruns/mlflow.db does not know {lost[0]}, whose artifacts are there", REMEDY)


def _expected_size(database: Path) -> int:
    """Bytes that the header claims.

    SQLite reads it: a file that this process opens and closes itself would drop SQLite's locks on it, and two
    processes would then write at once (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    """
    try:
        with closing(read_only(database)) as connection:
            [(pages,)], [(size,)] = (connection.execute(f"PRAGMA {name}") for name in ("page_count", "page_size"))
    except sqlite3.DatabaseError as error:
        raise IntegrityError("mlruns/mlflow.db is cut or damaged", REMEDY) from error
    return int(pages) * int(size)


def _experiments(database: Path) -> set[str]:
    try:
        with closing(sqlite3.connect(database, timeout=60)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'experiments'").fetchone():
                return set()
            return {str(name) for (name,) in connection.execute("SELECT name FROM experiments")}
    except sqlite3.DatabaseError as error:
        raise IntegrityError(f"mlruns/mlflow.db is damaged ({error})", REMEDY) from error


def _datasets_with_artifacts(workspace: Workspace) -> list[str]:
    """The datasets whose folder of artifacts has something in it."""
    folders = (workspace.mlruns / "artifacts").glob("*/")
    return sorted(folder.name for folder in folders if _has_entry(folder))


def _has_entry(folder: Path) -> bool:
    """Whether a folder is not empty; its first entry is enough."""
    with os.scandir(folder) as entries:
        return any(entries)


def _has_log(database: Path) -> bool:
    """Whether a write-ahead log holds pages that the file does not have yet."""
    log = database.with_name(f"{database.name}-wal")
    return log.is_file() and log.stat().st_size > 0

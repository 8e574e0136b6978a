"""MLflow stores absolute artifact addresses; in a workspace that was moved or copied they are rewritten here."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

from tasks.core.workspace import Workspace

ARTIFACTS = "/mlruns/artifacts/"
ADDRESS_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def relocate_artifacts(workspace: Workspace) -> None:
    """Let the embedded database's artifact addresses begin with this workspace's folder.

    The database is checked once a process. Another MLflow store than the workspace's own is left alone.
    """
    database = workspace.database
    with suppress(FileNotFoundError):
        _relocate(database, workspace.root.as_uri(), database.stat().st_ino)


@cache
def _relocate(database: Path, root: str, _inode: int) -> None:
    with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as connection:
        if former := _former_roots(connection, root):
            _rewrite(connection, former, root)


def _former_roots(connection: sqlite3.Connection, root: str) -> set[str]:
    """The other workspaces (``file://`` addresses) that experiments have their artifacts in."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'experiments'").fetchone():
        return set()
    locations = connection.execute(
        "SELECT artifact_location FROM experiments WHERE artifact_location LIKE ?", ["file:%"]
    )
    roots = {location.rpartition(ARTIFACTS)[0] for (location,) in locations}
    return roots - {root, ""}


def _rewrite(connection: sqlite3.Connection, former: Iterable[str], root: str) -> None:
    """Replace the beginning of every address in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for old in former:
            values = {"old": f"{old}{ARTIFACTS}", "new": f"{root}{ARTIFACTS}"}
            for table, column in ADDRESS_COLUMNS:
                connection.execute(
                    f"UPDATE {table} SET {column} = :new || substr({column}, length(:old) + 1) "
                    f"WHERE substr({column}, 1, length(:old)) = :old",
                    values,
                )

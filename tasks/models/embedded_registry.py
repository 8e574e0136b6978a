"""A version of the embedded registry, read from its SQLite file: the answer is there before MLflow is imported."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from tasks.core.constants import Alias
from tasks.core.workspace import Workspace, checked_name
from tasks.models.version_info import VersionInfo

SQLITE = "sqlite:///"
DELETED = "Deleted_Internal"
"""The stage under which MLflow keeps a version that was deleted."""


def find(dataset: str, of: int | Alias) -> VersionInfo | None:
    """The version of that number or alias, or None, as ``registry.find`` answers.

    MLflow itself is asked where a server keeps the versions, and where the file cannot be read this way.
    """
    checked_name(dataset)
    address = Workspace.current().tracking_uri
    if address.startswith(SQLITE):
        file = Path(address.removeprefix(SQLITE))
        if not file.is_file():
            return None
        try:
            with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as store:
                return _read(store, dataset, of)
        except sqlite3.Error:
            pass
    from tasks.models import registry

    return registry.find(dataset, of)


def _read(store: sqlite3.Connection, dataset: str, of: int | Alias) -> VersionInfo | None:
    aliases = store.execute("SELECT alias, version FROM registered_model_aliases WHERE name = ?", (dataset,))
    named = {str(alias): int(number) for alias, number in aliases}
    number = named.get(of) if isinstance(of, Alias) else of
    found = store.execute(
        "SELECT run_id, creation_time, description FROM model_versions "
        "WHERE name = ? AND version = ? AND current_stage != ?",
        (dataset, number, DELETED),
    ).fetchone()
    if number is None or found is None:
        return None
    tags = store.execute(
        "SELECT key, value FROM model_version_tags WHERE name = ? AND version = ?", (dataset, number)
    )
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

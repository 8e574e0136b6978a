"""Checks of the workspace itself: database, disk, clock, modes, and what dead processes left behind."""

import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from tasks.core.atomic import PARTIAL
from tasks.core.workspace import Workspace
from tasks.data.batch_index import datasets, survey
from tasks.integrity.findings import FIX, Finding
from tasks.tracking.cleanup import end_dead_runs, sweep_scratch
from tasks.tracking.database import faults_of

STALE = timedelta(hours=1)
ENOUGH = 1e9
"""Bytes of the disk that should be free."""


def check_workspace() -> Iterator[Finding]:
    """What is wrong with the workspace as a whole."""
    workspace = Workspace.current()
    yield from _database(workspace)
    yield from _disk(workspace)
    yield from _modes(workspace)
    yield from _partials(workspace)
    yield from _clock()


def _database(workspace: Workspace) -> Iterator[Finding]:
    if workspace.database.is_file():
        for fault in faults_of(workspace.database):
            yield Finding("mlruns/mlflow.db", fault, "Restore a backup: greenlightning restore ARCHIVE")


def _disk(workspace: Workspace) -> Iterator[Finding]:
    if (free := shutil.disk_usage(workspace.root).free) < ENOUGH:
        what = f"{free / 1e6:.0f} MB of the disk are free"
        yield Finding(
            str(workspace.root), what, "Free some space, or run: greenlightning maintenance", damage=False
        )


def _modes(workspace: Workspace) -> Iterator[Finding]:
    """The workspace is closed to other users, and nothing in its stores is open for them to write."""
    for place in (workspace.root, *(workspace.root / ".dvc").glob("tmp/*")):
        mode = stat.S_IMODE(place.stat().st_mode)
        if mode & stat.S_IWOTH:
            what = f"other users may write to it ({mode:o})"
            yield Finding(str(place), what, FIX, repair=partial(_close, place))


def _close(place: Path) -> None:
    place.chmod(stat.S_IMODE(place.stat().st_mode) & ~(stat.S_IRWXG | stat.S_IRWXO))


def _partials(workspace: Workspace) -> Iterator[Finding]:
    """Files that a killed process was writing; nothing reads them."""
    now = datetime.now(UTC)
    kept = (workspace.root / "data", workspace.mlruns / "artifacts")
    for path in (path for folder in kept for path in folder.rglob(".*")):
        if not PARTIAL.fullmatch(path.name) or not path.is_file():
            continue
        if now - datetime.fromtimestamp(path.stat().st_mtime, UTC) > STALE:
            where = str(path.relative_to(workspace.root))
            yield Finding(where, "a killed process was writing it", FIX, damage=False, repair=path.unlink)


def _clock() -> Iterator[Finding]:
    """Batches that landed in the future: the clock was, or is, wrong, and orders them falsely."""
    limit = (datetime.now(UTC) + STALE).isoformat()
    for dataset in datasets():
        if late := [ref.id for ref in survey(dataset)[0] if ref.landed_at > limit]:
            what = f"{len(late)} batches landed in the future, such as {late[0]}"
            yield Finding(dataset, what, "Set this machine's clock (date -u)", damage=False)


def check_orphans(dataset: str) -> Iterator[Finding]:
    """Runs and scratch folders of processes that have died."""
    from tasks.tracking.runs import orphans

    for run_id in orphans(dataset):
        yield Finding(
            f"run {run_id} of {dataset}",
            "its process has died, and it is marked as running",
            FIX,
            damage=False,
            repair=lambda: (end_dead_runs(dataset), sweep_scratch()),
        )

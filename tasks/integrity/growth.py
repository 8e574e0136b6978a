"""What only grows is bounded: lineage events and logs by size; detailed pages and kept runs by age.

Nothing of it is the only record: MLflow and the registry tell the same facts, and a batch keeps its own page.
"""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import FileLock

from tasks.core.atomic import replacing
from tasks.core.workspace import Workspace
from tasks.lineage.openlineage_events import event_file
from tasks.validation.gx_runner import DOCS_SITE

MOST = 16 << 20
"""Bytes at which a file of events or a log loses its older half."""
AGE = timedelta(days=90)
"""How long detailed pages and runs without a server are kept; Prefect keeps its own runs as long."""


def bound_growth() -> list[str]:
    """Cut what has grown too large and drop what is too old; a line for each kind."""
    workspace, notes = Workspace.current(), []
    with _lock(workspace):
        if cut := _cut(event_file()):
            notes.append(f"{cut / 1e6:.0f} MB of old lineage events dropped from {event_file().name}")
    notes += [
        f"{cut / 1e6:.0f} MB of old lines dropped from {log.name}"
        for log in sorted((workspace.root / "logs").glob("*.log*"))
        if (cut := _cut_in_place(log))
    ]
    old = datetime.now(UTC) - AGE
    if pages := sum(_dropped(_pages(workspace), old)):
        notes.append(f"{pages} detailed validation pages older than {AGE.days} days dropped")
    if runs := sum(_dropped((workspace.root / ".prefect" / "history").glob("*.json"), old)):
        notes.append(f"{runs} runs without a server, older than {AGE.days} days, dropped from the history")
    return notes


def _lock(workspace: Workspace) -> FileLock:
    workspace.locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    return FileLock(workspace.locks / "openlineage.lock", timeout=60)


def _newer_half(file: Path) -> bytes | None:
    """The whole lines in the newer half of a file that is too large; None for another."""
    if not file.is_file() or (size := file.stat().st_size) <= MOST:
        return None
    with file.open("rb") as stream:
        stream.seek(size - MOST // 2)
        stream.readline()
        return stream.read()


def _cut(file: Path) -> int:
    """Keep the newer half of a file that is too large; the bytes dropped."""
    if (kept := _newer_half(file)) is None:
        return 0
    dropped = file.stat().st_size - len(kept)
    with replacing(file) as partial:
        partial.write_bytes(kept)
    return dropped


def _cut_in_place(log: Path) -> int:
    """The same for a log to which a process appends: it goes on at the new end."""
    if (kept := _newer_half(log)) is None:
        return 0
    dropped = log.stat().st_size - len(kept)
    with log.open("rb+") as stream:
        stream.write(kept)
        stream.truncate()
    return dropped


def _pages(workspace: Workspace) -> Iterator[Path]:
    """Great Expectations' own pages, a folder for each batch; the page of the batch itself stays."""
    yield from (workspace.data_docs / DOCS_SITE / "validations").glob("*/*")


def _dropped(found: "Iterator[Path]", before: datetime) -> Iterator[bool]:
    """Delete what was last changed before a moment."""
    for path in list(found):
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            yield True

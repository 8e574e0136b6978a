"""Backup and restore: a workspace's data, models, runs and registry as one archive with the digest of every file.

The database is copied first and by SQLite itself, so the files that it names are there. Not in the archive: DVC's
remote (the cache holds the same bytes), copies in ``data/batches/`` and Prefect's history of flow runs.
"""

import hashlib
import io
import json
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from greenlightning.errors import InputError, IntegrityError
from tasks.core.atomic import replacing, write_text
from tasks.core.workspace import Workspace
from tasks.data.batch_index import HOLDOUT, batches, datasets
from tasks.data.versioning import checkout, restore_copies

MANIFEST = "manifest.json"
FORMAT = 1
PARTS = ("data", "mlruns", ".dvc/config", ".dvc/.gitignore", ".dvc/cache")
DATABASE = Path("mlruns/mlflow.db")
UNFINISHED = ".restoring"
"""A file that is there while a restore is under way, and after one that was killed."""


def back_up(archive: Path) -> int:
    """Write the archive of the current workspace; the number of its files.

    Raises IntegrityError where a batch is damaged: a backup of it would help nobody.
    """
    workspace = Workspace.current()
    for dataset in [name for found in datasets() for name in (found, f"{found}{HOLDOUT}")]:
        for ref in batches(dataset):
            checkout(ref)
            restore_copies(ref)
    digests, first = dict[str, str](), dict[tuple[int, int], str]()
    with replacing(archive) as partial, TemporaryDirectory() as scratch, tarfile.open(partial, "w") as tar:
        for name, path in _files(workspace, Path(scratch)):
            content, about = path.read_bytes(), path.stat()
            digests[name] = _digest(content)
            same = first.setdefault((about.st_dev, about.st_ino), name)
            _add(tar, name, content, same if same != name else "")
        _add(tar, MANIFEST, json.dumps({"format": FORMAT, "files": digests}).encode())
    return len(digests)


def _files(workspace: Workspace, scratch: Path) -> Iterator[tuple[str, Path]]:
    """The files that belong into a backup, each with its name there; the database is a snapshot."""
    if workspace.database.is_file():
        snapshot = scratch / "mlflow.db"
        with (
            closing(sqlite3.connect(workspace.database, timeout=60)) as live,
            closing(sqlite3.connect(snapshot)) as copy,
        ):
            live.backup(copy)
        yield DATABASE.as_posix(), snapshot
    for part in PARTS:
        place = workspace.root / part
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            name = path.relative_to(workspace.root)
            copied = name.parts[:2] == ("data", "batches") and name.suffix == ".parquet"
            if path.is_file() and not copied and not name.as_posix().startswith(DATABASE.as_posix()):
                yield name.as_posix(), path


def _add(tar: tarfile.TarFile, name: str, content: bytes, same: str = "") -> None:
    """Add a file; one that shares its bytes with the file ``same`` as a link to that."""
    member = tarfile.TarInfo(name)
    member.mode = 0o600
    if same:
        member.type, member.linkname = tarfile.LNKTYPE, same
    else:
        member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def restore(archive: Path) -> int:
    """Bring an archive back into the current workspace, which must be empty; the number of its files.

    Every file is compared with its digest, then the batches are brought back into DVC's remote.
    After a restore that was killed, the next one of the same archive starts again.
    Raises InputError for a workspace in use or a file that is no backup, IntegrityError for a damaged one.
    """
    workspace = Workspace.current()
    digests = contents(archive)
    begun, name = workspace.root / UNFINISHED, _digest(json.dumps(digests).encode())
    if not begun.is_file() or begun.read_text() != name:
        _check_empty(workspace)
        write_text(begun, name)
    for file in digests:
        (workspace.root / file).unlink(missing_ok=True)
    with tarfile.open(archive) as tar:
        members = [member for member in tar.getmembers() if member.name in digests]
        members.sort(
            key=lambda member: member.name == DATABASE.as_posix()
        )  # last: a kill leaves no whole workspace
        tar.extractall(workspace.root, members, filter="data")
    for dataset in [name for found in datasets() for name in (found, f"{found}{HOLDOUT}")]:
        for ref in batches(dataset):
            checkout(ref)
            restore_copies(ref)
    begun.unlink()
    return len(digests)


def _check_empty(workspace: Workspace) -> None:
    if any((workspace.root / part).exists() for part in ("mlruns/mlflow.db", "data/batches", ".dvc/cache")):
        raise InputError(
            f"The workspace {workspace.root} is in use",
            "Name an empty folder in GREENLIGHTNING_HOME to restore into",
        )


def contents(archive: Path) -> dict[str, str]:
    """The digests that an archive names, once all its files are seen to have them."""
    damaged = IntegrityError(f"The backup {archive.name} is damaged", "Take another one")
    try:
        with tarfile.open(archive) as tar:
            found = {member.name: _digest(_content(tar, member)) for member in tar if member.name != MANIFEST}
            manifest = json.loads(_content(tar, tar.getmember(MANIFEST)))
    except FileNotFoundError as error:
        raise InputError(f"{archive} does not exist", "Check the path") from error
    except (tarfile.TarError, KeyError, ValueError, EOFError) as error:
        raise damaged from error
    if manifest.get("format") != FORMAT or manifest["files"] != found:
        raise damaged
    return found


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    return stream.read() if stream else b""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

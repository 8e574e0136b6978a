"""Versioning: every validated batch is added to DVC and pushed to its default remote, in process.

The order is copy, add, describe, push, and only then remove from incoming/: whatever is killed in between
is finished by the next call, and until then the batch still waits in incoming/.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from greenlightning.errors import GreenLightningError, IntegrityError, MachineError, NothingServedError
from tasks.core.atomic import replacing, write_text
from tasks.core.faults import Fault, reached
from tasks.core.steps import task
from tasks.core.workspace import Workspace
from tasks.data.batch_files import LandedBatch
from tasks.data.batch_index import BatchRef, batch_path, batch_ref, batches, pointer_path, read_pointer
from tasks.data.event_time import event_span
from tasks.data.pointers.sealed import read_text, write_sealed

__all__ = ["BatchRef", "batch_ref", "batches", "checkout", "ensure_repo", "is_stored", "version_batch"]

CONFIG = """\
[core]
    analytics = false
    check_update = false
    remote = store
    no_scm = {no_scm}
['remote "store"']
    url = store
"""
WRITABLE = "neither full nor read-only"
IGNORED = "/config.local\n/tmp\n/cache\n/store\n"


def ensure_repo(workspace: Workspace) -> None:
    """Make the workspace a DVC repository with a local default remote, unless it is one already.

    Nothing of it lies outside the workspace; the cache, the remote and the site, which DVC would open to all, are
    created closed to other users (0700).
    """
    folder = workspace.root / ".dvc"
    site = folder / "tmp" / "site"
    for private in (folder / "cache", folder / "store", site, site / "repo"):
        private.mkdir(parents=True, exist_ok=True)
        private.chmod(0o700)
    if not (folder / "config.local").exists():
        write_text(folder / "config.local", f"[core]\n    site_cache_dir = {site}\n")
    if not (folder / "config").exists():
        write_text(folder / ".gitignore", IGNORED)
        no_scm = str(not (workspace.root / ".git").exists()).lower()
        write_text(folder / "config", CONFIG.format(no_scm=no_scm))


def _worth_retrying(_task: Any, _run: Any, state: Any) -> bool:
    """A busy repository may be free a second later; a batch that is wrong stays wrong."""
    return not isinstance(state.result(raise_on_failure=False), GreenLightningError)


@task(
    task_run_name="version {landed.dataset} {landed.id}",
    retries=3,
    retry_delay_seconds=2,
    retry_condition_fn=_worth_retrying,
    persist_result=False,
)
def version_batch(landed: LandedBatch, expectations: str = "", accepted: str = "") -> BatchRef:
    """Move a landed batch to batches/, add and push it; ``expectations`` is the digest it was validated by.

    ``accepted`` says who took it out of quarantine, when and why. A batch versioned before keeps its
    pointer; bytes that DVC lost are put back from incoming/.
    Raises NothingServedError if the batch neither waits in incoming/ nor is versioned.
    """
    workspace = Workspace.current()
    pointer = pointer_path(landed.dataset, landed.id)
    with _writer(workspace):
        _clear_pointers(workspace)
        known = read_pointer(pointer, landed.dataset)
        if known is None or known.md5 == md5_of(landed.path):
            _add(workspace, landed)
        if known is None:
            _describe(pointer, landed, expectations, accepted)
            reached(Fault.DESCRIBED)
        set_aside(pointer).unlink(missing_ok=True)
        with _repository(workspace) as repo:
            _push(repo, pointer)
        reached(Fault.PUSHED)
    ref = batch_ref(landed.dataset, landed.id)
    checkout(ref)
    landed.path.unlink(missing_ok=True)
    return ref


def mark_accepted(ref: BatchRef, accepted: str) -> None:
    """Write into the pointer of a versioned batch that somebody accepted it."""
    pointer = pointer_path(ref.dataset, ref.id)
    with _writer(Workspace.current()):
        content = read_text(pointer)
        content["meta"]["accepted"] = accepted
        write_sealed(pointer, content)


def checkout(ref: BatchRef) -> Path:
    """The path of a file with exactly the bytes of ``ref.md5``, restored by DVC where it must be.

    Raises IntegrityError if neither the workspace nor DVC's cache and remote hold those bytes.
    """
    path = batch_path(ref.dataset, ref.id)
    if md5_of(path) == ref.md5:
        return path
    workspace = Workspace.current()
    with _writer(workspace), _repository(workspace) as repo:
        if (cached := _cached(repo, ref)) is None:
            raise IntegrityError(
                f"No copy of batch {ref.id} of {ref.dataset!r} has its bytes (md5 {ref.md5})",
                f"Ingest its source file ({ref.source}) again, or restore DVC's remote from a backup",
            )
        _copy(cached, path)
    return path


def is_stored(ref: BatchRef) -> bool:
    """Whether DVC's cache, or else its remote, holds exactly the bytes of ``ref.md5``; they are hashed."""
    workspace = Workspace.current()
    with _writer(workspace), _repository(workspace) as repo:
        return _cached(repo, ref) is not None


def copies(ref: BatchRef) -> dict[str, bool]:
    """Whether the workspace, DVC's cache and a remote on this machine hold exactly the bytes of ``ref.md5``."""
    workspace = Workspace.current()
    with _writer(workspace), _repository(workspace) as repo:
        found = {"cache": Path(repo.cache.local.oid_to_path(ref.md5))}
        remote = repo.cloud.get_remote_odb()
        if remote.fs.protocol == "local":
            found["remote"] = Path(remote.oid_to_path(ref.md5))
        data = batch_path(ref.dataset, ref.id)
        held = {place: md5_of(path) == ref.md5 for place, path in found.items()}
        return held | ({"workspace": md5_of(data) == ref.md5} if data.exists() else {})


def restore_copies(ref: BatchRef) -> None:
    """Bring the bytes of a batch from where they are whole to where they are missing or damaged."""
    workspace, path = Workspace.current(), batch_path(ref.dataset, ref.id)
    if md5_of(path) != ref.md5:
        path = checkout(ref)
    with _writer(workspace), _repository(workspace) as repo:
        for odb in (repo.cache.local, repo.cloud.get_remote_odb()):
            if odb.fs.protocol == "local" and md5_of(held := Path(odb.oid_to_path(ref.md5))) != ref.md5:
                held.unlink(missing_ok=True)
                _copy(path, held)
        _push(repo, pointer_path(ref.dataset, ref.id))


def _push(repo: Any, pointer: Path) -> None:
    """Bring a batch into the remote; MachineError where that is a folder: DVC says only that it failed."""
    from dvc.exceptions import UploadError

    try:
        repo.push(targets=[str(pointer)])
    except UploadError as error:
        if repo.cloud.get_remote_odb().fs.protocol != "local":
            raise
        raise MachineError(
            f"{pointer.name} could not be copied into DVC's remote",
            f"Check that its disk is {WRITABLE}, then run it again",
        ) from error


def _cached(repo: Any, ref: BatchRef) -> Path | None:
    """The cached object of a batch, fetched from the remote where it must be; None without its bytes."""
    cached = Path(repo.cache.local.oid_to_path(ref.md5))
    _discard_unless(cached, ref.md5)
    if not cached.exists():
        _fetch(repo, ref)
    return cached if md5_of(cached) == ref.md5 else None


def _add(workspace: Workspace, landed: LandedBatch) -> None:
    """Bring the bytes of a waiting batch into batches/ and DVC's cache."""
    from dvc.exceptions import ConfirmRemoveError

    if (md5 := md5_of(landed.path)) is None:
        raise NothingServedError(
            f"The batch {landed.id} of {landed.dataset!r} does not wait in incoming/",
            "Ingest its source file again",
        )
    path = batch_path(landed.dataset, landed.id)
    _copy(landed.path, path)
    reached(Fault.COPIED)
    with _repository(workspace) as repo:
        _discard_unless(Path(repo.cache.local.oid_to_path(md5)), md5)
        try:
            repo.add([str(path)])
        except ConfirmRemoveError as error:  # it asks to remove a file that it could not store in its cache
            raise MachineError(
                f"DVC's cache did not take {path.name}", f"Check that its disk is {WRITABLE}, then run it again"
            ) from error
    reached(Fault.ADDED)


def _describe(pointer: Path, landed: LandedBatch, expectations: str, accepted: str) -> None:
    """Write what `batches` tells about a batch into its pointer; a pointer without it is unfinished.

    Classes are JSON in one string: DVC rewrites pointers as YAML 1.2, where a class `no` needs no quotes.
    """
    content = read_text(pointer)
    content["desc"] = f"{landed.dataset} batch {landed.id}: {landed.rows} rows of {landed.source}"
    content["meta"] = {
        "rows": landed.rows,
        "source": landed.source,
        "landed_at": landed.landed_at,
        "expectations": expectations,
        "classes": json.dumps(landed.content.classes),
    }
    about = {"accepted": accepted, "label": landed.label} | event_span(landed.dataset, landed.content)
    content["meta"] |= {name: text for name, text in about.items() if text}
    write_sealed(pointer, content)


def _clear_pointers(workspace: Workspace) -> None:
    """Keep broken pointers from DVC, which one of them blocks for every dataset.

    One that a killed process left unfinished is removed: its batch still waits. A damaged one is set aside, where
    ``batches`` names it.
    """
    for pointer in (workspace.root / "data" / "batches").glob("*/*.parquet.dvc"):
        dataset, file = pointer.parent.name, pointer.stem
        try:
            if read_pointer(pointer, dataset):
                continue
        except IntegrityError:
            pass
        if (workspace.incoming(dataset) / file).is_file():
            pointer.unlink(missing_ok=True)
        else:
            pointer.replace(set_aside(pointer))


def set_aside(pointer: Path) -> Path:
    """Where a damaged pointer is kept."""
    return pointer.with_name(f"{pointer.name}.damaged")


def _fetch(repo: Any, ref: BatchRef) -> None:
    """Bring a batch from the remote into the cache; what cannot be fetched is found missing by the caller."""
    from dvc.exceptions import DvcException

    with suppress(DvcException):
        repo.fetch(targets=[str(pointer_path(ref.dataset, ref.id))])


@contextmanager
def _writer(workspace: Workspace) -> Iterator[None]:
    """One writer at a time: DVC's own lock gives up after three seconds."""
    workspace.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(workspace.locks / "dvc.lock", timeout=600):
        ensure_repo(workspace)
        yield


@contextmanager
def _repository(workspace: Workspace) -> Iterator[Any]:
    """The workspace's DVC repository, without its warnings and progress bars (shown up to level ERROR)."""
    from dvc.repo import Repo

    for name in ("dvc", "dvc_data", "dvc_objects"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    site = str(workspace.root / ".dvc" / "tmp" / "site")
    with Repo(str(workspace.root), config={"core": {"site_cache_dir": site}}) as repo:
        yield repo


def md5_of(path: Path) -> str | None:
    """The md5 of a file's bytes, as DVC names them; None if there is no file."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except FileNotFoundError:
        return None


def _discard_unless(cached: Path, md5: str) -> None:
    """Remove a cached object with other bytes than its name says; DVC would call it up to date."""
    if md5_of(cached) != md5:
        cached.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    with replacing(target) as partial:
        shutil.copyfile(source, partial)

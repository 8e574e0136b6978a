"""Versioning: every validated batch is added to DVC and pushed to its default remote, in process.

The order is copy, add, describe, push, and only then remove from incoming/: whatever is killed in between
is finished by the next call, and until then the batch still waits in incoming/.
"""

import json
from pathlib import Path
from typing import Any

from greenlightning.errors import GreenLightningError, IntegrityError, NothingServedError
from tasks.core.faults import Fault, reached
from tasks.core.steps import task
from tasks.core.workspace import Workspace
from tasks.data.batch_files import LandedBatch
from tasks.data.batch_index import BatchRef, batch_path, batch_ref, pointer_path, read_pointer
from tasks.data.event_time import event_span
from tasks.data.pointers.repository import add, cached, copy, md5_of, push, repository, writer
from tasks.data.pointers.sealed import read_text, write_sealed


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
    with writer(workspace):
        _clear_pointers(workspace)
        known = read_pointer(pointer, landed.dataset)
        with repository(workspace) as repo:
            if known is None or known.md5 == md5_of(landed.path):
                _add(repo, landed)
            if known is None:
                _describe(pointer, landed, expectations, accepted)
                reached(Fault.DESCRIBED)
            set_aside(pointer).unlink(missing_ok=True)
            ref = batch_ref(landed.dataset, landed.id)
            push(repo, ref.md5)
        reached(Fault.PUSHED)
    checkout(ref)
    landed.path.unlink(missing_ok=True)
    return ref


def mark_accepted(ref: BatchRef, accepted: str) -> None:
    """Write into the pointer of a versioned batch that somebody accepted it."""
    pointer = pointer_path(ref.dataset, ref.id)
    with writer(Workspace.current()):
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
    with writer(workspace), repository(workspace) as repo:
        if (stored := cached(repo, ref.md5)) is None:
            raise IntegrityError(
                f"No copy of batch {ref.id} of {ref.dataset!r} has its bytes (md5 {ref.md5})",
                f"Ingest its source file ({ref.source}) again, or restore DVC's remote from a backup",
            )
        copy(stored, path)
    return path


def is_stored(ref: BatchRef) -> bool:
    """Whether DVC's cache, or else its remote, holds exactly the bytes of ``ref.md5``; they are hashed."""
    workspace = Workspace.current()
    with writer(workspace), repository(workspace) as repo:
        return cached(repo, ref.md5) is not None


def copies(ref: BatchRef) -> dict[str, bool]:
    """Whether the workspace, DVC's cache and a remote on this machine hold exactly the bytes of ``ref.md5``."""
    workspace = Workspace.current()
    with writer(workspace), repository(workspace) as repo:
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
    with writer(workspace), repository(workspace) as repo:
        for odb in (repo.cache.local, repo.cloud.get_remote_odb()):
            if odb.fs.protocol == "local" and md5_of(held := Path(odb.oid_to_path(ref.md5))) != ref.md5:
                held.unlink(missing_ok=True)
                copy(path, held)
        push(repo, ref.md5)


def _add(repo: Any, landed: LandedBatch) -> None:
    """Bring the bytes of a waiting batch into batches/ and DVC's cache."""
    if not landed.path.is_file():
        raise NothingServedError(
            f"The batch {landed.id} of {landed.dataset!r} does not wait in incoming/",
            "Ingest its source file again",
        )
    path = batch_path(landed.dataset, landed.id)
    copy(landed.path, path)
    reached(Fault.COPIED)
    add(repo, path)
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

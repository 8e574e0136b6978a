"""Checks of a dataset's batches: pointers, and the copies in the workspace, DVC's cache and its remote."""

import shutil
from collections.abc import Iterator

from tasks.core.workspace import Workspace
from tasks.data.batch_files import describe
from tasks.data.batch_index import HOLDOUT, BatchRef, batch_path, damage_error, pointer_path, survey
from tasks.data.pointers.sealed import SEAL, read_text, write_sealed
from tasks.data.versioning import copies, restore_copies
from tasks.integrity.findings import FIX, Finding, found_by
from tasks.quarantine.records import held_batches


def check_data(dataset: str) -> Iterator[Finding]:
    """What is wrong with the batches of a dataset and of its holdout; every copy is hashed."""
    for name in (dataset, f"{dataset}{HOLDOUT}"):
        sound, damaged = survey(name)
        for batch in damaged:
            yield _damaged(name, batch)
        for ref in sound:
            yield from _copies(ref)
            if SEAL not in read_text(pointer_path(name, ref.id))["meta"]:
                yield _unsealed(ref)


def _damaged(dataset: str, batch: str) -> Finding:
    error = damage_error(dataset, [batch])
    data = batch_path(dataset, batch)
    whole = data.is_file() and describe(data, dataset).rows > 0
    return Finding(
        f"batch {batch} of {dataset}",
        error.cause,
        error.remedy,
        repair=(lambda: readmit(dataset, batch)) if whole else None,
    )


def readmit(dataset: str, batch: str) -> None:
    """Let a batch whose pointer is damaged wait in incoming/ again; the next run validates and versions it."""
    waiting = Workspace.current().incoming(dataset) / f"{batch}.parquet"
    waiting.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(batch_path(dataset, batch), waiting)


def _copies(ref: BatchRef) -> Iterator[Finding]:
    """The copies of a batch that are missing or have other bytes."""
    held = copies(ref)
    lost = [place for place, is_whole in held.items() if not is_whole]
    where = f"batch {ref.id} of {ref.dataset}"
    if len(lost) == len(held):
        yield Finding(
            where,
            f"no copy has its bytes (md5 {ref.md5})",
            f"Ingest its source file ({ref.source}) again, or restore a backup",
        )
    elif lost:
        yield Finding(
            where,
            f"its copy in {' and '.join(lost)} is missing or damaged",
            FIX,
            repair=lambda: restore_copies(ref),
        )


def _unsealed(ref: BatchRef) -> Finding:
    pointer = pointer_path(ref.dataset, ref.id)
    return Finding(
        f"batch {ref.id} of {ref.dataset}",
        "its pointer, of an earlier release, has no seal",
        FIX,
        damage=False,
        repair=lambda: write_sealed(pointer, read_text(pointer)),
    )


def check_quarantine(dataset: str) -> Iterator[Finding]:
    """Records of quarantine that cannot be read."""
    yield from found_by(f"quarantine of {dataset}", lambda: held_batches(dataset))

"""A batch moves into quarantine beside the reason, and out of it when somebody has decided."""

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from greenlightning.data.labels import joined_classes
from greenlightning.errors import InputError, MismatchError
from tasks.core.atomic import write_text
from tasks.core.faults import Fault, reached
from tasks.core.steps import task
from tasks.core.workspace import Workspace
from tasks.data.batch_files import LandedBatch, describe, gaps_in, read_content
from tasks.data.batch_index import batches, checked_id
from tasks.quarantine.records import DECISION, REASON, Decision, HeldBatch, check_undecided
from tasks.validation.pages.page import validation_page


@task(task_run_name="quarantine {landed.dataset} {landed.id}", persist_result=False)
def quarantine(landed: LandedBatch, failures: Sequence[str]) -> Path:
    """Move a batch from incoming/ to quarantine/<dataset>/<batch id>/ beside its reason; return that folder.

    The reason is written first and the batch moved last, so the next call finishes one that was killed.
    Raises InputError for a file that does not wait in incoming/.
    """
    workspace, path = Workspace.current(), landed.path
    if path.parent != workspace.incoming(landed.dataset):
        raise InputError(
            f"{path} does not wait in incoming/ of {landed.dataset!r}", "Only waiting batches can be quarantined"
        )
    folder = workspace.quarantine(landed.dataset) / landed.id
    if not path.is_file() and (folder / REASON).is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    page = validation_page(landed.dataset, landed.id)
    if page.is_file():
        shutil.copyfile(page, folder / page.name)
    reason = {
        "dataset": landed.dataset,
        "id": landed.id,
        "rows": landed.rows,
        "source": landed.source,
        "landed_at": landed.landed_at,
        "failures": list(failures),
        "unlearnable": _unlearnable(landed.dataset, path) if path.is_file() else "",
        "quarantined_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_text(folder / REASON, json.dumps(reason, indent=2, ensure_ascii=False) + "\n")
    reached(Fault.REASON_WRITTEN)
    path.replace(folder / path.name)
    return folder


def released(held: HeldBatch) -> LandedBatch:
    """Move a quarantined batch back to incoming/, where it can be versioned; its record stays until ``forget``.

    Raises InputError where it was discarded, was put into incoming/ by hand under a name of its own, or has what
    nothing can learn: rows without a label, infinite cells, or labels of another kind than other batches.
    """
    checked_id(held.id)
    waiting = _waiting(held)
    if not has_rows(held):
        raise InputError(
            f"The rows of batch {held.id} were discarded", f"Ingest {held.source} again, then accept it"
        )
    if held.file.is_file():
        if fault := _unlearnable(held.dataset, held.file):
            raise InputError(f"Batch {held.id} cannot be learnt: {fault}", f"Then ingest {held.source} again")
        waiting.parent.mkdir(parents=True, exist_ok=True)
        held.file.replace(waiting)
    return describe(waiting, held.dataset)


def _unlearnable(dataset: str, file: Path) -> str:
    """What keeps anything from learning a batch; empty where it can be learnt."""
    try:
        content = read_content(file)
    except InputError as error:
        return error.cause
    infinite = int(np.isinf(content.numbers).sum())
    fault = gaps_in(content.y) or (infinite and f"{infinite} infinite cells: leave them empty")
    try:
        joined_classes(*(ref.classes for ref in batches(dataset)), content.classes)
    except MismatchError:
        fault = "its labels are text where those of other batches are numbers, or the other way round"
    return str(fault or "")


def has_rows(held: HeldBatch) -> bool:
    """Whether its rows are in quarantine or wait in incoming/, from where they can be versioned."""
    return held.file.is_file() or _waiting(held).is_file()


def _waiting(held: HeldBatch) -> Path:
    return Workspace.current().incoming(held.dataset) / held.file.name


def forget_record(dataset: str, batch: str) -> None:
    """Remove what quarantine keeps, if anything, of a batch that passes now or was accepted."""
    folder = Workspace.current().quarantine(dataset) / batch
    if folder.is_dir():
        shutil.rmtree(folder)


def discard(held: HeldBatch, decision: Decision) -> None:
    """Delete the rows of a batch; its record and the decision stay. InputError where that was done before."""
    check_undecided(held)
    write_text(held.folder / DECISION, decision.model_dump_json(indent=2) + "\n")
    held.file.unlink(missing_ok=True)

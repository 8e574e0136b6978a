"""Quarantine: batches set aside with the reason, until somebody accepts or discards them."""

import getpass
import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from prefect import task
from pydantic import BaseModel, ConfigDict, ValidationError

from greenlightning.errors import InputError, NothingServedError
from tasks.core.workspace import Workspace
from tasks.data.batch_files import LandedBatch, describe
from tasks.data.batch_index import checked_id
from tasks.validation.page import PAGE, validation_page

REASON = "reason.json"
DECISION = "decision.json"


class QuarantinedBatch(BaseModel):
    """A batch that failed validation, and why."""

    batch: str
    source: str
    reasons: tuple[str, ...]
    dataset: str = ""


class Decision(BaseModel):
    """What somebody decided about a quarantined batch."""

    model_config = ConfigDict(frozen=True)

    decision: str
    by: str
    at: str
    reason: str

    @property
    def line(self) -> str:
        """The decision in one line."""
        return f"{self.decision} by {self.by} on {self.at}: {self.reason}"


class HeldBatch(BaseModel):
    """A batch in quarantine: its provenance, why it failed, its files, and a decision if there is one."""

    model_config = ConfigDict(frozen=True)

    dataset: str
    id: str
    rows: int
    source: str
    landed_at: str
    failures: tuple[str, ...]
    quarantined_at: str
    decision: Decision | None = None

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return Workspace.current().quarantine(self.dataset) / self.id

    @property
    def file(self) -> Path:
        """Its rows; there is no such file once it is discarded."""
        return self.folder / f"{self.id}.parquet"

    @property
    def page(self) -> Path | None:
        """Its validation page; None where it could not be validated."""
        page = self.folder / PAGE
        return page if page.is_file() else None


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
        "quarantined_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    (folder / REASON).write_text(json.dumps(reason, indent=2, ensure_ascii=False) + "\n")
    path.replace(folder / path.name)
    return folder


def decided(decision: str, reason: str) -> Decision:
    """A decision that the present user takes now."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Decision(decision=decision, by=getpass.getuser(), at=now, reason=reason)


def held_batches(dataset: str) -> list[HeldBatch]:
    """The batches in quarantine of a dataset in the order in which they landed, discarded ones among them."""
    folders = Workspace.current().quarantine(dataset).glob("*/")
    found = [held for folder in folders if (held := _read(folder))]
    return sorted(found, key=lambda held: (held.landed_at, held.id))


def held_batch(dataset: str, batch: str) -> HeldBatch:
    """One batch in quarantine; NothingServedError where there is none of that name."""
    if held := _read(Workspace.current().quarantine(dataset) / batch):
        return held
    raise NothingServedError(
        f"Batch {batch} of {dataset!r} is not in quarantine",
        f"List those that are with: greenlightning quarantine list --dataset {dataset}",
    )


def discarded(dataset: str, batch: str) -> Decision | None:
    """The decision that discarded a batch; None where it was not discarded."""
    held = _read(Workspace.current().quarantine(dataset) / batch)
    return held.decision if held else None


def released(held: HeldBatch) -> LandedBatch:
    """Move a quarantined batch back to incoming/, where it can be versioned; its record stays until ``forget``.

    Raises InputError where it was discarded, or was put into incoming/ by hand under a name of its own.
    """
    checked_id(held.id)
    waiting = Workspace.current().incoming(held.dataset) / held.file.name
    if not held.file.is_file() and not waiting.is_file():
        raise InputError(
            f"The rows of batch {held.id} were discarded", f"Ingest {held.source} again, then accept it"
        )
    if held.file.is_file():
        waiting.parent.mkdir(parents=True, exist_ok=True)
        held.file.replace(waiting)
    return describe(waiting, held.dataset)


def forget_record(held: HeldBatch) -> None:
    """Remove what quarantine keeps of a batch that is versioned now."""
    shutil.rmtree(held.folder)


def discard(held: HeldBatch, decision: Decision) -> None:
    """Delete the rows of a batch; its record and the decision stay."""
    (held.folder / DECISION).write_text(decision.model_dump_json(indent=2) + "\n")
    held.file.unlink(missing_ok=True)


def _read(folder: Path) -> HeldBatch | None:
    """The record in a folder of quarantine; None where there is none or it is damaged."""
    try:
        reason = json.loads((folder / REASON).read_text())
        decided = folder / DECISION
        decision = Decision.model_validate_json(decided.read_text()) if decided.is_file() else None
        return HeldBatch(**reason, decision=decision)
    except (OSError, ValueError, TypeError, ValidationError):
        return None

"""The records of quarantined batches: what is wrong with each, where it lies, and what was decided about it."""

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from greenlightning.errors import InputError, IntegrityError, NothingServedError
from tasks.core.workspace import Workspace
from tasks.validation.pages.page import PAGE

REASON = "reason.json"
DECISION = "decision.json"


class QuarantinedBatch(BaseModel):
    """A batch that failed validation, and why."""

    batch: str
    source: str
    reasons: tuple[str, ...]
    dataset: str = ""
    unlearnable: str = ""
    """Why nothing can learn it, so that accepting it is refused; empty where it may be accepted."""


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
    unlearnable: str = ""
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


def decided(decision: str, reason: str) -> Decision:
    """A decision that the present user takes now."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Decision(decision=decision, by=getpass.getuser(), at=now, reason=reason)


def held_batches(dataset: str) -> list[HeldBatch]:
    """The batches in quarantine of a dataset in the order in which they landed, discarded ones among them."""
    folders = Workspace.current().quarantine(dataset).glob("*/")
    found = [held for folder in folders if (held := _read(folder))]
    return sorted(found, key=lambda held: (held.landed_at, held.id))


def why_unlearnable(dataset: str, batch: str) -> str:
    """Why nothing can learn a batch in quarantine; empty where it may be accepted."""
    held = _read(Workspace.current().quarantine(dataset) / batch)
    return held.unlearnable if held else ""


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


def check_undecided(held: HeldBatch) -> None:
    """Raise InputError for a batch whose rows were discarded before; the first decision stands."""
    if held.decision and not held.file.is_file():
        raise InputError(
            f"Batch {held.id} was {held.decision.line}", f"Nothing is left to discard; ingest {held.source} again"
        )


def _read(folder: Path) -> HeldBatch | None:
    """The record in a folder of quarantine; None where there is none, IntegrityError where it is damaged."""
    if not (folder / REASON).is_file():
        return None
    try:
        reason = json.loads((folder / REASON).read_text())
        decided = folder / DECISION
        decision = Decision.model_validate_json(decided.read_text()) if decided.is_file() else None
        return HeldBatch(**reason, decision=decision)
    except (ValueError, TypeError, ValidationError) as error:
        raise IntegrityError(
            f"The record of batch {folder.name} in quarantine is damaged",
            f"Restore {folder} from a backup, or remove the folder and ingest the source file again",
        ) from error

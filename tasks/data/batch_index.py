"""The batches of a dataset, read from their ``.dvc`` pointers without opening the data."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from greenlightning.data.labels import Label
from greenlightning.errors import InputError, IntegrityError, NothingServedError
from tasks.core.workspace import Workspace

BATCH_ID = re.compile(r"[0-9a-f]{16}")
OPTIONAL = ("accepted", "event_from", "event_to")
META = ("rows", "source", "landed_at", "expectations", "classes")


class BatchRef(BaseModel):
    """A versioned batch: its id, the md5 of its bytes in DVC, and its source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    id: str
    md5: str
    rows: int
    landed_at: str
    source: str
    expectations: str
    classes: tuple[Label, ...]
    accepted: str = ""
    """Who accepted it out of quarantine, when and why; empty where it passed validation."""
    event_from: str = ""
    event_to: str = ""
    """First and last event time of its rows, UTC; empty where the schema declares no time column."""

    @property
    def happened(self) -> datetime:
        """When its last row happened; when it landed, where its rows have no time."""
        return datetime.fromisoformat(self.event_to or self.landed_at)


def batches(dataset: str) -> list[BatchRef]:
    """The versioned batches of ``dataset`` in the order in which they landed.

    A pointer that a killed process left unfinished is skipped: its batch still waits in incoming/.
    """
    pointers = Workspace.current().batches(dataset).glob("*.parquet.dvc")
    found = [ref for pointer in pointers if (ref := read_pointer(pointer, dataset))]
    return sorted(found, key=lambda ref: (ref.landed_at, ref.id))


def batch_ref(dataset: str, batch_id: str) -> BatchRef:
    """The versioned batch of that id; InputError for a malformed id, NothingServedError if unknown."""
    pointer = pointer_path(dataset, batch_id)
    if not pointer.is_file():
        raise NothingServedError(
            f"The dataset {dataset!r} has no batch {batch_id}", "List its batches, or ingest the file first"
        )
    if (ref := read_pointer(pointer, dataset)) is None:
        raise IntegrityError(
            f"The pointer {pointer.name} of dataset {dataset!r} is damaged",
            "Restore it from git, or ingest the batch's source file again",
        )
    return ref


def known_batch(dataset: str, batch_id: str) -> BatchRef | None:
    """The versioned batch of that id, None where there is none; InputError for a malformed id."""
    return read_pointer(pointer_path(dataset, batch_id), dataset)


def pointer_path(dataset: str, batch_id: str) -> Path:
    """The path of a batch's pointer; InputError unless the id is 16 hex digits."""
    return batch_path(dataset, batch_id).with_suffix(".parquet.dvc")


def batch_path(dataset: str, batch_id: str) -> Path:
    """The path of a batch's data file; InputError unless the id is 16 hex digits."""
    return Workspace.current().batches(dataset) / f"{checked_id(batch_id)}.parquet"


def checked_id(batch_id: str) -> str:
    """Return ``batch_id`` if it is 16 hex digits, and so safe as a file name; else raise InputError."""
    if not BATCH_ID.fullmatch(batch_id):
        raise InputError(f"{batch_id!r} is not a batch id", "Give the 16 hex digits that name a batch")
    return batch_id


def read_pointer(pointer: Path, dataset: str) -> BatchRef | None:
    """Read one pointer file; None if it is unfinished or damaged."""
    try:
        content: dict[str, Any] = yaml.load(pointer.read_text(), Loader=yaml.CSafeLoader)
        batch_id = pointer.name.removesuffix(".parquet.dvc")
        meta = {name: content["meta"][name] for name in META}
        meta["classes"] = json.loads(meta["classes"])
        meta |= {name: content["meta"].get(name, "") for name in OPTIONAL}
        return BatchRef(dataset=dataset, id=batch_id, md5=content["outs"][0]["md5"], **meta)
    except (OSError, yaml.YAMLError, LookupError, TypeError, ValueError):
        return None


def datasets() -> list[str]:
    """Names of the datasets that have batches or files waiting; holdouts are not listed."""
    data = Workspace.current().root / "data"
    found = {
        place.name
        for kind in ("batches", "incoming", "quarantine", "unlabelled")
        for place in (data / kind).glob("*/")
    }
    return sorted(name for name in found if not name.endswith(".holdout"))

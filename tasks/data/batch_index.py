"""The batches of a dataset, read from their ``.dvc`` pointers without opening the data."""

import json
import os
import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from greenlightning.data.labels import Label
from greenlightning.errors import InputError, IntegrityError, NothingServedError
from tasks.core.workspace import HOLDOUT as HOLDOUT
from tasks.core.workspace import Workspace
from tasks.data.pointers.sealed import META, OPTIONAL, is_described, parse

BATCH_ID = re.compile(r"[0-9a-f]{16}")
POINTER = ".parquet.dvc"
SHOWN = 3


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
    label: str = ""
    """The column of its file that held the labels; empty in batches of earlier releases."""

    @property
    def happened(self) -> datetime:
        """When its last row happened; when it landed, where its rows have no time."""
        return datetime.fromisoformat(self.event_to or self.landed_at)


def batches(dataset: str) -> list[BatchRef]:
    """The versioned batches of ``dataset`` in the order in which they landed.

    A pointer that a killed process left unfinished is skipped: its batch still waits in incoming/. IntegrityError
    where a pointer is damaged or missing.
    """
    found, damaged = survey(dataset)
    if damaged:
        raise damage_error(dataset, damaged)
    return found


def survey(dataset: str) -> tuple[list[BatchRef], list[str]]:
    """The batches whose pointers are sound, in the order in which they landed, and the ids of the others.

    Data, or a pointer that was set aside, without a pointer beside it shows that one is missing.
    """
    folder, incoming = Workspace.current().batches(dataset), Workspace.current().incoming(dataset)
    here, waiting = _listed(folder), _listed(incoming)
    names = {name.partition(".")[0] for name in here if ".parquet" in name and name[0] != "."}
    found, damaged = [], []
    for name in sorted(filter(BATCH_ID.fullmatch, names)):
        try:
            listed = here.get(f"{name}{POINTER}")
            ref = read_pointer(listed or pointer_path(dataset, name), dataset)
        except IntegrityError:
            ref = None
        if ref:
            found.append(ref)
        elif f"{name}.parquet" not in waiting and not (incoming / f"{name}.parquet").is_file():
            damaged.append(name)
    return sorted(found, key=lambda ref: (ref.landed_at, ref.id)), damaged


def _listed(folder: Path) -> dict[str, os.DirEntry[str]]:
    if not folder.is_dir():
        return {}
    with os.scandir(folder) as entries:
        return {entry.name: entry for entry in entries}


def damage_error(dataset: str, damaged: Sequence[str]) -> IntegrityError:
    """The error that names damaged or missing pointers of a dataset."""
    shown = ", ".join(f"{name}{POINTER}" for name in damaged[:SHOWN])
    more = f" and {len(damaged) - SHOWN} more" if len(damaged) > SHOWN else ""
    what = "The pointer" if len(damaged) == 1 else "The pointers"
    verb = "is" if len(damaged) == 1 else "are"
    return IntegrityError(
        f"{what} {shown}{more} of dataset {dataset!r} {verb} damaged or missing",
        f"Restore data/batches/{dataset} from git or a backup, ingest the source file again, or run: "
        "greenlightning doctor --fix",
    )


def batch_ref(dataset: str, batch_id: str) -> BatchRef:
    """The versioned batch of that id; InputError for a malformed id, NothingServedError if unknown."""
    pointer = pointer_path(dataset, batch_id)
    if not pointer.is_file():
        raise NothingServedError(
            f"The dataset {dataset!r} has no batch {batch_id}", "List its batches, or ingest the file first"
        )
    if (ref := read_pointer(pointer, dataset)) is None:
        raise damage_error(dataset, [batch_id])
    return ref


def known_batch(dataset: str, batch_id: str) -> BatchRef | None:
    """The versioned batch of that id, None without a sound pointer; InputError for a malformed id."""
    try:
        return read_pointer(pointer_path(dataset, batch_id), dataset)
    except IntegrityError:
        return None


def pointer_path(dataset: str, batch_id: str) -> Path:
    """The path of a batch's pointer; InputError unless the id is 16 hex digits."""
    return batch_path(dataset, batch_id).with_suffix(POINTER)


def batch_path(dataset: str, batch_id: str) -> Path:
    """The path of a batch's data file; InputError unless the id is 16 hex digits."""
    return Workspace.current().batches(dataset) / f"{checked_id(batch_id)}.parquet"


def checked_id(batch_id: str) -> str:
    """Return ``batch_id`` if it is 16 hex digits, and so safe as a file name; else raise InputError."""
    if not BATCH_ID.fullmatch(batch_id):
        raise InputError(f"{batch_id!r} is not a batch id", "Give the 16 hex digits that name a batch")
    return batch_id


def read_pointer(pointer: Path | os.DirEntry[str], dataset: str) -> BatchRef | None:
    """Read one pointer file; None where there is none, or one without a description; else IntegrityError."""
    try:
        about = pointer.stat()
        return _read(
            os.fspath(pointer), dataset, about.st_ino, about.st_mtime_ns, about.st_ctime_ns, about.st_size
        )
    except FileNotFoundError:
        return None
    except (OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise damage_error(dataset, [_batch_of(pointer)]) from error


def _batch_of(pointer: Path | os.DirEntry[str]) -> str:
    return pointer.name.removesuffix(POINTER)


@lru_cache(maxsize=100_000)
def _read(pointer: str, dataset: str, *_: int) -> BatchRef | None:
    """What a pointer says, kept as long as its file is the same: a run asks for all of a dataset several times."""
    batch_id, content = _batch_of(Path(pointer)), parse(Path(pointer).read_text(encoding="utf-8"))
    if not is_described(content):
        return None
    meta = {name: content["meta"][name] for name in META}
    meta["classes"] = json.loads(meta["classes"])
    meta |= {name: content["meta"].get(name, "") for name in OPTIONAL}
    return BatchRef(dataset=dataset, id=batch_id, md5=content["outs"][0]["md5"], **meta)


def datasets() -> list[str]:
    """Names of the datasets that have batches or files waiting; holdouts are not listed."""
    data = Workspace.current().root / "data"
    found = {
        place.name
        for kind in ("batches", "incoming", "quarantine", "unlabelled")
        for place in (data / kind).glob("*/")
    }
    return sorted(name for name in found if not name.endswith(HOLDOUT))

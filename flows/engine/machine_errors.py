"""What the machine does not give (disk, memory, permission, files, a free database), as one error of ours."""

import errno
import re
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from greenlightning.errors import GreenLightningError, IntegrityError, MachineError

AGAIN = "then run it again"


class Refusal(NamedTuple):
    """What the machine refuses, and the remedy."""

    cause: str
    remedy: str


FULL = Refusal("The disk is full", f"Free some space, {AGAIN}")
READ_ONLY = Refusal("The file system is read-only", "Make it writable, or name another in GREENLIGHTNING_HOME")
DENIED = Refusal("Permission denied", f"Check owner and mode, {AGAIN}")
BROKEN = Refusal("The disk fails to read or write", f"Check the disk, {AGAIN}")
MEMORY = Refusal("Memory is exhausted", "Learn smaller batches, or use a larger machine")
TOO_LONG = Refusal("A file name is too long", "Shorten the name, or the path of the workspace")
FILES = Refusal("Too many files are open", f"Raise the limit with ulimit -n, {AGAIN}")
LOCKED = Refusal("The database is locked by another process", f"Wait for it to end, {AGAIN}")
BY_NUMBER = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: DENIED,
    errno.EPERM: DENIED,
    errno.EIO: BROKEN,
    errno.ENOMEM: MEMORY,
    errno.ENAMETOOLONG: TOO_LONG,
    errno.EMFILE: FILES,
    errno.ENFILE: FILES,
}
BY_SQLITE = {
    "database is locked": LOCKED,
    "database table is locked": LOCKED,
    "database or disk is full": FULL,
    "attempt to write a readonly database": READ_ONLY,
    "unable to open database file": DENIED,
    "disk I/O error": BROKEN,
}
QUOTED = re.compile(r"sqlite3\.OperationalError\) ([a-zA-Z/ ]+)")
"""How SQLAlchemy, and MLflow after it, quote an error of SQLite."""


def as_machine_error(error: BaseException) -> MachineError | None:
    """The refusal of the machine that an error comes from; None where it has another cause.

    Of our own errors only IntegrityError is looked into: bytes that the machine does not give are not damaged.
    """
    if isinstance(error, MachineError):
        return error
    if isinstance(error, GreenLightningError) and not isinstance(error, IntegrityError):
        return None
    for one in _chain(error):
        if refusal := _refusal(one):
            place = getattr(one, "filename", None)
            return MachineError(refusal.cause + (f": {place}" if place else ""), refusal.remedy)
    return None


def _refusal(error: BaseException) -> Refusal | None:
    if isinstance(error, GreenLightningError):
        return None
    if isinstance(error, MemoryError):
        return MEMORY
    if isinstance(error, OSError) and error.errno in BY_NUMBER:
        return BY_NUMBER[error.errno]
    if isinstance(error, sqlite3.OperationalError):
        return BY_SQLITE.get(str(error))
    quoted = QUOTED.search(str(error))
    return BY_SQLITE.get(quoted[1].strip()) if quoted else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and those that it was raised from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__  # type: ignore[assignment]

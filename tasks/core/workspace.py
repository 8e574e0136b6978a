"""The workspace: the folder that holds data, models and runs (``GREENLIGHTNING_HOME``; default: the checkout)."""

import os
import pwd
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import ENOTDIR
from functools import cache
from pathlib import Path
from stat import S_IMODE, S_IRWXG, S_IRWXO

from greenlightning.errors import InputError, MachineError
from tasks.core.environment import CHECKOUT

REFUSED = re.compile(r"[?${}\x00-\x1f\x7f]")
"""SQLite ends an address at ``?``, Great Expectations replaces ``$``, DVC cannot read braces and line ends."""
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}(\.holdout)?")
HOLDOUT = ".holdout"
"""What the name of a dataset's holdout ends in."""
ROOM = 32 << 20
"""Free bytes without which no run begins: databases that cannot grow make everything wait."""
LOCK_TIMEOUT = 600.0
"""Seconds."""


def checked_name(name: str, what: str = "dataset") -> str:
    """Return ``name`` if it is safe as a folder, model and experiment name; else raise InputError."""
    if not NAME.fullmatch(name):
        raise InputError(
            f"{what} name {name!r} is not allowed",
            "Use 1 to 63 of a-z, 0-9, '_' and '-', starting with a letter or digit",
        )
    return name


@cache
def _resolved(home: str) -> Path:
    """The folder that a variable names; hundreds of calls of a run ask for it."""
    return Path(home).expanduser().resolve()


@dataclass(frozen=True)
class Workspace:
    """The folders of one workspace; only ``create`` creates one."""

    root: Path

    @classmethod
    def current(cls) -> "Workspace":
        """The workspace of ``GREENLIGHTNING_HOME``, or the checkout."""
        home = os.environ.get("GREENLIGHTNING_HOME")
        return cls(_resolved(home) if home else CHECKOUT)

    def create(self) -> None:
        """Create the folder and its missing parents, closed to other users (0700).

        Raises InputError if that is not possible, or if a store could not keep its files in such a folder.
        """
        if refused := sorted(set(REFUSED.findall(str(self.root)))):
            raise InputError(
                f"The path of the workspace, {str(self.root)!r}, contains {' and '.join(map(repr, refused))}",
                "Name a folder without it in GREENLIGHTNING_HOME; its stores cannot use this one",
            )
        missing = [folder for folder in (self.root, *self.root.parents) if not folder.exists()]
        try:
            for folder in reversed(missing):
                folder.mkdir(mode=0o700, exist_ok=True)
                folder.chmod(0o700)
            if not self.root.is_dir():
                raise NotADirectoryError(ENOTDIR, "it is not a folder")
        except OSError as error:
            raise InputError(
                f"The workspace {self.root} cannot be created: {error.strerror}",
                "Name another folder in GREENLIGHTNING_HOME",
            ) from error
        self._refuse_that_of_another_user()
        self._close_to_others()

    def _close_to_others(self) -> None:
        """Take a workspace that was made open, as by an earlier release, from other users; never the checkout."""
        about = self.root.stat()
        is_ours = about.st_uid == os.geteuid() and self.mlruns.is_dir() and self.root != CHECKOUT
        if is_ours and about.st_mode & (S_IRWXG | S_IRWXO):
            self.root.chmod(S_IMODE(about.st_mode) & ~(S_IRWXG | S_IRWXO))

    def _refuse_that_of_another_user(self) -> None:
        """Raise MachineError where another user owns the folder; root's is used where it is open to us."""
        owner = self.root.stat().st_uid
        if owner == os.geteuid() or (owner == 0 and os.access(self.root, os.W_OK | os.X_OK)):
            return
        raise MachineError(
            f"The workspace {self.root} belongs to another user ({_name(owner)})",
            "Run the command as that user, or name another folder in GREENLIGHTNING_HOME",
        )

    def check_room(self) -> None:
        """Raise MachineError where the disk is full, or closed to this process."""
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise MachineError(f"The workspace {self.root} cannot be written to", "Check its mode and its disk")
        if (free := shutil.disk_usage(self.root).free) < ROOM:
            raise MachineError(
                f"The disk is full: {free >> 20} MiB are left in {self.root}",
                f"Free {ROOM >> 20} MiB at least, then run it again",
            )

    def seen_from_here(self, path: Path) -> str:
        """The path as every machine may read it: from the workspace on, where it is in it."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)

    def incoming(self, dataset: str) -> Path:
        return self.root / "data" / "incoming" / checked_name(dataset)

    def quarantine(self, dataset: str) -> Path:
        return self.root / "data" / "quarantine" / checked_name(dataset)

    def batches(self, dataset: str) -> Path:
        return self.root / "data" / "batches" / checked_name(dataset)

    @property
    def data_docs(self) -> Path:
        return self.root / "data" / "docs"

    @property
    def mlruns(self) -> Path:
        return self.root / "mlruns"

    @property
    def database(self) -> Path:
        """The embedded SQLite file of MLflow."""
        return self.mlruns / "mlflow.db"

    @property
    def tracking_uri(self) -> str:
        """MLflow's address: ``MLFLOW_TRACKING_URI`` where set, else the embedded SQLite file."""
        return os.environ.get("MLFLOW_TRACKING_URI") or self._embedded_uri

    @property
    def tracks_in_database(self) -> bool:
        """Whether MLflow's address is the embedded SQLite file."""
        return self.tracking_uri == self._embedded_uri

    @property
    def _embedded_uri(self) -> str:
        return f"sqlite:///{self.database}"

    @property
    def scratch(self) -> Path:
        return self.root / ".prefect" / "scratch"

    @property
    def locks(self) -> Path:
        return self.root / ".prefect" / "locks"

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold a lock against all other processes and threads; who holds it may take it again."""
        from filelock import FileLock

        self.locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self.locks / f"{name}.lock", timeout=LOCK_TIMEOUT, is_singleton=True):
            yield


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"uid {user}"

"""The first use of a database: it is created and migrated by one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from tasks.core.workspace import Workspace


def is_migrated(workspace: Workspace, distribution: str, database: Path) -> bool:
    """Whether this release of a distribution (``prefect``, ``mlflow``) has opened the database before."""
    return database.exists() and _marker(workspace, distribution).exists()


@contextmanager
def first_use(workspace: Workspace, distribution: str, database: Path) -> Iterator[None]:
    """Hold a lock while the body opens a database for the first time; later uses need no lock."""
    if is_migrated(workspace, distribution, database):
        yield
        return
    workspace.locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(workspace.locks / f"{distribution}.lock"):
        yield
        _marker(workspace, distribution).touch()


def _marker(workspace: Workspace, distribution: str) -> Path:
    return workspace.locks / f"{distribution}-{_release(distribution)}.migrated"


@cache
def _release(distribution: str) -> str:
    """The installed version; reading it costs milliseconds, and every connection to MLflow asks."""
    return version(distribution)

"""A full disk, no memory, no permission: one line and exit code 8, at every durable step of every command."""

import errno
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from tasks.core import atomic
from tests.helpers.command import Said, refusal
from tests.helpers.digits import DIGITS, FIRST, source

pytestmark = pytest.mark.usefixtures("prefect")
ERRORS = {
    "disk full": (OSError(errno.ENOSPC, "No space left on device"), "The disk is full"),
    "read-only": (OSError(errno.EROFS, "Read-only file system"), "The file system is read-only"),
    "permission": (PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
    "broken disk": (OSError(errno.EIO, "Input/output error"), "The disk fails to read or write"),
    "name too long": (OSError(errno.ENAMETOOLONG, "File name too long"), "A file name is too long"),
    "open files": (OSError(errno.EMFILE, "Too many open files"), "Too many files are open"),
    "memory": (MemoryError(), "Memory is exhausted"),
    "locked": (sqlite3.OperationalError("database is locked"), "The database is locked by another process"),
}


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("kind", ERRORS)
def test_a_step_that_the_machine_refuses_is_named_in_one_line(
    kind: str, home: Path, say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    error, cause = ERRORS[kind]
    path = source("first", FIRST)
    monkeypatch.setattr(atomic.os, "replace", failing(error))
    monkeypatch.setattr(Path, "replace", failing(error))
    said = say("ingest", path, "-d", DIGITS)
    assert said.code == 8 and refusal(said).startswith(cause)
    assert path.is_file()


def test_the_help_explains_the_code() -> None:
    assert "8 the machine refused" in " ".join(CliRunner().invoke(app, ["ingest", "--help"]).output.split())

"""What the machine refuses is one error with its remedy, however a library wraps it."""

import errno
import sqlite3

import pytest
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import OperationalError

from flows.engine.error_messages import error_message, is_machine
from flows.engine.machine_errors import as_machine_error
from greenlightning.errors import InputError, IntegrityError, MachineError

LOCKED = sqlite3.OperationalError("database is locked")


def raised_from(error: Exception, cause: Exception) -> Exception:
    """An error as ``raise error from cause`` leaves it."""
    error.__cause__ = cause
    return error


def while_handling(error: Exception, first: Exception) -> Exception:
    error.__context__ = first
    return error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(errno.ENOSPC, "x"), "The disk is full"),
        (OSError(errno.EDQUOT, "x"), "The disk is full"),
        (OSError(errno.EROFS, "x", "/data"), "The file system is read-only: /data"),
        (PermissionError(errno.EACCES, "x", "/data"), "Permission denied: /data"),
        (OSError(errno.EIO, "x"), "The disk fails to read or write"),
        (OSError(errno.ENAMETOOLONG, "x"), "A file name is too long"),
        (OSError(errno.EMFILE, "x"), "Too many files are open"),
        (OSError(errno.ENFILE, "x"), "Too many files are open"),
        (OSError(errno.ENOMEM, "x"), "Memory is exhausted"),
        (MemoryError(), "Memory is exhausted"),
        (LOCKED, "The database is locked by another process"),
        (sqlite3.OperationalError("database or disk is full"), "The disk is full"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "The file system is read-only"),
        (OperationalError("SELECT 1", {}, LOCKED), "The database is locked by another process"),
        (MlflowException("(sqlite3.OperationalError) database is locked\n[SQL: x]"), "The database is locked"),
        (raised_from(RuntimeError("a task failed"), OSError(errno.ENOSPC, "x")), "The disk is full"),
        (while_handling(ValueError("x"), MemoryError()), "Memory is exhausted"),
        (raised_from(IntegrityError("corrupt", "Restore"), OSError(errno.EMFILE, "x")), "Too many files are open"),
    ],
    ids=str,
)
def test_a_refusal_of_the_machine_is_named_with_its_remedy(error: Exception, cause: str) -> None:
    found = as_machine_error(error)
    assert isinstance(found, MachineError) and found.cause.startswith(cause) and found.remedy
    assert error_message(error).cause == found.cause and is_machine(error)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("a"),
        FileNotFoundError(errno.ENOENT, "x"),
        sqlite3.OperationalError("no such table: runs"),
        raised_from(InputError("A port is taken", "Choose another"), OSError(errno.EACCES, "x")),
        raised_from(IntegrityError("corrupt", "Restore"), FileNotFoundError(errno.ENOENT, "x")),
    ],
    ids=str,
)
def test_other_errors_are_none(error: Exception) -> None:
    assert as_machine_error(error) is None


def test_a_chain_that_turns_back_ends() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert as_machine_error(first) is None

"""The first use of a database happens in one process at a time, and once for each release."""

from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from tasks.core import first_use as module
from tasks.core.first_use import first_use, is_migrated
from tasks.core.workspace import Workspace


def test_the_lock_is_held_while_the_database_is_opened_for_the_first_time(home: Path) -> None:
    workspace, database = Workspace(home), home / "mlflow.db"
    with first_use(workspace, "mlflow", database):
        with pytest.raises(Timeout), FileLock(workspace.locks / "mlflow.lock", timeout=0):
            pass
        assert not is_migrated(workspace, "mlflow", database)
        database.touch()
    assert is_migrated(workspace, "mlflow", database)


def test_an_opening_that_fails_is_tried_again_by_the_next(home: Path) -> None:
    workspace, database = Workspace(home), home / "mlflow.db"
    with pytest.raises(OSError, match="full"), first_use(workspace, "mlflow", database):
        database.touch()
        raise OSError("the disk is full")
    assert not is_migrated(workspace, "mlflow", database)


def test_another_release_opens_it_for_the_first_time_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, database = Workspace(home), home / "mlflow.db"
    with first_use(workspace, "mlflow", database):
        database.touch()
    monkeypatch.setattr(module, "_release", lambda _: "99.0")
    assert not is_migrated(workspace, "mlflow", database)

"""What dead processes leave behind is found and removed; a damaged database and open folders are named."""

import os
import socket
import time
from pathlib import Path

import pytest

from tasks.core.constants import Kind, Tag
from tasks.integrity.findings import repaired
from tasks.integrity.workspace_checks import check_orphans, check_workspace
from tasks.tracking.client import connect, experiment_id


def test_a_fresh_workspace_is_in_order(home: Path) -> None:
    home.chmod(0o700)
    assert list(check_workspace()) == []


@pytest.mark.parametrize("folder", ["data/incoming/d", "mlruns/artifacts/d/models/m/artifacts"])
def test_a_file_left_half_written_is_removed_once_it_is_old(home: Path, folder: str) -> None:
    partial = home / folder / f".a.parquet.{'0f' * 16}"
    partial.parent.mkdir(parents=True)
    partial.touch()
    assert list(check_workspace()) == []
    os.utime(partial, (time.time() - 7200,) * 2)
    repaired(check_workspace())
    assert not partial.exists()


def test_a_folder_that_others_may_write_to_is_closed(home: Path) -> None:
    site = home / ".dvc" / "tmp" / "site"
    site.mkdir(parents=True)
    site.chmod(0o777)
    [finding] = check_workspace()
    assert "other users may write to it (777)" in finding.line
    repaired([finding])
    assert site.stat().st_mode & 0o777 == 0o700


def test_a_damaged_database_is_named(mlflow_home: Path) -> None:
    database = mlflow_home / "mlruns" / "mlflow.db"
    content = bytearray(database.read_bytes())
    content[4096 * 3 : 4096 * 4] = bytes(4096)
    database.write_bytes(content)
    assert any("mlruns/mlflow.db" in finding.line for finding in check_workspace())


@pytest.mark.usefixtures("mlflow_home")
def test_the_run_of_a_dead_process_is_ended() -> None:
    tags = {Tag.KIND: Kind.RETRAIN, Tag.PROCESS: f"{socket.gethostname()}/999999/1.0"}
    run_id = connect().create_run(experiment_id("digits"), tags=tags).info.run_id
    for finding in check_orphans("digits"):
        repaired([finding])
    assert list(check_orphans("digits")) == []
    assert connect().get_run(run_id).info.status == "KILLED"

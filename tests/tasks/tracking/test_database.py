"""A lost or cut database is named; it never passes for an empty workspace."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from greenlightning.errors import IntegrityError
from tasks.core.constants import Kind
from tasks.core.workspace import Workspace
from tasks.models import registry
from tasks.tracking.client import connect
from tasks.tracking.database import check_database, commit_at_once, faults_of, make_durable, read_only
from tasks.tracking.runs import flow_run


@pytest.fixture
def database(mlflow_home: Path) -> Path:
    """The database of a workspace with a run that has artifacts."""
    with flow_run("digits", Kind.TRAIN) as run_id:
        connect().log_text(run_id, "x", "a.txt")
    return mlflow_home / "mlruns" / "mlflow.db"


def gone(database: Path) -> None:
    database.unlink()


def emptied(database: Path) -> None:
    database.write_bytes(b"")


def halved(database: Path) -> None:
    whole = database.read_bytes()
    database.unlink()
    database.write_bytes(whole[: len(whole) // 2])


def overwritten(database: Path) -> None:
    whole = database.read_bytes()
    database.unlink()
    database.write_bytes(b"not SQLite at all" + whole[17:])


@pytest.mark.parametrize("spoil", [gone, emptied, halved, overwritten])
def test_a_lost_or_cut_database_beside_artifacts_is_named_with_the_remedy(database: Path, spoil: object) -> None:
    assert registry.champion("digits") is None
    for log in database.parent.glob("mlflow.db-*"):
        log.unlink()
    spoil(database)  # type: ignore[operator]
    with pytest.raises(IntegrityError, match=r"mlflow.db .*Restore it from a backup"):
        registry.champion("digits")


def test_a_fresh_database_in_its_place_is_named_too(database: Path, empty_database: Path) -> None:
    database.unlink()
    shutil.copy(empty_database, database)
    with pytest.raises(IntegrityError, match="does not know digits, whose artifacts are there"):
        registry.champion("digits")


def test_an_empty_workspace_is_no_damage(home: Path) -> None:
    assert registry.champion("digits") is None


def test_all_pages_are_read_when_asked(database: Path) -> None:
    assert faults_of(database) == []
    halved(database)
    assert faults_of(database)


HALF_WRITTEN = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = DELETE")
connection.execute("PRAGMA cache_size = 2")
connection.execute("BEGIN")
connection.execute("CREATE TABLE half_written (text)")
connection.executemany("INSERT INTO half_written VALUES (?)", [("x" * 4000,)] * 200)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_half_written_is_rolled_back(home: Path, empty_database: Path) -> None:
    database = Workspace.current().database
    database.parent.mkdir()
    shutil.copy(empty_database, database)
    assert subprocess.run([sys.executable, "-c", HALF_WRITTEN, database], check=False).returncode == -9
    assert database.with_name("mlflow.db-journal").stat().st_size > 0
    check_database(Workspace.current())
    assert faults_of(database) == []
    with closing(read_only(database)) as connection:
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'half_written'").fetchall()


def test_a_connection_for_reading_writes_nothing(database: Path) -> None:
    with closing(read_only(database)) as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM runs")


# --- what commits wait for --------------------------------------------------------------------------------------

FULL, NORMAL = 2, 1


@pytest.mark.parametrize(("mode", "waits"), [("wal", NORMAL), ("delete", FULL)])
def test_commits_do_not_wait_for_the_disk_where_there_is_a_log(tmp_path: Path, mode: str, waits: int) -> None:
    """Without the log a power failure could damage the database."""
    commit_at_once()
    file = tmp_path / "one.db"
    with closing(sqlite3.connect(file)) as made:
        made.execute(f"PRAGMA journal_mode = {mode}")
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == waits
    engine.dispose()


def test_what_is_made_durable_is_in_the_database_itself(database: Path) -> None:
    """Without its log, as where the power failed, the database has all that was committed before."""
    with closing(sqlite3.connect(database)) as kept:  # while one is open SQLite keeps the log
        kept.execute("PRAGMA journal_mode = wal")
        kept.execute("CREATE TABLE news AS SELECT 1 AS number")
        kept.commit()
        make_durable(Workspace.current())
        with closing(sqlite3.connect(f"{database.as_uri()}?immutable=1", uri=True)) as alone:
            assert alone.execute("SELECT number FROM news").fetchall() == [(1,)]

"""Prefect's server as `up` runs it: a transaction that reads before it writes holds the lock."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from prefect.server.api import server
from prefect.server.database.configurations import AioSqliteConfiguration
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from flows.servers import dashboard, prefect_server
from tasks.core.workspace import Workspace


def write_at_once(database: Path) -> None:
    """Add 10 in another connection that does not wait."""
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE counts SET number = number + 10")
        other.execute("COMMIT")


async def add_one(database: Path, wait: bool) -> None:
    """A transaction that reads a number, and then writes the next one; another writes in between, or cannot."""
    configuration = AioSqliteConfiguration(f"sqlite+aiosqlite:///{database}")
    engine = await configuration.engine()
    try:
        async with await configuration.session(engine) as session, configuration.begin_transaction(session):
            found = (await session.execute(text("SELECT number FROM counts"))).scalar_one()
            if wait:
                with pytest.raises(sqlite3.OperationalError, match="database is locked"):
                    write_at_once(database)
            else:
                write_at_once(database)
            await session.execute(text("UPDATE counts SET number = :next"), {"next": found + 1})
    finally:
        await engine.dispose()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "prefect.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE counts AS SELECT 0 AS number")
    return file


def number(database: Path) -> int:
    with closing(sqlite3.connect(database)) as made:
        return int(made.execute("SELECT number FROM counts").fetchone()[0])


def test_prefect_by_itself_refuses_a_write_after_a_read_where_another_wrote_in_between(database: Path) -> None:
    """Where this fails, Prefect has mended it, and ``let_writers_wait`` can go."""
    with pytest.raises(OperationalError, match="database is locked"):
        asyncio.run(add_one(database, wait=False))
    assert number(database) == 10


def test_a_writer_waits_until_a_transaction_that_has_read_has_written(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AioSqliteConfiguration, "begin_transaction", AioSqliteConfiguration.begin_transaction)
    prefect_server.let_writers_wait()
    asyncio.run(add_one(database, wait=True))
    write_at_once(database)
    assert number(database) == 11


def test_the_server_asks_itself_what_it_serves(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AioSqliteConfiguration, "begin_transaction", AioSqliteConfiguration.begin_transaction)
    monkeypatch.setattr(server, "create_app", server.create_app)
    gate = dashboard.prefect(Workspace(home))
    assert server.create_app() is gate.application  # type: ignore[attr-defined]

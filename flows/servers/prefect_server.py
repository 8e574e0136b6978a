"""Prefect's server as `up` runs it, on SQLite: writers wait where they failed."""

from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from prefect.server.api import server
from prefect.server.database.configurations import AioSqliteConfiguration
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

_begin = AioSqliteConfiguration.begin_transaction


def application() -> FastAPI:
    """The server.

    What it asks itself, as for the run that an event starts, goes to the same application: to find it by all
    settings would take 0.04 s each time.
    """
    let_writers_wait()
    made = server.create_app(final=True)
    server.create_app = lambda: made  # type: ignore[assignment, misc]
    return made


def let_writers_wait() -> None:
    """Have each transaction of this process take the lock of writers first, as those do that read for update.

    One that reads before it writes fails at once where another has written in between ("database is locked",
    however long it may wait for a lock), the server answers 503, and the client tries again after two seconds.
    """
    AioSqliteConfiguration.begin_transaction = _begin_for_update  # type: ignore[method-assign, assignment]


def _begin_for_update(
    self: AioSqliteConfiguration, session: AsyncSession, with_for_update: bool = True
) -> AbstractAsyncContextManager[AsyncSessionTransaction]:
    return _begin(self, session, with_for_update=True)

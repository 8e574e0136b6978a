"""Prefect's store on SQLite: transactions wait for each other.

One that reads before it writes fails at once where another has written in between ("database is locked", however
long it may wait for a lock), the server answers 503, and the client tries again after some two seconds.
"""

from contextlib import AbstractAsyncContextManager

from prefect.server.database.configurations import AioSqliteConfiguration
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

_begin = AioSqliteConfiguration.begin_transaction


def let_writers_wait() -> None:
    """Have each transaction of this process take the lock of writers first, as those do that read for update."""
    AioSqliteConfiguration.begin_transaction = _begin_for_update  # type: ignore[method-assign, assignment]


def _begin_for_update(
    self: AioSqliteConfiguration, session: AsyncSession, with_for_update: bool = True
) -> AbstractAsyncContextManager[AsyncSessionTransaction]:
    return _begin(self, session, with_for_update=True)

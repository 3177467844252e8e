"""Makes the writers of a Prefect server on SQLite wait for each other, where Prefect's own fail.

Prefect begins most transactions as readers. Two that read and then write at the same time cannot both go on: SQLite
refuses one at once, however long it was told to wait. The server then answers 503 or drops what it was at, and
clients ask again after two, four, eight … seconds. Invariant: every transaction takes SQLite's lock for writing
when it begins, so that it waits for its turn (up to Prefect's own minute) and then never fails for another's sake.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from prefect.server.database.configurations import AioSqliteConfiguration
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction


def take_turns() -> None:
    """For this process, from now on; other databases are not touched."""
    begin = AioSqliteConfiguration.begin_transaction

    def begin_as_writer(
        self: AioSqliteConfiguration, session: AsyncSession, with_for_update: bool = False
    ) -> AbstractAsyncContextManager[AsyncSessionTransaction]:
        del with_for_update
        return begin(self, session, with_for_update=True)

    AioSqliteConfiguration.begin_transaction = begin_as_writer  # type: ignore[method-assign, assignment]

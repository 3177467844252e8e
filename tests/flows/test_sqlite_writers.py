"""Writers of a Prefect server on SQLite wait for each other."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from prefect.server.database.configurations import AioSqliteConfiguration
from sqlalchemy.exc import OperationalError

from flows.sqlite_writers import take_turns

pytestmark = pytest.mark.prefect
WRITERS = 5


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with one number in it; what `take_turns` changes is put back."""
    monkeypatch.setattr(AioSqliteConfiguration, "begin_transaction", AioSqliteConfiguration.begin_transaction)
    path = tmp_path / "counter.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE counter (value INTEGER)")
        connection.execute("INSERT INTO counter VALUES (0)")
    connection.close()
    return path


def test_transactions_that_read_and_then_write_are_refused_by_prefects_own_way(counter: Path) -> None:
    with pytest.raises(OperationalError, match="database is locked"):
        asyncio.run(_count_up(counter))


def test_each_waits_for_its_turn_and_none_is_refused(counter: Path) -> None:
    take_turns()
    asyncio.run(_count_up(counter))
    with sqlite3.connect(counter) as connection:
        assert connection.execute("SELECT value FROM counter").fetchone() == (WRITERS,)
    connection.close()


async def _count_up(path: Path) -> None:
    """Several at once read the number, think, and write the next one."""
    database = AioSqliteConfiguration(connection_url=f"sqlite+aiosqlite:///{path}")
    engine = await database.engine()

    async def one() -> None:
        async with await database.session(engine) as session, database.begin_transaction(session):
            value = (await session.execute(sa.text("SELECT value FROM counter"))).scalar_one()
            await asyncio.sleep(0.02)
            await session.execute(sa.text("UPDATE counter SET value = :next"), {"next": value + 1})

    try:
        await asyncio.gather(*(one() for _ in range(WRITERS)))
    finally:
        await engine.dispose()

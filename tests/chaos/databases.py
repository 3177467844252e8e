"""The database of a chaos run: a file, or a PostgreSQL server of its own from a wheel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.chaos.settings import Database
from tests.postgres import postgres_server


@contextmanager
def ledger_at(database: Database) -> Iterator[str | None]:
    """Address of an empty database for the length of the block; None: the file in the home folder."""
    if database is Database.SQLITE:
        yield None
        return
    with postgres_server() as server:
        yield server.new_database()

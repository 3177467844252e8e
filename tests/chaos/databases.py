"""The database of a chaos run: a file, or a PostgreSQL server of its own from a wheel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.settings import Database


@contextmanager
def ledger_at(database: Database, home: Path) -> Iterator[str | None]:
    """Address of an empty database for the length of the block; None: the file in the home folder."""
    if database is Database.SQLITE:
        yield None
        return
    from tests.contract.postgres import running_postgres

    with running_postgres(home / "postgres") as url:
        yield url

"""Opening a ledger: made when there is none, brought up to date when it is older, refused when it is newer.

Invariant: of several workers that start at once, one makes or upgrades the tables and the others wait for it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, insert, text

from closeloop.adapters.ledger import (
    approval_tables,  # noqa: F401 - its tables are part of the schema
    credit_tables,  # noqa: F401 - its table is part of the schema
    event_tables,  # noqa: F401 - its tables are part of the schema
    grant_tables,  # noqa: F401 - its tables are part of the schema
    postgres,
    sqlite,
)
from closeloop.adapters.ledger.columns import POSTGRESQL
from closeloop.adapters.ledger.engine import Database
from closeloop.adapters.ledger.failures import LedgerIsNewer
from closeloop.adapters.ledger.schema import SCHEMA_VERSION, metadata, schema_version
from closeloop.adapters.ledger.triggers import triggers
from closeloop.domain.errors import LedgerUnavailable

_LOCK = sqlite.APPLICATION_ID
_UPGRADE_SECONDS = 900
"""For so long a worker waits for another one that upgrades a large ledger."""


def open_database(place: Path | str, busy_seconds: float = 30.0, patience: float = 90.0) -> Database:
    """Open or create the ledger at `place`: a file, `:memory:` for a private one, or `postgresql://…`.

    A writer waits up to `busy_seconds` for another one; once open, a server that went away is waited for
    `patience` seconds. Raises `LedgerUnavailable` for a ledger that is locked, damaged, out of reach or no
    ledger, and `LedgerIsNewer` for one that this program does not understand.
    """
    if isinstance(place, str) and postgres.is_address(place):
        database = postgres.connect(place, busy_seconds, patience)
    else:
        database = sqlite.connect(place, busy_seconds)
    try:
        _ensure_schema(database)
    except BaseException:
        database.close()
        raise
    return database


def _ensure_schema(database: Database) -> None:
    with database.read() as connection:
        version = stored_version(connection, database.place)
    if version is None:
        with database.write() as connection:
            lock(connection)
            version = stored_version(connection, database.place)
            if version is None:
                create(connection)
                return
    if version > SCHEMA_VERSION:
        raise LedgerIsNewer(
            f"The ledger {database.place} was written by a newer Closeloop (schema {version}, this one knows "
            f"{SCHEMA_VERSION}): update Closeloop, or use the version that wrote it"
        )
    if version < SCHEMA_VERSION:
        from closeloop.adapters.ledger.upgrade import upgrade  # loads Alembic, which only an old ledger needs

        upgrade(database)


def lock(connection: Connection) -> None:
    """Until this transaction ends nobody else makes or upgrades the tables; SQLite's writer is alone anyway."""
    if connection.dialect.name == POSTGRESQL:
        connection.execute(text(f"SET LOCAL statement_timeout = '{_UPGRADE_SECONDS}s'"))
        connection.execute(text(f"SET LOCAL lock_timeout = '{_UPGRADE_SECONDS}s'"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def stored_version(connection: Connection, place: str) -> int | None:
    """The number of the schema in the database; None when it is empty. `LedgerUnavailable` when it is not ours."""
    if connection.dialect.name == POSTGRESQL:
        return _stored_in_postgres(connection, place)
    application = _pragma(connection, "application_id")
    version = _pragma(connection, "user_version")
    if application == sqlite.APPLICATION_ID:
        return version
    tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    if application or version or tables:
        raise LedgerUnavailable(
            f"The file {place} is a database, but not a Closeloop ledger: check CLOSELOOP_HOME, or move it away"
        )
    return None


def _stored_in_postgres(connection: Connection, place: str) -> int | None:
    there = "SELECT to_regclass('schema_version') IS NOT NULL, to_regclass('prospects') IS NOT NULL"
    versioned, occupied = connection.execute(text(there)).one()
    if not versioned and occupied:
        raise LedgerUnavailable(
            f"The database {place} holds tables of another program: give Closeloop a database or schema of its own"
        )
    number: str | None = None
    if versioned:
        number = connection.execute(text("SELECT max(version_num) FROM schema_version")).scalar_one()
    with suppress(TypeError, ValueError):
        return int(number)  # type: ignore[arg-type]
    if versioned:
        raise LedgerUnavailable(
            f"The database {place} has no schema number of ours in schema_version: restore the last backup"
        )
    return None


def create(connection: Connection) -> None:
    """All tables and rules in an empty database."""
    metadata.create_all(connection, checkfirst=False)
    for statement in triggers(connection.dialect.name):
        connection.exec_driver_sql(statement)
    connection.execute(insert(schema_version).values(version_num=f"{SCHEMA_VERSION:04}"))
    mark(connection)


def mark(connection: Connection) -> None:
    """The file says in its header what it is, so that nobody has to look inside."""
    if connection.dialect.name != POSTGRESQL:
        connection.exec_driver_sql(f"PRAGMA application_id = {sqlite.APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())

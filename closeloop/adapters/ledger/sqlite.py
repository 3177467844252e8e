"""All SQL that only SQLite understands: pragmas, triggers, insert-or-ignore and the backup API.

Another database needs its own version of this file and of `failures.py`; the rest is SQLAlchemy Core.
"""

from __future__ import annotations

import sqlite3
from typing import Any, cast

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects.sqlite import Insert, insert

from closeloop.adapters.ledger.schema import SCHEMA_VERSION, legal_move, metadata
from closeloop.domain.errors import LedgerUnavailable

APPLICATION_ID = 0x434C4F4F  # `CLOO` in the file header: how we know a ledger from any other SQLite file

_TRIGGERS = (
    # The history is evidence: nobody changes it, also not by hand.
    "CREATE TRIGGER action_events_are_never_changed BEFORE UPDATE ON action_events "
    "BEGIN SELECT RAISE(ABORT, 'action_events is append-only'); END",
    "CREATE TRIGGER action_events_are_never_deleted BEFORE DELETE ON action_events "
    "BEGIN SELECT RAISE(ABORT, 'action_events is append-only'); END",
    # The table of moves holds for every writer, also for one that goes round this code.
    "CREATE TRIGGER actions_move_by_the_table BEFORE UPDATE OF state ON actions "
    f"WHEN OLD.state <> NEW.state AND NOT ({legal_move('OLD.state', 'NEW.state')}) "
    "BEGIN SELECT RAISE(ABORT, 'no such move of an action'); END",
)


def prepare_connection(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Settings that SQLite keeps per connection."""
    connection.isolation_level = None  # transactions begin where we say so, see `begin`
    connection.execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")
    connection.execute("PRAGMA foreign_keys = ON")
    # FULL: with NORMAL a power cut may roll back the last commits. A claim that is rolled back after its
    # mail has left would be sent twice; one fsync for a batch of hundreds is cheap against that.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -16000")  # 16 MB: the indexes of 100,000 prospects
    connection.execute("PRAGMA wal_autocheckpoint = 4000")  # pages, 16 MB: several batches for one checkpoint


def begin(connection: Connection) -> None:
    """A writer takes the write lock at once: one that upgrades later can fail without having waited."""
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def use_wal(connection: sqlite3.Connection) -> None:
    """Readers and one writer do not block each other. The setting stays in the file."""
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode not in {"wal", "memory"}:
        connection.execute("PRAGMA journal_mode = WAL")


def ensure_schema(connection: Connection, place: str) -> None:
    """Create the tables in an empty database; refuse one that is not ours or newer than we are."""
    application = _pragma(connection, "application_id")
    version = _pragma(connection, "user_version")
    if application == APPLICATION_ID:
        _refuse_other_version(version, place)
        return
    tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    if application or version or tables:
        raise LedgerUnavailable(
            f"The file {place} is a database, but not a Closeloop ledger: check CLOSELOOP_HOME, or move it away"
        )
    metadata.create_all(connection)
    for trigger in _TRIGGERS:
        connection.exec_driver_sql(trigger)
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _refuse_other_version(version: int, place: str) -> None:
    if version > SCHEMA_VERSION:
        raise LedgerUnavailable(
            f"The ledger {place} was written by a newer Closeloop (schema {version}, this one knows "
            f"{SCHEMA_VERSION}): update Closeloop, or use the version that wrote it"
        )
    if version < SCHEMA_VERSION:
        raise LedgerUnavailable(
            f"The ledger {place} has schema {version}, which was never released: restore the last backup"
        )


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def insert_into(table: Table) -> Insert:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return insert(table)


def insert_new(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> int:
    """Insert the rows whose keys are not there yet; how many that were."""
    if not rows:
        return 0
    return connection.execute(insert_into(table).on_conflict_do_nothing(), rows).rowcount


def copy_database(source: Engine, target: Engine) -> None:
    """Everything of `source`, as of one moment, into the empty `target`."""
    reading, writing = source.raw_connection(), target.raw_connection()
    try:
        origin = cast("sqlite3.Connection", reading.driver_connection)
        origin.backup(cast("sqlite3.Connection", writing.driver_connection))
    finally:
        reading.close()
        writing.close()

"""All that only SQLite understands: the file, its pragmas, its transactions and its backup.

Invariant: a commit survives a power cut, and a writer that must wait does so before it has read anything.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from closeloop.adapters.ledger.engine import JSON_TEXT, Database, explain_failures
from closeloop.adapters.ledger.failures import RowDamaged, unavailable
from closeloop.domain.errors import LedgerUnavailable

MEMORY = ":memory:"
APPLICATION_ID = 0x434C4F4F  # `CLOO` in the file header: how we know a ledger from any other SQLite file
_WAL_TRIES = 20


def connect(path: Path | str, busy_seconds: float) -> Database:
    """The file at `path`, made for its owner only if need be; `:memory:` is a private one."""
    place = str(path)
    if place != MEMORY:
        _make_file(Path(path))
    engine = _engine(place, busy_seconds)
    try:
        _set_wal(engine, place)
    except UnicodeDecodeError as problem:  # not even its tables can be read
        engine.dispose()
        raise RowDamaged(place) from problem
    except BaseException:
        engine.dispose()
        raise
    return Database(engine, place, reader=engine, writer=engine.execution_options(writing=True))


def _make_file(path: Path) -> None:
    """A ledger holds people's data: only its owner may read a new one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise LedgerUnavailable(
            f"The ledger {path} cannot be opened: check that this user may write there ({error})"
        ) from error


def _engine(place: str, busy_seconds: float) -> Engine:
    pool: dict[str, Any] = {"pool_size": 5, "max_overflow": 10}
    if place == MEMORY:
        pool = {"pool_size": 1, "max_overflow": 0}  # the content lives in its one connection
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(place, check_same_thread=False, timeout=busy_seconds),
        poolclass=QueuePool,
        **JSON_TEXT,
        **pool,
    )

    def prepare(connection: Any, record: object) -> None:
        _prepare_connection(connection, busy_seconds)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin)
    explain_failures(engine, place)
    return engine


def _prepare_connection(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Settings that SQLite keeps per connection."""
    connection.isolation_level = None  # transactions begin where we say so, see `_begin`
    connection.execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")
    connection.execute("PRAGMA foreign_keys = ON")
    # FULL: with NORMAL a power cut may roll back the last commits. A claim that is rolled back after its
    # mail has left would be sent twice; one fsync for a batch of hundreds is cheap against that.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -16000")  # 16 MB: the indexes of 100,000 prospects
    connection.execute("PRAGMA wal_autocheckpoint = 4000")  # pages, 16 MB: several batches for one checkpoint


def _begin(connection: Connection) -> None:
    """A writer takes the write lock at once: one that upgrades later can fail without having waited."""
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _set_wal(engine: Engine, place: str) -> None:
    """Several processes may make the same new file at once, and this switch does not wait by itself."""
    for attempt in range(1, _WAL_TRIES + 1):
        try:
            connection = engine.raw_connection()
            try:
                _use_wal(cast("sqlite3.Connection", connection.driver_connection))
            finally:
                connection.close()
        except sqlite3.Error as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or attempt == _WAL_TRIES:
                raise unavailable(place, error) from error
            time.sleep(0.05)
        else:
            return


def _use_wal(connection: sqlite3.Connection) -> None:
    """Readers and one writer do not block each other. The setting stays in the file."""
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode not in {"wal", "memory"}:
        connection.execute("PRAGMA journal_mode = WAL")


def copy_database(source: Engine, target: Engine) -> None:
    """Everything of `source`, as of one moment, into the empty `target`."""
    reading, writing = source.raw_connection(), target.raw_connection()
    try:
        origin = cast("sqlite3.Connection", reading.driver_connection)
        origin.backup(cast("sqlite3.Connection", writing.driver_connection))
    finally:
        reading.close()
        writing.close()


def copy_aside(engine: Engine, target: Path) -> None:
    """The whole content as of now in a new file that only its owner may read; all of it or no file."""
    unfinished = target.with_name(target.name + ".part")
    try:
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        source, copy = engine.raw_connection(), sqlite3.connect(unfinished)
        try:
            cast("sqlite3.Connection", source.driver_connection).backup(copy)
        finally:
            copy.close()
            source.close()
        unfinished.replace(target)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise LedgerUnavailable(
            f"The ledger cannot be copied to {target}, so it was left as it is: free some space there ({error})"
        ) from error

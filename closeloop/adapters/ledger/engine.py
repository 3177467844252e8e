"""Opening the database: one engine, its transactions, and errors that say what to do.

Invariants: every transaction is a `read()` (a snapshot) or a `write()` (committed when the block ends, or not
at all); every failure of the database leaves here as `LedgerUnavailable`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.pool import QueuePool

from closeloop.adapters.ledger import sqlite
from closeloop.adapters.ledger.codec import dump_json, load_json
from closeloop.adapters.ledger.failures import translated, unavailable
from closeloop.domain.errors import LedgerUnavailable

MEMORY = ":memory:"
_IN_LIST = 500
"""Values in one IN list; every database takes that many, and the statement stays cached."""
_WAL_TRIES = 20

Item = TypeVar("Item")


class Database:
    """An open ledger database. Safe to share between threads; one in memory serves them one at a time."""

    def __init__(self, engine: Engine, place: str) -> None:
        self.engine = engine
        self.place = place
        self._writer = engine.execution_options(writing=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot for all queries of the block."""
        with self._connect(self.engine) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, committed when the block ends, rolled back when it raises."""
        with self._connect(self._writer) as connection, connection.begin():
            yield connection

    def _connect(self, engine: Engine) -> Connection:
        try:
            return engine.connect()
        except NoConnectionFree as full:
            raise LedgerUnavailable(
                f"The ledger {self.place} has no free connection: use fewer workers in one process ({full})"
            ) from full

    def close(self) -> None:
        """Give the file back; nothing is pending, because every write was committed."""
        self.engine.dispose()


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The distinct items in lists short enough for one IN clause."""
    rest = iter(dict.fromkeys(items))
    while part := list(islice(rest, _IN_LIST)):
        yield part


def open_database(path: Path | str, busy_seconds: float = 30.0) -> Database:
    """Open or create the ledger at `path`; `:memory:` makes a private one that ends with the object.

    A writer waits up to `busy_seconds` for another one. Raises `LedgerUnavailable` for a file that is locked,
    damaged, not a ledger, or newer than this program.
    """
    place = str(path)
    if place != MEMORY:
        _make_file(Path(path))
    engine = _engine(place, busy_seconds)
    database = Database(engine, place)
    try:
        _set_wal(engine, place)
        with database.write() as connection:
            sqlite.ensure_schema(connection, place)
    except BaseException:
        engine.dispose()
        raise
    return database


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
        json_serializer=dump_json,
        json_deserializer=load_json,
        **pool,
    )

    def prepare(connection: Any, record: object) -> None:
        sqlite.prepare_connection(connection, busy_seconds)

    def explain(context: ExceptionContext) -> None:
        cause = context.original_exception
        error = translated(place, cause)
        raise error from (None if error is cause else cause)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", sqlite.begin)
    event.listen(engine, "handle_error", explain)
    return engine


def _set_wal(engine: Engine, place: str) -> None:
    """Several processes may make the same new file at once, and this switch does not wait by itself."""
    for attempt in range(1, _WAL_TRIES + 1):
        try:
            connection = engine.raw_connection()
            try:
                sqlite.use_wal(cast("sqlite3.Connection", connection.driver_connection))
            finally:
                connection.close()
        except sqlite3.Error as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or attempt == _WAL_TRIES:
                raise unavailable(place, error) from error
            time.sleep(0.05)
        else:
            return

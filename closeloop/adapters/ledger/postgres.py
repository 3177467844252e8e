"""All that only PostgreSQL understands: its address, its sessions and their time limits.

Invariants: a read is one snapshot; a session that hangs holds no lock for ever; a dead connection is noticed.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from closeloop.adapters.ledger import failures
from closeloop.adapters.ledger.columns import POSTGRESQL
from closeloop.adapters.ledger.engine import JSON_TEXT, Database, explain_failures
from closeloop.domain.errors import UsageError

_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
_STATEMENT_SECONDS = 60
_IDLE_SECONDS = 120
"""A worker that stops inside a transaction loses it, so that the others go on."""
_KEEP_ALIVE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds: a network that swallows everything is noticed in these
}


def is_address(place: str) -> bool:
    """True for a database on a server, False for a file."""
    return "://" in place


def connect(address: str, busy_seconds: float, patience: float) -> Database:
    """A pool of connections to the database at `address`; nothing is connected yet."""
    url = _url(address)
    place = url.set(drivername=POSTGRESQL).render_as_string(hide_password=True)
    engine = _engine(url, busy_seconds)
    explain_failures(engine, place)
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Database(engine, place, reader=snapshot, writer=engine, patience=patience)


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise UsageError(
            "CLOSELOOP_LEDGER_URL is no address: give postgresql://user:password@host/database"
        ) from None
    if url.drivername not in _SCHEMES:
        raise UsageError(
            f"CLOSELOOP_LEDGER_URL starts with {url.drivername}://, which is not supported: "
            "give postgresql://user:password@host/database, or leave it out for a file in CLOSELOOP_HOME"
        )
    return url.set(drivername="postgresql+psycopg")


def _engine(url: URL, busy_seconds: float) -> Engine:
    import psycopg  # only for those who use it: loading the driver takes time

    failures.psycopg_errors = (psycopg.Error,)
    engine = create_engine(
        url,
        pool_size=5,
        max_overflow=10,
        pool_pre_ping=True,
        connect_args={"application_name": "closeloop"} | _KEEP_ALIVE,
        **JSON_TEXT,
    )

    storable = _storable_text()

    def prepare(connection: Any, record: object) -> None:
        connection.adapters.register_dumper(str, storable)
        limits = {
            "TimeZone": "UTC",
            "lock_timeout": f"{int(busy_seconds * 1000)}",
            "statement_timeout": f"{_STATEMENT_SECONDS * 1000}",
            "idle_in_transaction_session_timeout": f"{_IDLE_SECONDS * 1000}",
        }
        with connection.cursor() as cursor:
            for name, value in limits.items():
                cursor.execute(f"SET {name} = '{value}'")
        connection.commit()

    event.listen(engine, "connect", prepare)
    return engine


def _storable_text() -> Any:
    """How texts are sent. PostgreSQL has no text with a NUL, and one in a stranger's mail must not stop a batch."""
    from psycopg.types.string import StrDumper

    class Storable(StrDumper):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\x00", "\ufffd") if "\x00" in obj else obj)

    return Storable

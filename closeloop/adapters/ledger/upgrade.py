"""An older ledger becomes today's when it is opened: a copy is put aside, then all steps in one transaction.

Invariant: either the whole upgrade is there or nothing of it; of several that start at once one does it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, text

from closeloop.adapters.ledger import sqlite
from closeloop.adapters.ledger.columns import POSTGRESQL
from closeloop.adapters.ledger.engine import Database
from closeloop.adapters.ledger.opening import lock, mark, stored_version
from closeloop.adapters.ledger.schema import SCHEMA_VERSION, schema_version
from closeloop.adapters.ledger.triggers import drop_triggers, triggers
from closeloop.domain.errors import LedgerUnavailable

_STEPS = Path(__file__).parent / "migrations"
HEAD = f"{SCHEMA_VERSION:04}"


def upgrade(database: Database) -> None:
    """Bring an older ledger to today's schema; nothing happens when another worker has just done so."""
    with _without_foreign_keys(database) as connection, connection.begin():
        lock(connection)
        version = stored_version(connection, database.place)
        if version is None or version >= SCHEMA_VERSION:
            return
        if connection.dialect.name != POSTGRESQL:
            sqlite.copy_aside(database.engine, backup_of(Path(database.place), version))
        drop_triggers(connection)
        _stamp(connection, version)
        run_steps(connection, HEAD)
        for statement in triggers(connection.dialect.name):
            connection.exec_driver_sql(statement)
        _check(connection, database.place)
        mark(connection)


def backup_of(ledger: Path, version: int) -> Path:
    """Where the ledger is as it was before its upgrade from this schema."""
    return ledger.with_name(f"{ledger.name}.schema-{version}")


def run_steps(connection: Connection, to: str) -> None:
    """The steps up to the revision `to`, in the transaction that is open."""
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)

    def steps(revision: Any, context: Any) -> Any:
        return script._upgrade_revs(to, revision)

    with EnvironmentContext(config, script, fn=steps, destination_rev=to) as environment:
        environment.configure(connection=connection, version_table=schema_version.name)
        environment.run_migrations()


def _stamp(connection: Connection, version: int) -> None:
    """A file of before there were steps knows its number from its header only."""
    schema_version.create(connection, checkfirst=True)
    if connection.execute(text("SELECT count(*) FROM schema_version")).scalar_one() == 0:
        connection.execute(insert(schema_version).values(version_num=f"{version:04}"))


def _check(connection: Connection, place: str) -> None:
    if connection.dialect.name == POSTGRESQL:
        return
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        raise LedgerUnavailable(
            f"The ledger {place} cannot be upgraded: {len(broken)} rows belong to nothing ({broken[0]}). "
            "It was left as it is: restore the last backup, or use the version that wrote it"
        )


@contextmanager
def _without_foreign_keys(database: Database) -> Iterator[Connection]:
    """SQLite makes a table anew under another name, which its rows would not survive with the checks on."""
    with database.writer.connect() as connection:
        if connection.dialect.name == POSTGRESQL:
            yield connection
            return
        bare = cast("sqlite3.Connection", connection.connection.driver_connection)
        bare.execute("PRAGMA foreign_keys = OFF")
        try:
            yield connection
        finally:
            bare.execute("PRAGMA foreign_keys = ON")

"""Inserts that meet rows already there, in the words of the database they run on.

Invariant: the rows of one statement are in the order given; whoever may meet another worker sorts them, so that
two workers never wait for each other.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, Table, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from closeloop.adapters.ledger.columns import POSTGRESQL

Insert = postgresql.Insert | sqlite.Insert


def insert_into(connection: Connection, table: Table) -> Insert:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return postgresql.insert(table) if connection.dialect.name == POSTGRESQL else sqlite.insert(table)


def locked(connection: Connection, keys: Select[Any], *, waits: bool) -> Select[Any]:
    """These keys, locked in the same statement that changes their rows.

    A row that another worker holds is waited for, in order of the key, or passed over. On SQLite a writer is
    alone, so the keys are all there is to it.
    """
    if connection.dialect.name != POSTGRESQL:
        return keys
    if waits:
        keys = keys.order_by(keys.selected_columns[0])
    # Of its own, so that it is carried out once: inside an IN it may be repeated, and exceed its limit.
    first = keys.with_for_update(key_share=True, skip_locked=not waits).cte("locked")
    return select(first.c[0])


def insert_new(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> int:
    """Insert the rows whose keys are not there yet; how many that were."""
    if not rows:
        return 0
    statement = insert_into(connection, table).on_conflict_do_nothing()
    if connection.dialect.name == POSTGRESQL:  # whose driver does not count over many rows
        return len(connection.execute(statement.returning(literal(1)), rows).all())
    return connection.execute(statement, rows).rowcount


def upsert(connection: Connection, table: Table, key: str, rows: list[dict[str, Any]]) -> None:
    """Insert, or replace the row of the same key."""
    if not rows:
        return
    statement = insert_into(connection, table)
    new = {name: statement.excluded[name] for name in rows[0] if name != key}
    connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=new), rows)

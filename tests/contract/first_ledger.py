"""A ledger as the first Closeloop wrote it, in both databases. `first_ledger.sql` was written by that version."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
from psycopg import sql

from closeloop.adapters.ledger import postgres
from closeloop.adapters.ledger.upgrade import run_steps

DUMP = Path(__file__).with_name("first_ledger.sql")


def write_file(path: Path) -> Path:
    """The SQLite file."""
    with sqlite3.connect(path) as first:
        first.executescript(DUMP.read_text(encoding="utf-8"))
    first.close()
    return path


def write_database(url: str, like: Path) -> None:
    """The same rows in an empty PostgreSQL database, under the first schema."""
    database = postgres.connect(url, busy_seconds=10, patience=0)
    with database.write() as connection:
        run_steps(connection, "0001")
    database.close()
    with sqlite3.connect(like) as first, psycopg.connect(url) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        tables = first.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        for (table,) in tables.fetchall():
            _copy(first, connection, table)
    first.close()


def _copy(first: sqlite3.Connection, connection: psycopg.Connection, table: str) -> None:
    rows = first.execute(f"SELECT * FROM {table}")
    columns = [column[0] for column in rows.description]
    query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
    booleans = {name for name, kind in connection.execute(query, [table]) if kind == "boolean"}
    names, places = (
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), names, places)
    for row in rows.fetchall():
        values = [bool(v) if name in booleans else v for name, v in zip(columns, row, strict=True)]
        connection.execute(insert, values)
    if "id" in columns and table != "signals":
        follow = "SELECT setval(pg_get_serial_sequence('{0}', 'id'), max(id)) FROM {0}"
        connection.execute(sql.SQL(follow).format(sql.SQL(table)))

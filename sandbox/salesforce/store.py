"""The org's tables in SQLite: one per object, columns from the schema, ids from a counter per key prefix.

Invariant: rows are written only inside a transaction, and a savepoint that is left by an exception leaves
no trace but the ids it burnt (real ids are burnt too). Texts compare without regard to case, in every
script.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sandbox.salesforce.ids import make_id
from sandbox.salesforce.schema import AUDIT, NUMBER_TYPES, TEXT_TYPES, Field, ObjectType, Schema

Row = dict[str, Any]


class Store:
    """Rows in and out, without rules: the rules live in `dml` and `rules`."""

    def __init__(self, db: sqlite3.Connection, schema: Schema) -> None:
        self.db = db
        self.schema = schema
        self._inserts: dict[tuple[str, ...], str] = {}
        self._last: dict[str, int] = {}
        self._moved: set[str] = set()
        db.create_collation("SALESFORCE_TEXT", _compare)
        db.create_function("salesforce_like", 2, _like, deterministic=True)
        with self.transaction():
            self._create_tables()
        self._last.update((row[0], row[1]) for row in db.execute("SELECT prefix, last FROM salesforce_sequence"))

    def adopt(self, schema: Schema) -> None:
        """Takes on another schema of the same objects; columns that are missing are added."""
        for kind in schema.types.values():
            there = {row[1] for row in self.db.execute(f"PRAGMA table_info({kind.table})")}
            for item in kind.fields.values():
                if item.name not in there:
                    self.db.execute(f"ALTER TABLE {kind.table} ADD COLUMN {_column(item)}")
        self.schema = schema

    def _create_tables(self) -> None:
        self.db.execute("CREATE TABLE IF NOT EXISTS salesforce_sequence (prefix TEXT PRIMARY KEY, last INTEGER)")
        for kind in self.schema.types.values():
            columns = ", ".join(_column(item) for item in kind.fields.values())
            self.db.execute(f"CREATE TABLE IF NOT EXISTS {kind.table} ({columns})")
            for item in kind.fields.values():
                if _indexed(item):
                    name = f"{kind.table}_{item.name.lower()}"
                    self.db.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {kind.table} ({item.name})")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept, or nothing."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._keep_sequences()
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of a transaction that an exception undoes; may be nested."""
        self.db.execute("SAVEPOINT salesforce_part")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK TO salesforce_part")
            raise
        finally:
            self.db.execute("RELEASE salesforce_part")

    def next_id(self, prefix: str) -> str:
        self._last[prefix] = number = self._last.get(prefix, 0) + 1
        self._moved.add(prefix)
        return make_id(prefix, number)

    def _keep_sequences(self) -> None:
        rows = [(prefix, self._last[prefix]) for prefix in self._moved]
        if rows:
            self.db.executemany("INSERT OR REPLACE INTO salesforce_sequence VALUES (?, ?)", rows)
            self._moved.clear()

    def insert(self, kind: ObjectType, row: Row) -> None:
        key = (kind.name, *row)
        sql = self._inserts.get(key)
        if sql is None:
            marks = ", ".join("?" * len(row))
            sql = f"INSERT INTO {kind.table} ({', '.join(row)}) VALUES ({marks})"
            self._inserts[key] = sql
        self.db.execute(sql, tuple(row.values()))

    def update(self, kind: ObjectType, record_id: str, changes: Row) -> None:
        if changes:
            pairs = ", ".join(f"{name} = ?" for name in changes)
            self.db.execute(f"UPDATE {kind.table} SET {pairs} WHERE Id = ?", (*changes.values(), record_id))

    def get(self, kind: ObjectType, record_id: str) -> Row | None:
        """The row with this 18-character id, deleted or not."""
        found = self.db.execute(f"SELECT * FROM {kind.table} WHERE Id = ?", (record_id,)).fetchone()
        return None if found is None else dict(found)

    def alive(self, kind: ObjectType, record_id: str) -> bool:
        sql = f"SELECT 1 FROM {kind.table} WHERE Id = ? AND IsDeleted = 0"
        return self.db.execute(sql, (record_id,)).fetchone() is not None

    def matching(self, kind: ObjectType, field: str, value: Any) -> list[str]:
        """Ids of the live records whose field has this value, oldest first."""
        sql = f"SELECT Id FROM {kind.table} WHERE {field} = ? AND IsDeleted = 0 ORDER BY Id"
        return [row[0] for row in self.db.execute(sql, (value,))]

    def rows(self, kind: ObjectType, where: str = "1", values: Sequence[Any] = ()) -> list[Row]:
        """Live rows in id order; `where` is a fixed text of ours, never a client's."""
        sql = f"SELECT * FROM {kind.table} WHERE IsDeleted = 0 AND ({where}) ORDER BY Id"
        return [dict(row) for row in self.db.execute(sql, tuple(values))]

    def clear(self) -> None:
        """Empties every table and starts the ids anew."""
        for kind in self.schema.types.values():
            self.db.execute(f"DELETE FROM {kind.table}")
        self.db.execute("DELETE FROM salesforce_sequence")
        self._last.clear()
        self._moved.clear()


def _column(item: Field) -> str:
    if item.type == "id":
        return "Id TEXT PRIMARY KEY"
    if item.type == "boolean":
        return f"{item.name} INTEGER NOT NULL DEFAULT 0"
    if item.type == "base64":
        return f"{item.name} BLOB"
    if item.type == "anyType":
        # No declared type: numbers stay numbers.
        return item.name
    if item.type in NUMBER_TYPES:
        return f"{item.name} {'INTEGER' if item.type == 'int' else 'REAL'}"
    return f"{item.name} TEXT{' COLLATE SALESFORCE_TEXT' if item.type in TEXT_TYPES else ''}"


def _indexed(item: Field) -> bool:
    return item.lookup or "Q" in item.flags or (item.type == "reference" and item.name not in AUDIT)


def _compare(left: str, right: str) -> int:
    if left == right:
        return 0
    low, high = left.casefold(), right.casefold()
    return (low > high) - (low < high)


def _like(pattern: str, text: str | None) -> bool:
    """SOQL's LIKE for patterns beyond ASCII, where SQLite's own minds the case."""
    if text is None:
        return False
    parts = re.findall(r"\\.|.", pattern, flags=re.DOTALL)
    return re.fullmatch("".join(map(_like_part, parts)), text.casefold(), flags=re.DOTALL) is not None


def _like_part(part: str) -> str:
    import re

    if part in ("%", "_"):
        return ".*" if part == "%" else "."
    return re.escape(part[-1].casefold())

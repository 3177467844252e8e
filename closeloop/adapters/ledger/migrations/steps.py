"""What several steps need: statements from a file, and rules of a SQLite table, which it cannot alter.

Invariant: a table that is made anew keeps every row, every index and its numbering.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from alembic import op
from sqlalchemy import Connection, text

HERE = Path(__file__).parent / "versions"


def connection() -> Connection:
    """Of the upgrade that is under way."""
    found = op.get_bind()
    assert isinstance(found, Connection)  # noqa: S101 - never offline: steps look at the content
    return found


def on_sqlite() -> bool:
    """True for a file, False for PostgreSQL."""
    return connection().dialect.name == "sqlite"


def run(*statements: str) -> None:
    """One after the other, as they stand: a colon is a colon."""
    for statement in statements:
        connection().execute(text(statement.replace(":", r"\:")))


def run_file(name: str) -> None:
    """Every statement of a file beside the steps."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    content = "\n".join(line for line in lines if not line.startswith("--"))
    run(*(statement for statement in content.split(";\n") if statement.strip()))


def amend(table: str, *changes: tuple[str, str], new: Mapping[str, str] | None = None) -> None:
    """Make a SQLite table anew with other words in its definition; `new` columns get the SQL value given."""
    here = {"table": table}
    definition = connection().execute(
        text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table"), here
    )
    wanted = " ".join(definition.scalar_one().split())
    for old, instead in changes:
        if old not in wanted:
            raise ValueError(
                f"the table {table} is not as it was when this step was written: no {old!r} in {wanted}"
            )
        wanted = wanted.replace(old, instead)
    indexes = text("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table AND sql IS NOT NULL")
    again = list(connection().execute(indexes, here).scalars())
    columns = [f'"{row.name}"' for row in connection().exec_driver_sql(f"PRAGMA table_info({table})")]
    values = dict(zip(columns, columns, strict=True)) | dict(new or {})
    run(
        re.sub(rf'^CREATE TABLE "?{table}"?', f"CREATE TABLE {table}_anew", wanted),
        f"INSERT INTO {table}_anew ({', '.join(values)}) SELECT {', '.join(values.values())} FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE {table}_anew RENAME TO {table}",
        *again,
    )

"""A private copy of a ledger, for a dry run.

Invariant: the copy is the whole content as of one moment, and nothing is ever written back.
"""

from __future__ import annotations

from sqlalchemy import select

from closeloop.adapters.ledger import sqlite
from closeloop.adapters.ledger.columns import POSTGRESQL
from closeloop.adapters.ledger.engine import Database
from closeloop.adapters.ledger.opening import open_database
from closeloop.adapters.ledger.schema import metadata, schema_version

_ROWS_AT_ONCE = 2000


def copied(source: Database) -> Database:
    """The same content in memory, whatever database it came from."""
    if source.engine.dialect.name == POSTGRESQL:
        return _row_by_row(source)
    copy = sqlite.connect(sqlite.MEMORY, busy_seconds=0)
    sqlite.copy_database(source.engine, copy.engine)
    return copy


def _row_by_row(source: Database) -> Database:
    copy = open_database(sqlite.MEMORY)
    tables = [table for table in metadata.sorted_tables if table is not schema_version]
    with source.read() as reading, copy.write() as writing:
        for table in tables:
            rows = reading.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(table)).mappings()
            for part in rows.partitions():
                writing.execute(table.insert(), [dict(row) for row in part])
    return copy

"""What we know of the CRM: how far we have read, what we last saw in each record, and each field we wrote.

Invariant: the journal of writes only grows; `undo` and `why` read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from closeloop.adapters.ledger.engine import chunks
from closeloop.adapters.ledger.rows import Part
from closeloop.adapters.ledger.schema import crm_seen, crm_writes, cursors
from closeloop.adapters.ledger.sqlite import insert_into
from closeloop.application.ports import CrmWriteRow


class CrmRows(Part):
    """The port's methods about the CRM."""

    def cursor(self, name: str) -> str | None:
        with self._database.read() as connection:
            return connection.scalar(select(cursors.c.value).where(cursors.c.name == name))

    def set_cursor(self, name: str, value: str) -> None:
        statement = insert_into(cursors)
        statement = statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": statement.excluded.value}
        )
        with self._database.write() as connection:
            connection.execute(statement, [{"name": name, "value": value}])

    def crm_seen(self, record_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        with self._database.read() as connection:
            return _seen(connection, record_ids)

    def note_crm_seen(self, seen: Mapping[str, Mapping[str, Any]]) -> None:
        statement = insert_into(crm_seen)
        statement = statement.on_conflict_do_update(
            index_elements=["record_id"], set_={"fields": statement.excluded.fields}
        )
        with self._database.write() as connection:
            before = _seen(connection, seen)
            rows = [
                {"record_id": record_id, "fields": before.get(record_id, {}) | dict(fields)}
                for record_id, fields in seen.items()
            ]
            if rows:
                connection.execute(statement, rows)

    def add_crm_writes(self, writes: Iterable[CrmWriteRow]) -> None:
        rows = [write.model_dump() for write in writes]
        if rows:
            with self._database.write() as connection:
                connection.execute(crm_writes.insert(), rows)


def _seen(connection: Connection, record_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for part in chunks(record_ids):
        query = select(crm_seen).where(crm_seen.c.record_id.in_(part)).with_for_update()
        found.update({row.record_id: row.fields for row in connection.execute(query)})
    return found

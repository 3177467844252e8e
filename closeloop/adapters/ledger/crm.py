"""What we know of the CRM: how far we have read, what we remember of each field, and the journal of our writes.

Invariant: the journal only grows, and a write stands in it before its call; `undo` and `why` read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Connection, RowMapping, literal_column, select, true

from closeloop.adapters.ledger.engine import chunks, patient, patient_and_repeatable
from closeloop.adapters.ledger.rows import Part
from closeloop.adapters.ledger.schema import crm_seen, crm_writes, cursors
from closeloop.adapters.ledger.statements import insert_new, upsert
from closeloop.application.ports import CrmWriteRow, WriteState
from closeloop.domain.field_ownership import Memory


class CrmRows(Part):
    """The port's methods about the CRM."""

    @patient
    def cursor(self, name: str) -> str | None:
        with self._database.read() as connection:
            return connection.scalar(select(cursors.c.value).where(cursors.c.name == name))

    @patient_and_repeatable
    def set_cursor(self, name: str, value: str) -> None:
        with self._database.write() as connection:
            upsert(connection, cursors, "name", [{"name": name, "value": value}])

    @patient
    def crm_seen(self, record_ids: Iterable[str]) -> dict[str, dict[str, Memory]]:
        with self._database.read() as connection:
            found = _seen(connection, record_ids)
        return {
            record_id: {field: Memory.model_validate_json(text) for field, text in fields.items()}
            for record_id, fields in found.items()
        }

    @patient
    def note_crm_seen(self, seen: Mapping[str, Mapping[str, Memory]]) -> None:
        new = {
            record_id: {field: memory.model_dump_json() for field, memory in seen[record_id].items()}
            for record_id in sorted(seen)
        }
        with self._database.write() as connection:
            # The rows exist before they are read and locked, so that two who merge never lose each other's.
            insert_new(connection, crm_seen, [{"record_id": one, "fields": {}} for one in new])
            before = _seen(connection, new, locked=True)
            rows = [{"record_id": one, "fields": before.get(one, {}) | fields} for one, fields in new.items()]
            upsert(connection, crm_seen, "record_id", rows)

    @patient
    def add_crm_writes(self, writes: Iterable[CrmWriteRow]) -> list[int]:
        rows = [write.model_dump(exclude={"id"}) for write in writes]
        if not rows:
            return []
        statement = crm_writes.insert().returning(crm_writes.c.id, sort_by_parameter_order=True)
        with self._database.write() as connection:
            return list(connection.execute(statement, rows).scalars())

    @patient
    def settle_crm_writes(self, states: Mapping[int, WriteState]) -> None:
        table = crm_writes.c
        with self._database.write() as connection:
            for state in WriteState:
                for part in chunks(key for key, found in states.items() if found is state):
                    open_still = table.id.in_(part) & (table.state == WriteState.INTENDED)
                    connection.execute(crm_writes.update().where(open_still).values(state=state))

    def intended_crm_writes(self, record_ids: Iterable[str]) -> list[CrmWriteRow]:
        # Written out, not bound: only so the planner may use the index of these few rows.
        return self._writes_to(record_ids, literal_column(f"state = '{WriteState.INTENDED.value}'"))

    def crm_writes_to(self, record_ids: Iterable[str]) -> list[CrmWriteRow]:
        return self._writes_to(record_ids, true())

    @patient
    def crm_writes(self, run_id: str) -> list[CrmWriteRow]:
        query = select(crm_writes).where(crm_writes.c.run_id == run_id).order_by(crm_writes.c.id)
        with self._database.read() as connection:
            return [write_of(row) for row in connection.execute(query).mappings()]

    @patient
    def _writes_to(self, record_ids: Iterable[str], which: ColumnElement[bool]) -> list[CrmWriteRow]:
        found: list[CrmWriteRow] = []
        with self._database.read() as connection:
            for part in chunks(record_ids):
                query = select(crm_writes).where(crm_writes.c.record_id.in_(part), which)
                found += [write_of(row) for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda write: write.id or 0)


def write_of(row: RowMapping) -> CrmWriteRow:
    """The write in a row of `crm_writes`."""
    return CrmWriteRow.model_validate(dict(row))


def _seen(connection: Connection, record_ids: Iterable[str], *, locked: bool = False) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for part in chunks(record_ids):
        query = select(crm_seen).where(crm_seen.c.record_id.in_(part))
        query = query.order_by(crm_seen.c.record_id).with_for_update() if locked else query
        found.update({row.record_id: row.fields for row in connection.execute(query)})
    return found

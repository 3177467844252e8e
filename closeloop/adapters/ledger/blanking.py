"""Old words are blanked: of what came in, of what was sent, and of what was seen before a send.

Invariant: keys, hashes, states and times stay, so nothing is sent twice and every story can still be told in
outline; what is still in doubt or waits to be handled keeps its words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, Text, bindparam, cast, select

from closeloop.adapters.ledger.engine import patient, patient_and_repeatable
from closeloop.adapters.ledger.rows import Part
from closeloop.adapters.ledger.schema import action_payloads, actions, receipts, signals, suppressions
from closeloop.adapters.ledger.statements import insert_new
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.retention import BLANKED, without_body, without_words
from closeloop.domain.signals import Signal, Understanding

_OVER = [ActionState.ACCEPTED, ActionState.REJECTED, ActionState.SKIPPED]
_WITH_WORDS = [ActionKind.EMAIL, ActionKind.TASK, ActionKind.EVENT]
_DONE = f'"{BLANKED}":true'


class BlankingRows(Part):
    """The port's methods about retention, and about stops the provider has to be told."""

    @patient
    def blank_signals(self, before: datetime, limit: int) -> int:
        table = signals.c
        old = table.handled & (table.received_at < before) & ~table.body.contains(_DONE, autoescape=True)
        query = select(table.source, table.id, table.body, table.understanding).where(old).limit(limit)
        change = signals.update().where((table.source == bindparam("b_source")) & (table.id == bindparam("b_id")))
        with self._database.write() as connection:
            rows = [
                {
                    "b_source": r.source,
                    "b_id": r.id,
                    "body": _signal(r.body),
                    "understanding": _said(r.understanding),
                }
                for r in connection.execute(query)
            ]
            if rows:
                connection.execute(
                    change.values(body=bindparam("body"), understanding=bindparam("understanding")), rows
                )
        return len(rows)

    @patient
    def blank_payloads(self, before: datetime, limit: int) -> int:
        over = actions.c.state.in_(_OVER) & actions.c.kind.in_(_WITH_WORDS) & (actions.c.due_at < before)
        query = select(action_payloads.c.action_key, action_payloads.c.payload).join(actions).where(over)
        query = query.where(_not_yet(action_payloads.c.payload)).limit(limit)
        with self._database.write() as connection:
            rows = [{"b_key": key, "b_new": without_body(payload)} for key, payload in connection.execute(query)]
            _change(connection, action_payloads, "action_key", "payload", rows)
        return len(rows)

    @patient
    def blank_receipts(self, before: datetime, limit: int) -> int:
        over = actions.c.state.in_(_OVER) & (receipts.c.checked_at < before)
        query = select(receipts.c.id).join(actions).where(over & _not_yet(receipts.c["values"])).limit(limit)
        with self._database.write() as connection:
            rows = [{"b_key": key, "b_new": {BLANKED: True}} for key in connection.scalars(query)]
            _change(connection, receipts, "id", "values", rows)
        return len(rows)

    @patient_and_repeatable
    def suppress_all(self, stops: Mapping[str, tuple[str, datetime]]) -> None:
        rows = [
            {"address": address.lower(), "reason": reason, "at": at, "tell": False}
            for address, (reason, at) in sorted(stops.items())
        ]
        with self._database.write() as connection:
            insert_new(connection, suppressions, rows)

    @patient
    def to_tell(self, limit: int) -> list[str]:
        query = (
            select(suppressions.c.address).where(suppressions.c.tell).order_by(suppressions.c.address).limit(limit)
        )
        with self._database.read() as connection:
            return list(connection.scalars(query))

    @patient
    def told(self, addresses: Iterable[str]) -> None:
        rows = [{"b_address": address.lower()} for address in sorted(addresses)]
        if rows:
            note = suppressions.update().where(suppressions.c.address == bindparam("b_address")).values(tell=False)
            with self._database.write() as connection:
                connection.execute(note, rows)


def _not_yet(column: Any) -> ColumnElement[bool]:
    return ~cast(column, Text).contains(_DONE, autoescape=True)


def _change(connection: Connection, table: Table, key: str, column: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        these = table.update().where(table.c[key] == bindparam("b_key"))
        connection.execute(these.values({column: bindparam("b_new", type_=table.c[column].type)}), rows)


def _signal(body: str) -> str:
    signal = Signal.model_validate_json(body)
    return signal.model_copy(update={"payload": without_words(signal.payload)}).model_dump_json()


def _said(understanding: str | None) -> str | None:
    """What it meant stays, not how it was said nor whom it named."""
    if understanding is None:
        return None
    found = Understanding.model_validate_json(understanding)
    return found.model_copy(update={"said": "", "refers_to": None}).model_dump_json()

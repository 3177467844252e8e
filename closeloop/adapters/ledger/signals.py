"""The inbox and the do-not-contact list.

Invariants: a signal is stored once by (source, id) and stays as it came; a reply or a stop counts from the
moment it is stored, whether it names a prospect, an address or only the action it answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Select, select

from closeloop.adapters.ledger.engine import chunks
from closeloop.adapters.ledger.rows import Part, signal_row
from closeloop.adapters.ledger.schema import actions, signals, suppressions
from closeloop.adapters.ledger.sqlite import insert_new
from closeloop.domain.signals import STOPPING_KINDS, Signal, SignalKind, Understanding

HALTING_KINDS = frozenset({SignalKind.REPLY, *STOPPING_KINDS})
"""After one of these nothing may leave before somebody has looked at it."""


class SignalRows(Part):
    """The port's methods about signals and suppression."""

    def receive(self, signals_given: Iterable[Signal], now: datetime) -> int:
        rows = [signal_row(signal, now) for signal in signals_given]
        with self._database.write() as connection:
            return insert_new(connection, signals, rows)

    def waiting_signals(self, limit: int) -> list[Signal]:
        table = signals.c
        query = select(table.body).where(~table.handled)
        query = query.order_by(table.occurred_at, table.id, table.source).limit(limit)
        with self._database.read() as connection:
            return [Signal.model_validate_json(row.body) for row in connection.execute(query)]

    def waiting_about(self, prospect_keys: Iterable[str], addresses: Iterable[str]) -> set[str]:
        about: set[str] = set()
        with self._database.read() as connection:
            for part in chunks(prospect_keys):
                about.update(connection.scalars(_halting(signals.c.prospect_key, part)))
                about.update(connection.scalars(_halting_actions_of(part)))
            for part in chunks(address.lower() for address in addresses):
                about.update(connection.scalars(_halting(signals.c.address, part)))
        return about

    def note_understanding(self, signal_id: str, understanding: Understanding) -> None:
        """The last understanding of a signal counts."""
        note = signals.update().where(signals.c.id == signal_id)
        with self._database.write() as connection:
            connection.execute(note.values(understanding=understanding.model_dump_json()))

    def replies(self) -> list[tuple[Signal, Understanding]]:
        """Understood replies in order of occurrence, then id."""
        table = signals.c
        query = select(table.body, table.understanding).where(
            (table.kind == SignalKind.REPLY) & table.understanding.is_not(None)
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(table.occurred_at, table.id, table.source)).all()
        return [
            (Signal.model_validate_json(row.body), Understanding.model_validate_json(row.understanding))
            for row in rows
        ]

    def suppress(self, address: str, reason: str, at: datetime) -> None:
        """The first reason stays."""
        row = {"address": address.lower(), "reason": reason, "at": at}
        with self._database.write() as connection:
            insert_new(connection, suppressions, [row])

    def suppressed(self, addresses: Iterable[str]) -> dict[str, str]:
        table = suppressions.c
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for part in chunks(address.lower() for address in addresses):
                query = select(table.address, table.reason).where(table.address.in_(part))
                found.update({row.address: row.reason for row in connection.execute(query)})
        return found


def mark_handled(connection: Connection, signal_ids: Iterable[str]) -> None:
    """Inside the transaction of the pass that handled them."""
    for part in chunks(signal_ids):
        connection.execute(signals.update().where(signals.c.id.in_(part)).values(handled=True))


def _halting(column: Column[Any], values: list[str]) -> Select[tuple[str]]:
    return select(column).where(column.in_(values) & ~signals.c.handled & signals.c.kind.in_(HALTING_KINDS))


def _halting_actions_of(prospect_keys: list[str]) -> Select[tuple[str]]:
    """A mail event may know only our key of the mail."""
    query = select(actions.c.prospect_key).join(signals, signals.c.action_key == actions.c.key)
    theirs = actions.c.prospect_key.in_(prospect_keys)
    return query.where(theirs & ~signals.c.handled & signals.c.kind.in_(HALTING_KINDS))

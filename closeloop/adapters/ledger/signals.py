"""The inbox and the do-not-contact list.

Invariants: a signal is stored once by (source, id) and stays as it came; a reply or a stop counts from the
moment it is stored, whether it names a prospect, an address or only the action it answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from closeloop.adapters.ledger.engine import chunks, patient, patient_and_repeatable
from closeloop.adapters.ledger.rows import Part, signal_row
from closeloop.adapters.ledger.schema import actions, prospects, signals, suppressions
from closeloop.adapters.ledger.statements import insert_new
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import STOPPING_KINDS, Signal, SignalId, SignalKind, Understanding

HALTING_KINDS = frozenset({SignalKind.REPLY, *STOPPING_KINDS})
"""After one of these nothing may leave before somebody has looked at it."""


class SignalRows(Part):
    """The port's methods about signals and suppression."""

    @patient_and_repeatable
    def receive(self, signals_given: Iterable[Signal], now: datetime) -> int:
        rows = [signal_row(signal, now) for signal in sorted(signals_given, key=lambda one: one.identity)]
        with self._database.write() as connection:
            return insert_new(connection, signals, rows)

    @patient
    def waiting_signals(self, limit: int) -> list[Signal]:
        table = signals.c
        query = select(table.body).where(~table.handled)
        query = query.order_by(table.occurred_at, table.id, table.source).limit(limit)
        with self._database.read() as connection:
            return [Signal.model_validate_json(row.body) for row in connection.execute(query)]

    @patient
    def signals_about(self, action_keys: Iterable[str]) -> list[Signal]:
        table, found = signals.c, []
        with self._database.read() as connection:
            for part in chunks(action_keys):
                query = select(table.body).where(table.action_key.in_(part))
                found += [Signal.model_validate_json(body) for body in connection.scalars(query)]
        return sorted(found, key=lambda signal: (signal.occurred_at, signal.id))

    @patient
    def halted(self, given: Iterable[Prospect]) -> set[str]:
        """Asked from the side of the signals: few wait, while an account may have thousands of people."""
        with self._database.read() as connection:
            named = _named_by_waiting(connection)
            found = _with_domains(connection, named)
        domains = {domain for domain in found.values() if domain}
        return {p.key for p in given if p.key in found or (p.domain and p.domain.lower() in domains)}

    @patient
    def note_understanding(self, signal: SignalId, understanding: Understanding) -> None:
        """The last understanding of a signal counts."""
        source, name = signal
        note = signals.update().where((signals.c.source == source) & (signals.c.id == name))
        with self._database.write() as connection:
            connection.execute(note.values(understanding=understanding.model_dump_json()))

    @patient
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

    @patient_and_repeatable
    def suppress(self, address: str, reason: str, at: datetime, *, tell: bool = False) -> None:
        row = {"address": address.lower(), "reason": reason, "at": at, "tell": tell}
        with self._database.write() as connection:
            if not insert_new(connection, suppressions, [row]) and tell:
                known = suppressions.c.address == row["address"]
                connection.execute(suppressions.update().where(known).values(tell=True))

    @patient
    def suppressed(self, addresses: Iterable[str]) -> dict[str, str]:
        table = suppressions.c
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for part in chunks(address.lower() for address in addresses):
                query = select(table.address, table.reason).where(table.address.in_(part))
                found.update({row.address: row.reason for row in connection.execute(query)})
        return found


def mark_handled(connection: Connection, handled: Iterable[SignalId]) -> None:
    """Inside the transaction of the pass that handled them."""
    for these in _parts(handled):
        connection.execute(signals.update().where(these).values(handled=True))


def applied_before(connection: Connection, about: Mapping[SignalId, str]) -> frozenset[str]:
    """Keys of prospects one of whose signals somebody else has handled since it was read as waiting.

    Whoever reads a signal before that and its prospect after it would apply it a second time.
    """
    found: set[str] = set()
    for these in _parts(about):
        rows = connection.execute(select(signals.c.source, signals.c.id).where(these & signals.c.handled))
        found.update(about[row.source, row.id] for row in rows)
    return frozenset(found)


def _parts(named: Iterable[SignalId]) -> Iterator[ColumnElement[bool]]:
    """The signals of these names, so many at a time as one statement can name."""
    by_source: dict[str, list[str]] = {}
    for source, name in sorted(named):
        by_source.setdefault(source, []).append(name)
    for source, names in by_source.items():
        for part in chunks(names):
            yield (signals.c.source == source) & signals.c.id.in_(part)


def _named_by_waiting(connection: Connection) -> set[str]:
    """Keys of the prospects whom a waiting reply or stop names: by key, by the mail it answers, or by address."""
    table = signals.c
    waiting = ~table.handled & table.kind.in_(HALTING_KINDS)
    rows = connection.execute(select(table.prospect_key, table.action_key, table.address).where(waiting)).all()
    named = {row.prospect_key for row in rows if row.prospect_key}
    for part in chunks({row.action_key for row in rows if row.action_key}):
        named.update(connection.scalars(select(actions.c.prospect_key).where(actions.c.key.in_(part))))
    for part in chunks({row.address for row in rows if row.address}):
        named.update(connection.scalars(select(prospects.c.key).where(prospects.c.email.in_(part))))
    return named


def _with_domains(connection: Connection, keys: Iterable[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for part in chunks(keys):
        rows = connection.execute(select(prospects.c.key, prospects.c.domain).where(prospects.c.key.in_(part)))
        found.update({row.key: row.domain for row in rows})
    return found

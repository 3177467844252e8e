"""A ledger that was put back: what may have happened since its backup is in doubt from its first moment on.

Invariant: nothing that the ledger knew to be planned by then, or held by a worker, can be carried out again before
evidence has settled it; history tells of each of these moves. Facts of the world that a newer ledger holds (what
people said, who may not be written to, who asked to be forgotten) are not lost with it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from closeloop.adapters.ledger.actions import add_receipts
from closeloop.adapters.ledger.approvals import asked_about
from closeloop.adapters.ledger.batches import record
from closeloop.adapters.ledger.engine import chunks
from closeloop.adapters.ledger.rows import event_row
from closeloop.adapters.ledger.schema import (
    SCHEMA_VERSION,
    actions,
    cursors,
    prospects,
    receipts,
    restore_doubts,
    signals,
)
from closeloop.adapters.ledger.sql_ledger import SqlLedger
from closeloop.adapters.ledger.statements import insert_new, upsert
from closeloop.application.ports import ReceiptRow
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.forgetting import mark_of
from closeloop.domain.record import Record
from closeloop.domain.restored import CURSOR, Gap, gap_of
from closeloop.domain.stage import Standing

WORKER = "restore"
_CARRIED = {
    "signals": "source, id, kind, occurred_at, received_at, prospect_key, action_key, address, body",
    "suppressions": "address, reason, at, tell",
    "erasures": "id, at, done_at, receipt",
    "forgotten": "mark, erasure",
}


class InDoubt(Record):
    """What a restore put in doubt."""

    actions: dict[str, int] = {}
    """Kind to how many."""
    people: int = 0
    """Whose next mail waits for evidence."""


def mark_uncertain(ledger: SqlLedger, gap: Gap) -> InDoubt:
    """Put in doubt what may have been done in the gap; doing it twice changes nothing more."""
    with ledger._database.write() as connection:
        already = _in_doubt(connection)
        marked = _mark(connection, gap)
        people = _may_have_heard(connection, gap, {row.prospect_key for row in marked})
        # In the same transaction: a mail in doubt without a receipt would count as never handed over.
        mails = [*already, *(row.key for row in marked if row.kind is ActionKind.EMAIL)]
        add_receipts(connection, _receipts(connection, mails, gap))
        insert_new(connection, restore_doubts, [{"prospect_key": key} for key in sorted(people)])
        upsert(connection, cursors, "name", [{"name": CURSOR, "value": gap.model_dump_json()}])
    counts = {kind.value: sum(row.kind is kind for row in marked) for kind in ActionKind}
    return InDoubt(actions={kind: number for kind, number in counts.items() if number}, people=len(people))


def _in_doubt(connection: Connection) -> list[str]:
    """Mails that were in doubt when the backup was made: they may have been settled and sent since."""
    table = actions.c
    doubtful = (table.kind == ActionKind.EMAIL) & (table.state == ActionState.UNCERTAIN)
    return list(connection.scalars(select(table.key).where(doubtful).order_by(table.key)))


def _receipts(connection: Connection, mails: list[str], gap: Gap) -> list[ReceiptRow]:
    """One for each: it may have left in the gap, or when this attempt was last looked at. None for the same gap."""
    tried = dict.fromkeys(mails, gap.begins)
    told = set()
    theirs = (receipts.c.action_key == actions.c.key) & (receipts.c.attempt == actions.c.attempt)
    for part in chunks(mails):
        query = select(receipts.c.action_key, receipts.c.checked_at, receipts.c["values"]).join(actions, theirs)
        for row in connection.execute(query.where(receipts.c.action_key.in_(part))):
            tried[row.action_key] = min(tried[row.action_key], row.checked_at)
            before = gap_of(row[2])
            if before is not None and before.ends >= gap.ends:
                told.add(row.action_key)
    spans = {key: Gap(begins=at, ends=gap.ends) for key, at in tried.items() if key not in told}
    return [
        ReceiptRow(action_key=key, checked_at=span.begins, values=span.receipt(), verdict=gap.doubt)
        for key, span in spans.items()
    ]


def _mark(connection: Connection, gap: Gap) -> list[Any]:
    """Held by a worker, or planned and due by now: what was due later cannot have been done, unless it only waited
    for somebody to approve it."""
    table = actions.c
    query = select(table.key, table.kind, table.prospect_key, table.state, table.attempt)
    planned, held_by_worker = table.state == ActionState.PLANNED, table.state == ActionState.CLAIMED
    found = list(connection.execute(query.where(held_by_worker | planned & (table.due_at <= gap.ends))))
    for part in chunks(asked_about(connection)):
        found += connection.execute(query.where(planned & table.key.in_(part)))
    rows = sorted({row.key: row for row in found}.values(), key=lambda row: str(row.key))
    waiting = [row for row in rows if row.state is ActionState.PLANNED]
    free = {"worker": None, "lease_until": None}
    for part in chunks(row.key for row in waiting):
        # As if a worker had taken it: a doubt is about an attempt.
        held = {"state": ActionState.CLAIMED, "worker": WORKER, "lease_until": gap.ends}
        connection.execute(actions.update().where(table.key.in_(part)).values(attempt=table.attempt + 1, **held))
    for part in chunks(row.key for row in rows):
        doubtful = {"state": ActionState.UNCERTAIN, "detail": gap.doubt, **free}
        connection.execute(actions.update().where(table.key.in_(part)).values(**doubtful))
    record(connection, (event for row in rows for event in _history(row, gap)))
    return rows


def _history(row: Any, gap: Gap) -> list[dict[str, Any]]:
    was_planned = row.state is ActionState.PLANNED
    attempt = row.attempt + was_planned
    moved = (ActionState.CLAIMED, ActionState.UNCERTAIN, gap.ends)
    doubt = event_row(row.key, attempt, *moved, detail=gap.doubt)
    if not was_planned:
        return [doubt]
    return [event_row(row.key, attempt, row.state, ActionState.CLAIMED, gap.ends, worker=WORKER), doubt]


def _may_have_heard(connection: Connection, gap: Gap, also: set[str]) -> set[str]:
    """Whose turn came in the gap, by the clock or because the world said something about them."""
    table, said = prospects.c, signals.c
    alive = table.standing.in_([standing for standing in Standing if standing.may_be_written_to])
    found = set(connection.scalars(select(table.key).where(alive & (table.due_at <= gap.ends))))
    waiting = connection.execute(
        select(said.prospect_key, said.action_key, said.address).where(~said.handled)
    ).all()
    keys = {row.prospect_key for row in waiting if row.prospect_key}
    for part in chunks(row.action_key for row in waiting if row.action_key):
        keys |= set(connection.scalars(select(actions.c.prospect_key).where(actions.c.key.in_(part))))
    for part in chunks(row.address for row in waiting if row.address):
        keys |= set(connection.scalars(select(table.key).where(table.email.in_(part))))
    return found | keys | also


def carry_over(restored: Path, newer: Path) -> dict[str, int]:
    """Facts of the world that only the newer ledger has; what was carried, by table. Nothing where it cannot be
    read, or is of another schema: then nobody knows them."""
    counts: dict[str, int] = {}
    try:
        with closing(sqlite3.connect(f"file:{restored}", uri=True)) as connection:
            connection.execute("ATTACH ? AS newer", (f"file:{newer}?mode=ro",))
            if connection.execute("PRAGMA newer.user_version").fetchone() != (SCHEMA_VERSION,):
                return {}
            for table, columns in _CARRIED.items():
                new, value = (", handled", ", 0") if table == "signals" else ("", "")
                take = f"SELECT {columns}{value} FROM newer.{table}"
                counts[table] = connection.execute(
                    f"INSERT OR IGNORE INTO {table} ({columns}{new}) {take}"
                ).rowcount
            connection.commit()
    except sqlite3.Error:
        return {}
    return {table: number for table, number in counts.items() if number}


def forget_again(ledger: SqlLedger, secret: str) -> int:
    """Erase people who asked to be forgotten after the backup; how many."""
    gone = [
        person for person in ledger.all_prospects() if _is_forgotten(ledger, (person.email, person.key), secret)
    ]
    for person in gone:
        records = [i for i in (person.crm.lead, person.crm.contact, person.crm.opportunity) if i]
        ledger.erase([person.key], [person.email], records)
    return len(gone)


def _is_forgotten(ledger: SqlLedger, words: Iterable[str], secret: str) -> bool:
    return bool(ledger.forgotten(mark_of(word, secret) for word in words))


def gap_since(backup_at: datetime, now: datetime) -> Gap:
    """From the backup to now. After a clock that went back it is the other way round: what was due by the backup's
    own time may have been done, though by today's clock it is still to come."""
    return Gap(begins=min(backup_at, now), ends=max(backup_at, now))

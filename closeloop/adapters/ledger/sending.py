"""Slots of mailboxes, playbook lines, and mails that have not left: what sending asks the ledger.

Invariant: a day's slots are counted and given in one transaction that holds the mailbox, so two workers never give
more than the cap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from closeloop.adapters.ledger.codec import load_prospect
from closeloop.adapters.ledger.engine import chunks, patient
from closeloop.adapters.ledger.rows import Part
from closeloop.adapters.ledger.schema import actions, mailbox_slots, mailboxes, playbook_lines, prospects
from closeloop.adapters.ledger.statements import insert_new, upsert
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.playbook_lines import PlaybookLine
from closeloop.domain.prospect import Prospect
from closeloop.domain.sending_slots import Load, Loads, Slot, SlotWish, assign, days_asked
from closeloop.domain.stage import Stage, Standing

_OFF = [ActionState.SKIPPED, ActionState.REJECTED]
_ON_ITS_WAY = [ActionState.PLANNED, ActionState.CLAIMED]


class SendingRows(Part):
    """The port's methods about when and how much is sent."""

    @patient
    def take_slots(self, wishes: Sequence[SlotWish], now: datetime) -> dict[str, Slot | None]:
        asked = days_asked(wishes)
        with self._database.write() as connection:
            _hold(connection, sorted(asked))
            kept = _kept(connection, [wish.action_key for wish in wishes])
            loads: Loads = {}
            for mailbox, (first, last) in asked.items():
                loads |= _loads(connection, mailbox, first, last)
            found = assign(wishes, loads, kept, now)
            _save(connection, [slot for slot in found.values() if slot is not None and slot.number])
        return found

    @patient
    def mail_on_its_way(self, prospect_keys: Iterable[str]) -> dict[str, dict[Stage, datetime]]:
        table = actions.c
        waits = (table.kind == ActionKind.EMAIL) & table.state.in_(_ON_ITS_WAY)
        found: dict[str, dict[Stage, datetime]] = {}
        with self._database.read() as connection:
            for part in chunks(prospect_keys):
                query = select(table.prospect_key, table.stage, table.due_at)
                for row in connection.execute(query.where(table.prospect_key.in_(part) & waits)):
                    dues = found.setdefault(row.prospect_key, {})
                    dues[row.stage] = max(row.due_at, dues.get(row.stage, row.due_at))
        return found

    @patient
    def playbook_lines(self, hashes: Iterable[str]) -> dict[str, PlaybookLine]:
        found: dict[str, PlaybookLine] = {}
        with self._database.read() as connection:
            for part in chunks(hashes):
                rows = connection.execute(select(playbook_lines).where(playbook_lines.c.hash.in_(part))).mappings()
                found |= {row["hash"]: PlaybookLine(**row) for row in rows}
        return found

    @patient
    def in_outreach(self, domains: Iterable[str]) -> dict[str, list[Prospect]]:
        with self._database.read() as connection:
            return in_outreach(connection, domains)


def in_outreach(connection: Connection, domains: Iterable[str]) -> dict[str, list[Prospect]]:
    """See the port; inside a transaction that may have more to ask."""
    table = prospects.c
    there = (table.stage == Stage.APPROACH) & (table.standing == Standing.OPEN)
    found: dict[str, list[Prospect]] = {}
    for part in chunks(domain.lower() for domain in domains):
        query = select(table.domain, table.body).where(table.domain.in_(part) & there)
        for row in connection.execute(query.order_by(table.domain, table.key)):
            if (prospect := load_prospect(row.body)).enrollment is not None:
                found.setdefault(row.domain, []).append(prospect)
    return found


def keep_lines(connection: Connection, lines: Iterable[PlaybookLine]) -> None:
    """Each once, inside the transaction of the pass that first uses it."""
    insert_new(connection, playbook_lines, [line.model_dump() for line in lines])


def _hold(connection: Connection, names: list[str]) -> None:
    """Whoever counts these mailboxes after us waits until we have given the slots."""
    insert_new(connection, mailboxes, [{"mailbox": name} for name in names])
    query = select(mailboxes).where(mailboxes.c.mailbox.in_(names)).order_by(mailboxes.c.mailbox)
    connection.execute(query.with_for_update()).all()


def _kept(connection: Connection, keys: list[str]) -> dict[str, Slot]:
    found: dict[str, Slot] = {}
    for part in chunks(keys):
        rows = connection.execute(select(mailbox_slots).where(mailbox_slots.c.action_key.in_(part))).mappings()
        found |= {row["action_key"]: Slot(**row) for row in rows}
    return found


def _loads(connection: Connection, mailbox: str, first: date, last: date) -> Loads:
    """Slots of these days, but for mails that were called off."""
    table = mailbox_slots.c
    these = (table.day >= first.isoformat()) & (table.day <= last.isoformat())
    query = (
        select(table.day, func.count().label("used"), func.max(table.at).label("last_at"))
        .join(actions, actions.c.key == table.action_key)
        .where((table.mailbox == mailbox) & these & actions.c.state.not_in(_OFF))
        .group_by(table.day)
    )
    return {
        (mailbox, date.fromisoformat(row.day)): Load(row.used, row.last_at) for row in connection.execute(query)
    }


def _save(connection: Connection, slots: list[Slot]) -> None:
    rows = [{"action_key": s.action_key, "mailbox": s.mailbox, "day": s.day.isoformat(), "at": s.at} for s in slots]
    upsert(connection, mailbox_slots, "action_key", sorted(rows, key=lambda row: str(row["action_key"])))

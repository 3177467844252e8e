"""Forgetting a person: the marks that stay, and the one transaction in which everything else goes.

Invariant: nobody's history but theirs is touched, and either all of it goes or nothing. What is deleted is
overwritten in the file as well (SQLite), so that nobody finds it in the pages that became free.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, false, func, or_, select

from closeloop.adapters.ledger.codec import dump_json, dump_prospect, load_prospect
from closeloop.adapters.ledger.columns import POSTGRESQL
from closeloop.adapters.ledger.engine import chunks, patient, patient_and_repeatable
from closeloop.adapters.ledger.grants import forget_whose
from closeloop.adapters.ledger.rows import Part
from closeloop.adapters.ledger.schema import (
    action_payloads,
    actions,
    crm_writes,
    erasing,
    erasures,
    forgotten,
    metadata,
    prospects,
    quarantine,
    restore_doubts,
)
from closeloop.adapters.ledger.statements import insert_new
from closeloop.application.erasure_port import Footprint
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.enrichment_rules import answer_keys
from closeloop.domain.forgetting import Erasure
from closeloop.domain.prospect import Prospect

Condition = ColumnElement[bool]
_NOT_THEIRS = (erasing, forgotten, erasures)
_THEMSELVES = {prospects: prospects.c.key, actions: actions.c.prospect_key}
_NAMES = {
    "action_events": "action events",
    "late_outcomes": "action events",
    "mailbox_slots": "slots",
    "action_payloads": "mails and other payloads",
    "crm_writes": "CRM writes",
    "crm_seen": "remembered CRM records",
    "quarantine": "quarantined rows",
    "suppressions": "do-not-contact entries",
    "restore_doubts": "doubts",
    "account_facts": "cached facts",
}
"""What people call the rows of a table."""


class ErasingRows(Part):
    """The port's methods about people who asked to be forgotten."""

    @patient_and_repeatable
    def begin_erasure(self, erasure: Erasure, marks: Iterable[str]) -> Erasure:
        row = {"id": erasure.id, "at": erasure.at, "receipt": _stored(erasure)}
        with self._database.write() as connection:
            insert_new(connection, erasures, [row])
            insert_new(
                connection, forgotten, [{"mark": mark, "erasure": erasure.id} for mark in sorted(set(marks))]
            )
            found = connection.execute(select(erasures.c.receipt).where(erasures.c.id == erasure.id)).scalar_one()
        return Erasure.model_validate(found)

    @patient_and_repeatable
    def note_erasure(self, erasure: Erasure) -> None:
        values = {"done_at": erasure.done_at, "receipt": _stored(erasure)}
        with self._database.write() as connection:
            connection.execute(erasures.update().where(erasures.c.id == erasure.id).values(values))

    @patient
    def erasure_of(self, marks: Iterable[str]) -> Erasure | None:
        known = select(erasures.c.receipt).join(forgotten).where(forgotten.c.mark.in_(list(marks)))
        with self._database.read() as connection:
            found = connection.execute(known.order_by(erasures.c.at, erasures.c.id)).scalars().first()
        return Erasure.model_validate(found) if found else None

    @patient
    def forgotten(self, marks: Iterable[str]) -> set[str]:
        found: set[str] = set()
        with self._database.read() as connection:
            if connection.scalar(select(forgotten.c.mark).limit(1)) is None:
                return found
            for part in chunks(marks):
                found.update(connection.scalars(select(forgotten.c.mark).where(forgotten.c.mark.in_(part))))
        return found

    @patient
    def addresses_under(self, mail_domains: Iterable[str]) -> dict[str, str]:
        table, found = prospects.c, dict[str, str]()
        with self._database.read() as connection:
            for domain in sorted(set(mail_domains)):
                query = select(table.key, table.email).where(table.email.endswith(f"@{domain}", autoescape=True))
                found.update((row.key, row.email) for row in connection.execute(query.order_by(table.key)))
        return found

    @patient
    def footprint(self, prospect_keys: Iterable[str]) -> Footprint:
        keys = list(prospect_keys)
        query = select(actions.c.key, actions.c.kind, action_payloads.c.payload).join(action_payloads)
        made = select(crm_writes.c.object, crm_writes.c.record_id).distinct()
        made = made.where(crm_writes.c.prospect_key.in_(keys) & (crm_writes.c.field == ""))
        with self._database.read() as connection:
            rows = connection.execute(query.where(actions.c.prospect_key.in_(keys)).order_by(actions.c.key)).all()
            records = connection.execute(made.order_by(crm_writes.c.object, crm_writes.c.record_id)).all()
        return Footprint(
            task_keys=tuple(row.key for row in rows if row.kind is ActionKind.TASK),
            event_keys=tuple(dict.fromkeys(r.payload["key"] for r in rows if r.kind is ActionKind.EVENT)),
            made=tuple((row.object, row.record_id) for row in records if row.record_id),
        )

    @patient_and_repeatable
    def erase(
        self, prospect_keys: Iterable[str], addresses: Iterable[str], record_ids: Iterable[str]
    ) -> dict[str, int] | None:
        keys, who = list(prospect_keys), [address.lower() for address in addresses]
        with self._database.write() as connection:
            on_sqlite = connection.dialect.name != POSTGRESQL
            if on_sqlite:
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
            theirs = actions.c.prospect_key.in_(keys)
            held = select(actions.c.key).where(theirs & (actions.c.state == ActionState.CLAIMED)).limit(1)
            if connection.scalar(held) is not None:
                return None
            counts = _erase(connection, keys, who, [*record_ids, *keys])
        if on_sqlite:
            self._empty_the_log()
        return {what: number for what, number in counts.items() if number}

    def _empty_the_log(self) -> None:
        """The write-ahead log still has the pages as they were."""
        with self._database.engine.connect() as connection:
            bare = connection.connection.driver_connection
            assert bare is not None  # noqa: S101 - a connection that was just opened has one
            bare.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # after a restore
    @patient_and_repeatable
    def doubt(self, prospect_keys: Iterable[str]) -> None:
        with self._database.write() as connection:
            insert_new(connection, restore_doubts, [{"prospect_key": key} for key in sorted(set(prospect_keys))])

    @patient
    def doubted(self, prospect_keys: Iterable[str]) -> set[str]:
        table, found = restore_doubts.c, set[str]()
        with self._database.read() as connection:
            for part in chunks(prospect_keys):
                found.update(connection.scalars(select(table.prospect_key).where(table.prospect_key.in_(part))))
        return found

    @patient_and_repeatable
    def trust(self, prospect_keys: Iterable[str]) -> None:
        with self._database.write() as connection:
            for part in chunks(sorted(prospect_keys)):
                connection.execute(delete(restore_doubts).where(restore_doubts.c.prospect_key.in_(part)))


def _stored(erasure: Erasure) -> dict[str, object]:
    return erasure.without_ids().model_dump(mode="json")


def _erase(
    connection: Connection, keys: Sequence[str], addresses: Sequence[str], record_ids: Sequence[str]
) -> dict[str, int]:
    people = _people(connection, keys)
    theirs = list(connection.scalars(select(actions.c.key).where(actions.c.prospect_key.in_(keys))))
    insert_new(connection, erasing, [{"prospect_key": key} for key in sorted(keys)])
    alone = _only_theirs(connection, people)
    forget_whose(connection, theirs)
    counts: dict[str, int] = {}
    # What hangs on other rows first: their actions after what became of these, the people themselves last.
    for table in reversed(metadata.sorted_tables):
        if (condition := _about(table, keys, addresses, record_ids, theirs, alone)) is not None:
            what = _NAMES.get(table.name, table.name.replace("_", " "))
            counts[what] = counts.get(what, 0) + connection.execute(delete(table).where(condition)).rowcount
    counts["mentions in the rows of people they named"] = _unname(connection, people)
    connection.execute(delete(erasing))
    return counts


def _about(
    table: Table,
    keys: Sequence[str],
    addresses: Sequence[str],
    record_ids: Sequence[str],
    action_keys: Sequence[str],
    alone: Sequence[str],
) -> Condition | None:
    """What in this table is about them: by any of the columns that say so, also in a table that is new here."""
    if table in _NOT_THEIRS:
        return None
    named: dict[str, Any] = {
        "prospect_key": keys,
        "action_key": action_keys,
        "record_id": record_ids,
        "address": addresses,
        "account_key": alone,
    }
    found: list[Condition] = [table.c[name].in_(words) for name, words in named.items() if name in table.c]
    if table in _THEMSELVES:
        found.append(_THEMSELVES[table].in_(keys))
    if table is quarantine:
        found += [func.lower(table.c.body).contains(address, autoescape=True) for address in addresses]
    return or_(false(), *found) if found else None


def _people(connection: Connection, keys: Sequence[str]) -> list[Prospect]:
    """Locked, so that nobody saves them meanwhile."""
    query = select(prospects.c.body).where(prospects.c.key.in_(keys)).order_by(prospects.c.key).with_for_update()
    return [load_prospect(body) for body in connection.scalars(query)]


def _only_theirs(connection: Connection, people: Sequence[Prospect]) -> list[str]:
    """Where answers about their accounts lie that nobody else is at: what is known of these is known of them."""
    keys, domains = [p.key for p in people], {p.domain.lower() for p in people if p.domain}
    others = select(prospects.c.domain).where(prospects.c.domain.in_(domains) & prospects.c.key.not_in(keys))
    shared = set(connection.scalars(others.distinct()))
    companies = {f"company:{p.company.casefold()}" for p in people if not p.domain}
    return sorted(key for account in domains - shared | companies for key in answer_keys(account))


def _unname(connection: Connection, people: Sequence[Prospect]) -> int:
    """Whoever was named by them keeps no word of who that was."""
    names = {" ".join(part for part in (p.first_name, p.last_name) if part) or p.email for p in people}
    changed = 0
    for name in sorted(names):
        said = f'"referred_by":{dump_json(name)}'
        query = select(prospects.c.key, prospects.c.body).where(prospects.c.body.contains(said, autoescape=True))
        for key, body in connection.execute(query.with_for_update()).all():
            known = load_prospect(body).model_copy(update={"referred_by": None, "description": None})
            row = prospects.update().where(prospects.c.key == key)
            connection.execute(row.values(body=dump_prospect(known)))
            changed += 1
    return changed

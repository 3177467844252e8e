"""Prospects: saved whole, found by what a pass or a person asks for.

Invariant: `changed` is set by every save that differs from what is stored, and cleared only by `mark_synced`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from heapq import nsmallest
from typing import Any

from sqlalchemy import Connection, case, or_, select, true

from closeloop.adapters.ledger.codec import dump_prospect, load_prospect
from closeloop.adapters.ledger.engine import chunks, patient, patient_and_repeatable
from closeloop.adapters.ledger.rows import Part, folded, prospect_row
from closeloop.adapters.ledger.schema import prospects
from closeloop.adapters.ledger.statements import insert_into, insert_new
from closeloop.domain.colleagues import is_in_play
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Stage, Standing

_PAGE = 500
_FOUND_AT_MOST = 20
_STAGES_OF_DEALS = [Stage.PRESENTATION, Stage.OBJECTIONS, Stage.CLOSING, Stage.FOLLOW_UP]


class ProspectRows(Part):
    """The port's methods about prospects."""

    @patient_and_repeatable
    def add_prospects(self, prospects_given: Iterable[Prospect]) -> int:
        rows = _rows(prospects_given)
        with self._database.write() as connection:
            return insert_new(connection, prospects, rows)

    @patient
    def prospects(self, keys: Iterable[str]) -> dict[str, Prospect]:
        with self._database.read() as connection:
            return _by_key(connection, keys)

    @patient
    def due(
        self, stages: Sequence[Stage], now: datetime, limit: int, standings: Sequence[Standing]
    ) -> list[Prospect]:
        pairs = [(stage, standing) for stage in dict.fromkeys(stages) for standing in dict.fromkeys(standings)]
        with self._database.read() as connection:
            # One index-ordered look for each pair: an IN over both would sort everything that is due.
            heads = [row for pair in pairs for row in _head(connection, *pair, now, limit)]
            keys = [key for _, key in nsmallest(limit, heads)]
            found = _by_key(connection, keys)
        return [found[key] for key in keys]

    def all_prospects(self) -> Iterable[Prospect]:
        last = ""
        while rows := self._page_after(last):
            for _, body in rows:
                yield load_prospect(body)
            last = rows[-1][0]

    @patient
    def _page_after(self, key: str) -> list[tuple[str, str]]:
        """Pages instead of an open cursor, so that the reader may write between two prospects."""
        query = select(prospects.c.key, prospects.c.body).where(prospects.c.key > key)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(prospects.c.key).limit(_PAGE))
            return [(row.key, row.body) for row in rows]

    @patient
    def find(self, who: str) -> list[Prospect]:
        """Exact matches first, then texts that contain the words; each group by key."""
        text, words = who.strip(), folded(who)
        if not words:
            return []
        table = prospects.c
        ids = (table.key, table.contact_id, table.account_id, table.opportunity_id)
        same = [column == text for column in ids] + [
            column == words for column in (table.email, table.name, table.company)
        ]
        part = [column.contains(text, autoescape=True) for column in ids] + [
            column.contains(words, autoescape=True) for column in (table.email, table.name, table.company)
        ]
        exact = case(*((condition, 0) for condition in same), else_=1)
        query = select(table.body).where(or_(*same, *part)).order_by(exact, table.key).limit(_FOUND_AT_MOST)
        with self._database.read() as connection:
            return [load_prospect(row.body) for row in connection.execute(query)]

    @patient
    def by_address(self, addresses: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for part in chunks(address.lower() for address in addresses):
                query = select(prospects.c.email, prospects.c.key).where(prospects.c.email.in_(part))
                for row in connection.execute(query.order_by(prospects.c.email, prospects.c.key)):
                    found.setdefault(row.email, row.key)  # two leads with one address: always the same one
        return found

    @patient
    def by_opportunity(self, opportunity_ids: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        table = prospects.c
        with self._database.read() as connection:
            for part in chunks(opportunity_ids):
                query = select(table.opportunity_id, table.key).where(table.opportunity_id.in_(part))
                for row in connection.execute(query.order_by(table.opportunity_id, table.key)):
                    found.setdefault(row.opportunity_id, row.key)
        return found

    @patient
    def colleagues(self, domains: Iterable[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        with self._database.read() as connection:
            for part in chunks(domain.lower() for domain in domains):
                query = select(prospects.c.domain, prospects.c.key).where(prospects.c.domain.in_(part))
                for row in connection.execute(query.order_by(prospects.c.domain, prospects.c.key)):
                    found.setdefault(row.domain, []).append(row.key)
        return found

    @patient
    def in_play(self, domains: Iterable[str]) -> dict[str, list[Prospect]]:
        found: dict[str, list[Prospect]] = {}
        table = prospects.c
        awake = table.standing.in_([Standing.OPEN, Standing.CUSTOMER]) & table.stage.in_(_STAGES_OF_DEALS)
        with self._database.read() as connection:
            for part in chunks(domain.lower() for domain in domains):
                query = select(table.domain, table.body).where(table.domain.in_(part) & awake)
                for row in connection.execute(query.order_by(table.domain, table.key)):
                    if is_in_play(prospect := load_prospect(row.body)):
                        found.setdefault(row.domain, []).append(prospect)
        return found

    @patient
    def open_deals(self, after: str, limit: int) -> list[Prospect]:
        found: list[Prospect] = []
        table = prospects.c
        worked = (table.standing == Standing.OPEN) & table.stage.in_(_STAGES_OF_DEALS)
        with self._database.read() as connection:
            while len(found) < limit:
                query = select(table.key, table.body).where(worked & (table.key > after)).order_by(table.key)
                rows = connection.execute(query.limit(_PAGE)).all()
                read = (load_prospect(row.body) for row in rows)
                found += [prospect for prospect in read if prospect.is_open_deal]
                if len(rows) < _PAGE:
                    break
                after = rows[-1].key
        return found[:limit]

    @patient
    def changed_since_sync(self, limit: int) -> list[Prospect]:
        query = select(prospects.c.body).where(prospects.c.changed).order_by(prospects.c.key).limit(limit)
        with self._database.read() as connection:
            return [load_prospect(row.body) for row in connection.execute(query)]

    @patient
    def mark_synced(self, prospects_given: Iterable[Prospect]) -> None:
        given = {prospect.key: prospect for prospect in prospects_given}
        with self._database.write() as connection:
            for part in chunks(sorted(given)):
                same = [
                    key for key, body in _bodies(connection, part, locked=True).items() if _says(body, given[key])
                ]
                connection.execute(prospects.update().where(prospects.c.key.in_(same)).values(changed=False))


def overtaken(connection: Connection, read: Mapping[str, Prospect]) -> frozenset[str]:
    """Keys of those that are no longer stored as they were read: changed, or erased for good. Only sure inside a
    transaction that writes."""
    stored: dict[str, str] = {}
    for part in chunks(sorted(read)):
        stored |= _bodies(connection, part, locked=True)
    return frozenset(key for key, before in read.items() if key not in stored or not _says(stored[key], before))


def save_prospects(connection: Connection, given: Iterable[Prospect]) -> None:
    """Insert or replace, inside the transaction of a pass."""
    rows = _rows(given)
    if not rows:
        return
    statement = insert_into(connection, prospects)
    new = statement.excluded
    values: dict[str, Any] = {column.name: new[column.name] for column in prospects.c if column.name != "key"}
    values["changed"] = case((prospects.c.body != new.body, true()), else_=prospects.c.changed)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values), rows)


def _by_key(connection: Connection, keys: Iterable[str]) -> dict[str, Prospect]:
    """In the order asked for, so that the same pass does the same work in the same order."""
    found: dict[str, Prospect] = {}
    for part in chunks(keys):
        bodies = _bodies(connection, part)
        found.update({key: load_prospect(bodies[key]) for key in part if key in bodies})
    return found


def _rows(given: Iterable[Prospect]) -> list[dict[str, Any]]:
    """By key: two workers that save the same people then never wait for each other."""
    return sorted((prospect_row(prospect) for prospect in given), key=lambda row: str(row["key"]))


def _bodies(connection: Connection, keys: list[str], *, locked: bool = False) -> dict[str, str]:
    """When `locked`, nobody else saves these until the transaction ends; actions may still be planned for them."""
    query = select(prospects.c.key, prospects.c.body).where(prospects.c.key.in_(keys))
    query = query.order_by(prospects.c.key).with_for_update(key_share=True) if locked else query
    return {row.key: row.body for row in connection.execute(query)}


def _says(body: str, prospect: Prospect) -> bool:
    """Same text is the same prospect; other text may still be: a field added by an update does not differ."""
    return body == dump_prospect(prospect) or load_prospect(body) == prospect


def _head(
    connection: Connection, stage: Stage, standing: Standing, now: datetime, limit: int
) -> list[tuple[datetime, str]]:
    table = prospects.c
    there = (table.stage == stage) & (table.standing == standing) & (table.due_at <= now)
    query = select(table.due_at, table.key).where(there).order_by(table.due_at, table.key).limit(limit)
    return [(row.due_at, row.key) for row in connection.execute(query)]

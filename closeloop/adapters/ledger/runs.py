"""Runs and what they leave: decisions, the cache of account facts, and rows that were kept out.

Invariant: decisions stay in the order in which they were taken and are never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, RowMapping, func, select

from closeloop.adapters.ledger.codec import dump_facts, load_facts
from closeloop.adapters.ledger.engine import chunks, patient
from closeloop.adapters.ledger.rows import Part
from closeloop.adapters.ledger.schema import account_facts, decisions, quarantine, runs
from closeloop.adapters.ledger.statements import insert_new, upsert
from closeloop.application.ports import DecisionRow, RunRow
from closeloop.domain.leads import Quarantined
from closeloop.domain.prospect import Fact

_PAGE = 2000


class RunRows(Part):
    """The port's methods about runs, decisions, account facts and quarantine."""

    @patient
    def cached_facts(self, account_keys: Iterable[str], now: datetime) -> dict[str, tuple[Fact, ...]]:
        table = account_facts.c
        found: dict[str, tuple[Fact, ...]] = {}
        with self._database.read() as connection:
            for part in chunks(account_keys):
                query = select(table.account_key, table.facts)
                rows = connection.execute(query.where(table.account_key.in_(part) & (table.expires_at > now)))
                found.update({row.account_key: load_facts(row.facts) for row in rows})
        return found

    @patient
    def cache_facts(self, entries: Mapping[str, tuple[Fact, ...]], expires_at: datetime) -> None:
        """A newer entry replaces the old one."""
        rows = [
            {"account_key": key, "facts": dump_facts(facts), "expires_at": expires_at}
            for key, facts in sorted(entries.items())
        ]
        with self._database.write() as connection:
            upsert(connection, account_facts, "account_key", rows)

    @patient
    def add_quarantine(self, source: str, rows: Iterable[Quarantined], at: datetime) -> None:
        """The same row with the same reason is kept once, however often its file is read."""
        new = []
        for row in rows:
            body = row.model_dump_json()
            digest = sha256(body.encode()).hexdigest()
            new.append({"source": source, "line": row.line, "digest": digest, "body": body, "at": at})
        with self._database.write() as connection:
            insert_new(connection, quarantine, new)

    @patient
    def quarantine(self) -> list[tuple[str, Quarantined]]:
        """In the order in which they were kept out."""
        query = select(quarantine.c.source, quarantine.c.body).order_by(quarantine.c.id)
        with self._database.read() as connection:
            return [(row.source, Quarantined.model_validate_json(row.body)) for row in connection.execute(query)]

    @patient
    def add_run(self, run: RunRow, at: datetime) -> None:
        row = {"run_id": run.run_id, "stage": run.stage, "at": at, "body": run.model_dump_json()}
        with self._database.write() as connection:
            insert_new(connection, runs, [row])

    @patient
    def runs_since(self, at: datetime) -> list[RunRow]:
        query = select(runs.c.body).where(runs.c.at >= at).order_by(runs.c.at, runs.c.id)
        with self._database.read() as connection:
            return [RunRow.model_validate_json(row.body) for row in connection.execute(query)]

    @patient
    def runs(self, limit: int) -> list[RunRow]:
        """The latest first."""
        query = select(runs.c.body).order_by(runs.c.at.desc(), runs.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [RunRow.model_validate_json(row.body) for row in connection.execute(query)]

    def decisions(self) -> Iterable[DecisionRow]:
        last = 0
        while rows := self._decisions_after(last):
            yield from (decision_of(row) for row in rows)
            last = rows[-1]["id"]

    @patient
    def last_decisions(self, prospect_keys: Iterable[str]) -> dict[str, DecisionRow]:
        found: dict[str, DecisionRow] = {}
        table = decisions.c
        with self._database.read() as connection:
            for part in chunks(prospect_keys):
                latest = select(func.max(table.id)).where(table.prospect_key.in_(part)).group_by(table.prospect_key)
                for row in connection.execute(select(decisions).where(table.id.in_(latest))).mappings():
                    found[row["prospect_key"]] = decision_of(row)
        return found

    @patient
    def _decisions_after(self, last: int) -> list[RowMapping]:
        """Pages instead of an open cursor, so that the reader may write between two decisions."""
        query = select(decisions).where(decisions.c.id > last).order_by(decisions.c.id).limit(_PAGE)
        with self._database.read() as connection:
            return list(connection.execute(query).mappings())


def add_decisions(connection: Connection, given: Iterable[DecisionRow]) -> None:
    """Inside the transaction of the pass that took them."""
    rows = [decision.model_dump() for decision in given]
    if rows:
        connection.execute(decisions.insert(), rows)


def decision_of(row: RowMapping) -> DecisionRow:
    """The decision in a row of `decisions`."""
    return DecisionRow.model_validate({name: value for name, value in row.items() if name != "id"})

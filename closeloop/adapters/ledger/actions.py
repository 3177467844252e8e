"""The outbox: claiming and looking at actions. `planning.py` fills it, `settling.py` says how actions end.

Invariants: a claim is one statement, committed before `claim` returns; every change of
state appends its line of history in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, func, select, true

from closeloop.adapters.ledger.batches import record
from closeloop.adapters.ledger.columns import UtcMoment
from closeloop.adapters.ledger.engine import chunks, patient
from closeloop.adapters.ledger.rows import Part, claimed_action, event_row
from closeloop.adapters.ledger.schema import action_payloads, actions, prospects, receipts
from closeloop.adapters.ledger.statements import locked
from closeloop.application.ports import ReceiptRow
from closeloop.domain.actions import ActionKind, ActionState, ClaimedAction
from closeloop.domain.api_budget import Workload
from closeloop.domain.stage import Stage, Standing

_ATTEMPT = select(actions.c.attempt).where(actions.c.key == bindparam("checked_key")).scalar_subquery()
_ADD_RECEIPT = receipts.insert().values(attempt=_ATTEMPT)

_TO_CARRY_OUT = [actions.c[name] for name in ClaimedAction.model_fields if name != "payload"]
WITH_PAYLOAD = select(actions, action_payloads.c.payload).join(action_payloads)
"""Whole actions, to be narrowed."""


_ALIVE = [standing for standing in Standing if standing.may_be_written_to]
_PEOPLE_DUE = select(func.count()).where(
    prospects.c.stage.in_(list(Stage))
    & prospects.c.standing.in_(_ALIVE)
    & (prospects.c.due_at <= bindparam("now", type_=UtcMoment))
)
# By the lowest and any key after it, so that the index of the changed ones is read and not the table.
_PEOPLE_CHANGED = select(func.count()).where(prospects.c.changed & (prospects.c.key > ""))


class ActionRows(Part):
    """The port's methods about planned and claimed actions."""

    @patient
    def claim(
        self, kind: ActionKind, now: datetime, worker: str, limit: int, lease: timedelta
    ) -> list[ClaimedAction]:
        table = actions.c
        free = (table.kind == kind) & (table.state == ActionState.PLANNED) & (table.due_at <= now)
        free &= self._in_scope()
        oldest = select(table.key).where(free).order_by(table.due_at, table.key).limit(limit)
        held = {"state": ActionState.CLAIMED, "worker": worker, "lease_until": now + lease, "detail": ""}
        with self._database.write() as connection:
            # What another worker is taking at this moment is passed over.
            these = locked(connection, oldest, waits=False)
            take = actions.update().where(table.key.in_(these)).values(attempt=table.attempt + 1, **held)
            rows = connection.execute(take.returning(*_TO_CARRY_OUT)).all()
            rows = sorted(rows, key=lambda row: (row.due_at, row.key))
            moved = (ActionState.PLANNED, ActionState.CLAIMED, now)
            record(connection, (event_row(row.key, row.attempt, *moved, worker=worker) for row in rows))
            payloads = _payloads(connection, [row.key for row in rows])
        return [ClaimedAction(**row._mapping, payload=payloads[row.key]) for row in rows]

    def _in_scope(self) -> ColumnElement[bool]:
        """What this ledger may claim at all; one of narrower scope says so."""
        return true()

    @patient
    def still_held(self, claimed: Iterable[ClaimedAction]) -> set[str]:
        table, found = actions.c, set[str]()
        attempts = {action.key: action.attempt for action in claimed}
        with self._database.read() as connection:
            for part in chunks(attempts):
                query = select(table.key, table.attempt).where(table.key.in_(part))
                rows = connection.execute(query.where(table.state == ActionState.CLAIMED))
                found.update(key for key, attempt in rows if attempt == attempts[key])
        return found

    @patient
    def actions(self, keys: Iterable[str]) -> dict[str, tuple[ClaimedAction, ActionState]]:
        found: dict[str, tuple[ClaimedAction, ActionState]] = {}
        with self._database.read() as connection:
            for part in chunks(keys):
                query = WITH_PAYLOAD.where(actions.c.key.in_(part))
                rows = {row["key"]: row for row in connection.execute(query).mappings()}
                here = (rows[key] for key in part if key in rows)
                found.update({row["key"]: (_whole(row), row["state"]) for row in here})
        return found

    @patient
    def in_state(self, state: ActionState, kind: ActionKind | None, limit: int) -> list[ClaimedAction]:
        """Oldest due first, then by key."""
        kinds = [kind] if kind else list(ActionKind)
        with self._database.read() as connection:
            rows = [row for one in kinds for row in _in_state(connection, state, one, limit)]
        return [_whole(row) for row in nsmallest(limit, rows, key=lambda row: (row["due_at"], row["key"]))]

    @patient
    def words_sent(self, prospect_keys: Iterable[str]) -> dict[str, set[str]]:
        table = actions.c
        off = [ActionState.SKIPPED.value, ActionState.REJECTED.value]
        said = table.words.is_not(None) & table.state.not_in(off)
        found: dict[str, set[str]] = {}
        with self._database.read() as connection:
            for part in chunks(prospect_keys):
                query = select(table.prospect_key, table.words).where(table.prospect_key.in_(part) & said)
                for key, words in connection.execute(query):
                    found.setdefault(key, set()).add(words)
        return found

    @patient
    def with_uncertain_mail(self, prospect_keys: Iterable[str]) -> set[str]:
        table = actions.c
        doubtful = (table.kind == ActionKind.EMAIL) & (table.state == ActionState.UNCERTAIN)
        found: set[str] = set()
        with self._database.read() as connection:
            for part in chunks(prospect_keys):
                query = select(table.prospect_key).where(table.prospect_key.in_(part) & doubtful)
                found.update(connection.scalars(query))
        return found

    @patient
    def workload(self, now: datetime) -> Workload:
        with self._database.read() as connection:
            waiting = {kind: _due_count(connection, kind, now) for kind in ActionKind}
            uncertain = sum(_count(connection, kind, ActionState.UNCERTAIN) for kind in ActionKind)
            due = connection.execute(_PEOPLE_DUE, {"now": now}).scalar_one()
            changed = connection.execute(_PEOPLE_CHANGED).scalar_one()
        mails = waiting[ActionKind.EMAIL] + due
        return Workload(
            uncertain=uncertain,
            mails=mails,
            conversions=waiting[ActionKind.CONVERT],
            records=changed + due,
            activities=waiting[ActionKind.TASK] + mails,
            files=waiting[ActionKind.FILE],
            events=waiting[ActionKind.EVENT],
            members=waiting[ActionKind.CAMPAIGN],
        )

    @patient
    def state_counts(self) -> dict[str, dict[str, int]]:
        table = actions.c
        query = select(table.kind, table.state, func.count()).group_by(table.kind, table.state)
        counts: dict[str, dict[str, int]] = {}
        with self._database.read() as connection:
            for kind, state, count in connection.execute(query):
                counts.setdefault(kind.value, {})[state.value] = count
        return counts

    @patient
    def add_receipts(self, receipts_given: Iterable[ReceiptRow]) -> None:
        rows = list(receipts_given)
        if rows:
            with self._database.write() as connection:
                add_receipts(connection, rows)

    @patient
    def receipts_of(self, action_keys: Iterable[str]) -> dict[str, list[ReceiptRow]]:
        found: dict[str, list[ReceiptRow]] = {}
        theirs = (receipts.c.action_key == actions.c.key) & (receipts.c.attempt == actions.c.attempt)
        with self._database.read() as connection:
            for part in chunks(action_keys):
                query = select(receipts).join(actions, theirs).where(receipts.c.action_key.in_(part))
                rows = connection.execute(query).mappings().all()
                for row in sorted(rows, key=lambda row: int(row["id"])):
                    known = {name: row[name] for name in ReceiptRow.model_fields}
                    found.setdefault(row["action_key"], []).append(ReceiptRow.model_validate(known))
        return found


def add_receipts(connection: Connection, given: Iterable[ReceiptRow]) -> None:
    """Each for the attempt that its action is on, inside a transaction that may do more."""
    rows = [receipt.model_dump() | {"checked_key": receipt.action_key} for receipt in given]
    if rows:
        connection.execute(_ADD_RECEIPT, rows)


def _in_state(connection: Connection, state: ActionState, kind: ActionKind, limit: int) -> list[RowMapping]:
    table = actions.c
    query = WITH_PAYLOAD.where((table.kind == kind) & (table.state == state))
    return list(connection.execute(query.order_by(table.due_at, table.key).limit(limit)).mappings())


def _whole(row: RowMapping) -> ClaimedAction:
    return claimed_action(row, row["payload"])


def _payloads(connection: Connection, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    table = action_payloads.c
    found: dict[str, dict[str, Any]] = {}
    for part in chunks(keys):
        rows = connection.execute(select(table.action_key, table.payload).where(table.action_key.in_(part)))
        found.update((key, payload) for key, payload in rows)
    return found


def _count(connection: Connection, kind: ActionKind, state: ActionState) -> int:
    table = actions.c
    return connection.execute(
        select(func.count()).where((table.kind == kind) & (table.state == state))
    ).scalar_one()


def _due_count(connection: Connection, kind: ActionKind, now: datetime) -> int:
    table = actions.c
    due = (table.kind == kind) & (table.state == ActionState.PLANNED) & (table.due_at <= now)
    return connection.execute(select(func.count()).where(due)).scalar_one()

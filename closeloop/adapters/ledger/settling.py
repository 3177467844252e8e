"""How actions end: outcomes, leases that ran out, and mails that are called off.

Invariants: only the moves of `MOVES` are written; a settlement never touches a later claim than its own, and
what it knows is kept; a batch with one impossible settlement writes nothing; history and state change together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from closeloop.adapters.ledger.batches import move, record
from closeloop.adapters.ledger.engine import chunks, patient, patient_and_repeatable
from closeloop.adapters.ledger.planning import plan_actions
from closeloop.adapters.ledger.rows import Part, event_row
from closeloop.adapters.ledger.schema import actions, late_outcomes
from closeloop.adapters.ledger.statements import insert_new, locked
from closeloop.domain.actions import Action, ActionKind, ActionState, Settlement
from closeloop.domain.errors import IllegalMove
from closeloop.domain.fencing import Fate, Late, fate

LONGEST_LEASE = timedelta(days=1)
_FREE = {"worker": None, "lease_until": None}


class SettlingRows(Part):
    """The port's methods that end a claim or a plan."""

    @patient_and_repeatable
    def settle(self, settlements: Iterable[Settlement], now: datetime, then: Iterable[Action] = ()) -> list[Late]:
        """`retry_at` counts only for PLANNED; without it the action stays due as it was."""
        given = list(settlements)
        with self._database.write() as connection:
            rows = _held(connection, sorted(settlement.key for settlement in given))
            judged = [_judged(rows, settlement) for settlement in given]
            moves = [one for one in judged if one.fate is Fate.MOVES]
            move(connection, (_outcome(one.settlement) for one in moves))
            record(connection, (_line(one, now) for one in moves))
            late = [one for one in judged if one.fate is Fate.LATE]
            insert_new(connection, late_outcomes, [_late_row(one, now) for one in late])
            plan_actions(connection, then, lambda prospect_key, due_at: now)
        return [one.late for one in late]

    @patient
    def expire_leases(self, now: datetime) -> list[str]:
        """By key. A lease runs out at its very end, so `now` equal to it counts.

        One that lasts longer than any was given by a clock that was ahead: nobody waits for that day to come.
        """
        detail = "its worker was not heard of again before the lease ran out"
        table = actions.c
        over = (table.lease_until <= now) | (table.lease_until > now + LONGEST_LEASE)
        ran_out = (table.state == ActionState.CLAIMED) & over
        with self._database.write() as connection:
            # One that is being settled at this moment is not expired.
            these = locked(connection, select(table.key).where(ran_out), waits=False)
            expire = actions.update().where(table.key.in_(these))
            expire = expire.values(state=ActionState.UNCERTAIN, detail=detail, **_FREE)
            found = connection.execute(expire.returning(table.key, table.attempt))
            taken = sorted((row.key, row.attempt) for row in found)
            moved = (ActionState.CLAIMED, ActionState.UNCERTAIN, now)
            record(connection, (event_row(key, attempt, *moved, detail=detail) for key, attempt in taken))
        return [key for key, _ in taken]

    @patient
    def cancel_planned(self, prospect_keys: Iterable[str], reason: str, now: datetime) -> int:
        with self._database.write() as connection:
            return sum(_cancel(connection, part, reason, now) for part in chunks(sorted(prospect_keys)))


class _Stored(NamedTuple):
    """What of an action decides about its settlements."""

    state: ActionState
    attempt: int
    provider_id: str | None


@dataclass(frozen=True, slots=True)
class _Judged:
    """A settlement, its fate, and where the action stood before it."""

    settlement: Settlement
    fate: Fate
    old: ActionState

    @property
    def late(self) -> Late:
        given = self.settlement
        return Late(key=given.key, attempt=given.attempt, said=given.state, stood_at=self.old)


def _held(connection: Connection, keys: Iterable[str]) -> dict[str, _Stored]:
    """The actions as they stand; nobody else moves them until the transaction ends."""
    table = actions.c
    rows: dict[str, _Stored] = {}
    for part in chunks(keys):
        query = select(table.key, table.state, table.attempt, table.provider_id).where(table.key.in_(part))
        found = connection.execute(query.order_by(table.key).with_for_update(key_share=True))
        rows.update((key, _Stored(*stored)) for key, *stored in found)
    return rows


def _judged(rows: dict[str, _Stored], settlement: Settlement) -> _Judged:
    """What becomes of it; `rows` moves along, for a key that is settled twice in one batch."""
    stored = rows.get(settlement.key)
    found = check_settlement(settlement, stored)
    assert stored is not None  # noqa: S101 - the check has refused an unknown key
    if found is Fate.MOVES:
        provider_id = settlement.provider_id or stored.provider_id
        rows[settlement.key] = _Stored(settlement.state, stored.attempt, provider_id)
    return _Judged(settlement, found, stored.state)


def check_settlement(settlement: Settlement, stored: tuple[ActionState, int, str | None] | None) -> Fate:
    """Its fate, from state, attempt and provider id as stored; `IllegalMove` when there never was such a claim."""
    if stored is None:
        raise IllegalMove(f"There is no action {settlement.key} in the ledger: plan and claim it first")
    found = fate(settlement, *stored)
    if found is Fate.IMPOSSIBLE:
        state, attempt, _ = stored
        raise IllegalMove(
            f"The action {settlement.key} is {state.value} after {attempt} claims and cannot become "
            f"{settlement.state.value} by a settlement of claim {settlement.attempt}: claim it first"
        )
    return found


def _outcome(given: Settlement) -> dict[str, Any]:
    again = given.retry_at if given.state is ActionState.PLANNED else None
    return {
        "key": given.key,
        "state": given.state,
        "detail": given.detail,
        "provider_id": given.provider_id,
        "due_at": again,
    }


def _line(judged: _Judged, now: datetime) -> dict[str, Any]:
    given = judged.settlement
    moved = (judged.old, given.state, now)
    return event_row(given.key, given.attempt, *moved, detail=given.detail, provider_id=given.provider_id)


def _late_row(judged: _Judged, now: datetime) -> dict[str, Any]:
    given = judged.settlement
    return {
        "action_key": given.key,
        "attempt": given.attempt,
        "said": given.state,
        "at": now,
        "stood_at": judged.old,
        "detail": given.detail,
        "provider_id": given.provider_id,
    }


def _cancel(connection: Connection, prospect_keys: list[str], reason: str, now: datetime) -> int:
    table = actions.c
    theirs = (
        table.prospect_key.in_(prospect_keys)
        & (table.kind == ActionKind.EMAIL)
        & (table.state == ActionState.PLANNED)
    )
    these = locked(connection, select(table.key).where(theirs), waits=True)
    off = actions.update().where(table.key.in_(these))
    skip = off.values(state=ActionState.SKIPPED, detail=reason)
    found = connection.execute(skip.returning(table.key, table.attempt))
    taken = sorted((row.key, row.attempt) for row in found)
    moved = (ActionState.PLANNED, ActionState.SKIPPED, now)
    record(connection, (event_row(key, attempt, *moved, detail=reason) for key, attempt in taken))
    return len(taken)

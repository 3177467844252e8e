"""How actions end: outcomes, leases that ran out, and mails that are called off.

Invariants: only the moves of `MOVES` are written; a batch with one illegal move writes nothing; only `claim`
claims; history and state change together.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from closeloop.adapters.ledger.actions import record
from closeloop.adapters.ledger.engine import chunks
from closeloop.adapters.ledger.planning import plan_actions
from closeloop.adapters.ledger.rows import Part, event_row
from closeloop.adapters.ledger.schema import actions
from closeloop.domain.actions import Action, ActionKind, ActionState, Settlement, may_move
from closeloop.domain.errors import IllegalMove

_FREE = {"worker": None, "lease_until": None}
_SETTLE = (
    actions.update()
    .where(actions.c.key == bindparam("action_key"))
    .values(
        state=bindparam("new_state"),
        detail=bindparam("new_detail"),
        provider_id=bindparam("new_provider_id"),
        due_at=bindparam("new_due_at"),
        **_FREE,
    )
)


class SettlingRows(Part):
    """The port's methods that end a claim or a plan."""

    def settle(self, settlements: Iterable[Settlement], now: datetime, then: Iterable[Action] = ()) -> None:
        """`retry_at` counts only for PLANNED; without it the action stays due as it was."""
        given = list(settlements)
        with self._database.write() as connection:
            rows = _held(connection, (settlement.key for settlement in given))
            moves = [_move(rows, settlement, now) for settlement in given]
            if moves:
                connection.execute(_SETTLE, [row for row, _ in moves])
                record(connection, (event for _, event in moves))
            plan_actions(connection, then, lambda prospect_key, due_at: now)

    def expire_leases(self, now: datetime) -> list[str]:
        """By key. A lease runs out at its very end, so `now` equal to it counts."""
        detail = "its worker was not heard of again before the lease ran out"
        ran_out = (actions.c.state == ActionState.CLAIMED) & (actions.c.lease_until <= now)
        expire = (
            actions.update()
            .where(ran_out)
            .values(state=ActionState.UNCERTAIN, detail=detail, **_FREE)
            .returning(actions.c.key, actions.c.attempt)
        )
        with self._database.write() as connection:
            rows = sorted(connection.execute(expire).mappings(), key=lambda row: str(row["key"]))
            record(
                connection,
                (event_row(row, ActionState.CLAIMED, ActionState.UNCERTAIN, now, detail=detail) for row in rows),
            )
        return [row["key"] for row in rows]

    def cancel_planned(self, prospect_keys: Iterable[str], reason: str, now: datetime) -> int:
        with self._database.write() as connection:
            return sum(_cancel(connection, part, reason, now) for part in chunks(prospect_keys))


def _held(connection: Connection, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    table = actions.c
    rows: dict[str, dict[str, Any]] = {}
    for part in chunks(keys):
        query = select(table.key, table.state, table.attempt, table.due_at, table.provider_id)
        found = connection.execute(query.where(table.key.in_(part)).with_for_update()).mappings()
        rows.update({row["key"]: dict(row) for row in found})
    return rows


def _move(
    rows: dict[str, dict[str, Any]], settlement: Settlement, now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The update and the history of one settlement; `rows` moves along, for a key that is settled twice."""
    row = rows.get(settlement.key)
    check_move(settlement, row["state"] if row else None)
    assert row is not None  # noqa: S101 - check_move has refused an unknown key
    old, row["state"] = row["state"], settlement.state
    row["provider_id"] = settlement.provider_id or row["provider_id"]
    if settlement.state is ActionState.PLANNED and settlement.retry_at:
        row["due_at"] = settlement.retry_at
    event = event_row(row, old, settlement.state, now, detail=settlement.detail, provider_id=settlement.provider_id)
    return {
        "action_key": settlement.key,
        "new_state": settlement.state,
        "new_detail": settlement.detail,
        "new_provider_id": row["provider_id"],
        "new_due_at": row["due_at"],
    }, event


def check_move(settlement: Settlement, old: ActionState | None) -> None:
    """Raise `IllegalMove` for an unknown action, a move that the table lacks, and a claim by settlement."""
    if old is None:
        raise IllegalMove(f"There is no action {settlement.key} in the ledger: plan and claim it first")
    if settlement.state is ActionState.CLAIMED or not may_move(old, settlement.state):
        raise IllegalMove(
            f"The action {settlement.key} is {old.value} and cannot become {settlement.state.value} "
            "by a settlement: read it again before settling it"
        )


def _cancel(connection: Connection, prospect_keys: list[str], reason: str, now: datetime) -> int:
    table = actions.c
    theirs = (
        table.prospect_key.in_(prospect_keys)
        & (table.kind == ActionKind.EMAIL)
        & (table.state == ActionState.PLANNED)
    )
    skip = actions.update().where(theirs).values(state=ActionState.SKIPPED, detail=reason)
    rows = sorted(
        connection.execute(skip.returning(table.key, table.attempt)).mappings(),
        key=lambda row: str(row["key"]),
    )
    record(
        connection,
        (event_row(row, ActionState.PLANNED, ActionState.SKIPPED, now, detail=reason) for row in rows),
    )
    return len(rows)

"""Planning: actions enter the outbox here.

Invariants: a key is planned once, for ever, and the same words to the same person once, under whatever key;
what is planned again changes nothing and leaves no history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Connection

from closeloop.adapters.ledger.batches import record
from closeloop.adapters.ledger.rows import action_row, event_row
from closeloop.adapters.ledger.schema import action_payloads, actions
from closeloop.adapters.ledger.statements import insert_into
from closeloop.adapters.ledger.story_text import due_words
from closeloop.domain.actions import Action, ActionState


def plan_actions(
    connection: Connection, given: Iterable[Action], planned_at: Callable[[str, datetime], datetime]
) -> int:
    """Plan what is not there yet, inside the transaction of the pass; how many that were.

    `planned_at` gives the time of the pass, from the prospect's key and the time the action is due.
    """
    first: dict[str, Action] = {}
    for action in given:
        first.setdefault(action.key, action)
    if not first:
        return 0
    statement = insert_into(connection, actions).on_conflict_do_nothing().returning(actions.c.key)
    # By prospect, each one's in their order: two workers with the same plan then never wait for each other.
    rows = sorted((action_row(action) for action in first.values()), key=lambda row: str(row["prospect_key"]))
    keys = set(connection.scalars(statement, rows))
    new = [action for key, action in first.items() if key in keys]
    if new:
        contents = [{"action_key": action.key, "payload": action.payload} for action in new]
        connection.execute(action_payloads.insert(), contents)
        record(connection, (_planned(action, planned_at) for action in new))
    return len(new)


def _planned(action: Action, planned_at: Callable[[str, datetime], datetime]) -> dict[str, object]:
    at = planned_at(action.prospect_key, action.due_at)
    return event_row(action.key, 0, None, ActionState.PLANNED, at, detail=due_words(action.due_at))

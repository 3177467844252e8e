"""Planning: actions enter the outbox here.

Invariants: a key is planned once, for ever, and the same words to the same person once, under whatever key;
what is planned again changes nothing and leaves no history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Connection

from closeloop.adapters.ledger.actions import record
from closeloop.adapters.ledger.rows import action_row, event_row
from closeloop.adapters.ledger.schema import action_payloads, actions
from closeloop.adapters.ledger.sqlite import insert_into
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
    statement = insert_into(actions).on_conflict_do_nothing().returning(actions.c.key)
    keys = set(connection.scalars(statement, [action_row(action) for action in first.values()]))
    new = [action for key, action in first.items() if key in keys]
    if new:
        contents = [{"action_key": action.key, "payload": action.payload} for action in new]
        connection.execute(action_payloads.insert(), contents)
        record(connection, (_planned(action, planned_at) for action in new))
    return len(new)


def _planned(action: Action, planned_at: Callable[[str, datetime], datetime]) -> dict[str, object]:
    at = planned_at(action.prospect_key, action.due_at)
    row = {"key": action.key, "attempt": 0}
    return event_row(row, None, ActionState.PLANNED, at, detail=due_words(action.due_at))

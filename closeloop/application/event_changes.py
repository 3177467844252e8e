"""Meetings that people changed in the CRM: their Events are read with the changed deals, and taken over.

Invariant: a change is taken over once; what we wrote there ourselves is recognised, since it is what we know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from closeloop.application.after_restore import doubt_changed
from closeloop.application.deciding import Outcome, note, outcomes_of
from closeloop.application.overtaking import insist
from closeloop.application.ports import CrmEvent
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.event_changes import EventNow, on_event_change
from closeloop.domain.prospect import Prospect

CURSOR = "events"
MANY = 10_000


def take_over_events(
    services: Services, changed: Sequence[CrmEvent], run_id: str, now: datetime, tally: Tally
) -> None:
    """Decide about these, the last change of each; the cursor moves when that is saved."""
    behind = _behind(services) if changed else set()
    read = [(ours, event.cursor) for event in changed if (ours := _read(event, behind)) is not None]
    there = {event.prospect_key: event for event, _ in read}
    changed_at = {event.prospect_key: moment for event, moment in read}
    prospects = services.ledger.prospects(there)
    home = services.playbook.sending.time_zone

    def decided(given: Mapping[str, Prospect]) -> list[Outcome]:
        found = outcomes_of(services, given.values(), run_id, now)
        for key, outcome in found.items():
            for decision in on_event_change(outcome.prospect, there[key], now, home):
                note(tally, outcome.take(decision))
        moved = [outcome for outcome in found.values() if outcome.rows]
        doubt_changed({outcome.before.key: changed_at[outcome.before.key] for outcome in moved}, services)
        return moved

    tally.count("meetings changed by people", insist(services, prospects, decided))
    if changed:
        known = services.ledger.cursor(CURSOR) or ""
        services.ledger.set_cursor(CURSOR, max(known, *(event.cursor for event in changed)))


def _behind(services: Services) -> set[str]:
    """Prospects whose Event we are about to write, or may just have written."""
    states = (ActionState.PLANNED, ActionState.CLAIMED, ActionState.UNCERTAIN)
    found = [action for state in states for action in services.ledger.in_state(state, ActionKind.EVENT, MANY)]
    return {action.prospect_key for action in found}


def _read(event: CrmEvent, behind: set[str]) -> EventNow | None:
    """`event:<prospect>:<number>`; what has another key is not ours."""
    parts = event.key.split(":")
    if len(parts) != 3 or not parts[2].isdigit():
        return None
    return EventNow(
        prospect_key=parts[1],
        number=int(parts[2]),
        is_gone=event.is_gone,
        on=date.fromisoformat(event.on),
        starts_at=datetime.fromisoformat(event.starts_at) if event.starts_at else None,
        minutes=event.minutes,
        is_behind=parts[1] in behind,
    )

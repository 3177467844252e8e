"""Whether a pass would find anything: asked of the ledger first, so that an idle hour costs a few reads.

Only what the ledger alone can answer is asked; a pass that looks outside (`pull`) always runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from closeloop.application import next_steps
from closeloop.application.approving import deadline_passed
from closeloop.application.contact_roles import roles_wait
from closeloop.application.follow_up import SLEEPERS
from closeloop.application.ports import Ledger
from closeloop.application.retention import retention_waits
from closeloop.application.suppressions import lists_wait
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.stage import Stage, Standing

Question = Callable[[Ledger, datetime], bool]


def has_work(name: str, ledger: Ledger, now: datetime) -> bool:
    """False only when the pass would find nothing to do."""
    question = _QUESTIONS.get(name)
    return question is None or question(ledger, now)


def _prospect_due(
    ledger: Ledger, now: datetime, *, stages: Sequence[Stage], standings: Sequence[Standing] = (Standing.OPEN,)
) -> bool:
    return bool(ledger.due(stages, now, 1, standings))


def _signal_waits(ledger: Ledger, now: datetime) -> bool:
    return bool(ledger.waiting_signals(1))


def _action_due(ledger: Ledger, now: datetime, kind: ActionKind) -> bool:
    return any(action.due_at <= now for action in ledger.in_state(ActionState.PLANNED, kind, 1))


def _mail_due(ledger: Ledger, now: datetime) -> bool:
    return _action_due(ledger, now, ActionKind.EMAIL)


def _crm_is_behind(ledger: Ledger, now: datetime) -> bool:
    due = any(_action_due(ledger, now, kind) for kind in ActionKind if kind is not ActionKind.EMAIL)
    return due or roles_wait(ledger) or bool(ledger.changed_since_sync(1))


def _something_hangs(ledger: Ledger, now: datetime) -> bool:
    states = (ActionState.CLAIMED, ActionState.UNCERTAIN)
    hangs = any(ledger.in_state(state, None, 1) for state in states)
    hangs = hangs or deadline_passed(ledger, now)
    return hangs or (retention_waits(ledger, now) and bool(ledger.runs(1)))


_QUESTIONS: dict[str, Question] = {
    "reconcile": _something_hangs,
    "suppressions": lists_wait,
    "receive": _signal_waits,
    **{stage.value: partial(_prospect_due, stages=[stage]) for stage in Stage},
    "follow_up": partial(_prospect_due, stages=list(Stage), standings=SLEEPERS),
    "next_steps": next_steps.waits,
    "deliver": _mail_due,
    "sync": _crm_is_behind,
}

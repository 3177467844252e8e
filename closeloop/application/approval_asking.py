"""Asking for an approval: the question, and the Task by which whoever is asked learns of it.

Invariant: what waits for an approval says so itself (`approval` in its payload), so that it cannot leave even if
the question were lost.
"""

from __future__ import annotations

from datetime import datetime

from closeloop.application.services import Services
from closeloop.domain.actions import Action, ActionKind, action_key
from closeloop.domain.approval_rules import value_of
from closeloop.domain.approvals import Approval, ApprovalKind, approval_id, deadline, file_mark, mail_mark
from closeloop.domain.edited_mail import words_above
from closeloop.domain.prospect import Prospect

GATED = "approval"
"""In the payload of a mail: the kind of approval it waits for."""


def for_mail(
    kind: ApprovalKind, action: Action, prospect: Prospect, services: Services, now: datetime
) -> tuple[Action, Approval, Action]:
    """The mail as one that waits, the question, and the Task."""
    payload = action.payload | {GATED: kind.value}
    asked = _asked(kind, action.key, mail_mark(payload), prospect, services, now, action_key=action.key)
    words = f"Subject: {payload['subject']}\n\n{words_above(payload['text'])}"
    return action.model_copy(update={"payload": payload}), asked, task(asked, prospect, services, now, words)


def for_deck(deck: str, content: bytes, prospect: Prospect, services: Services, now: datetime) -> Approval:
    """The question about a draft presentation as it lies in the home folder."""
    mark = file_mark(content)
    return _asked(ApprovalKind.DECK, f"deck:{prospect.key}:{mark}", mark, prospect, services, now, deck=deck)


def task(
    asked: Approval, prospect: Prospect, services: Services, now: datetime, words: str, turn: int = 1
) -> Action:
    """What the one who is asked finds in the CRM; `turn` counts the Tasks about one question."""
    until = f" by {asked.deadline:%Y-%m-%d %H:%M} UTC" if asked.deadline else ""
    worth = f" ({asked.amount:,} {services.playbook.product.currency})" if asked.amount is not None else ""
    again = "" if turn == 1 else "Still waiting: "
    return Action(
        key=action_key(ActionKind.TASK, prospect.key, "approve", asked.id, turn),
        kind=ActionKind.TASK,
        prospect_key=prospect.key,
        stage=prospect.stage,
        due_at=now,
        payload={
            "subject": f"{again}Approve {asked.kind.in_words} for {prospect.company}{worth}{until}"[:255],
            "channel": "task",
            "completed": False,
            "priority": "High",
            "description": f"{_how(asked, services)}\n\n{words}",
            "asked_of": asked.ask,
        },
    )


def _how(asked: Approval, services: Services) -> str:
    ways = [f"In a terminal: closeloop approve {asked.id} (--reject --why TEXT, --edit FILE)."]
    if services.desk_url:
        ways.insert(
            0, f"Form: {services.desk_url.rstrip('/')}/runs?search={asked.id} (the run `approval {asked.id}`)."
        )
    return "\n".join(["Nothing happens before you say yes to exactly what stands below.", *ways])


def _asked(
    kind: ApprovalKind, thing: str, mark: str, prospect: Prospect, services: Services, now: datetime, **what: str
) -> Approval:
    rule = services.playbook.approvals.rule(kind)
    assert rule is not None  # noqa: S101 - only what the playbook has a rule for is asked
    return Approval(
        id=approval_id(thing),
        kind=kind,
        prospect_key=prospect.key,
        asked_mark=mark,
        asked_at=now,
        deadline=deadline(now, rule.hours, services.playbook.sending.time_zone),
        on_deadline=rule.on_deadline,
        ask=rule.ask,
        amount=value_of(prospect, services.playbook),
        **what,
    )

"""Invented people, actions and signals for the contract suite of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from closeloop.application.ports import Change, CrmWriteRow, DecisionRow, Ledger, ReceiptRow
from closeloop.domain.actions import Action, ActionKind, ActionState, ClaimedAction, Settlement
from closeloop.domain.fencing import Late
from closeloop.domain.prospect import CrmIds, Fact, Prospect
from closeloop.domain.signals import Label, Signal, SignalKind, Understanding
from closeloop.domain.stage import Stage

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=5)


def person(key: str = "00Q1", **fields: Any) -> Prospect:
    content: dict[str, Any] = {
        "key": key,
        "crm": CrmIds(lead=key),
        "owner_id": "005A",
        "email": f"{key.lower()}@north.example",
        "first_name": "Ana",
        "last_name": f"Moreau {key}",
        "company": "North Mills",
        "domain": "north.example",
        "stage_entered_at": NOW,
        "due_at": NOW,
    }
    return Prospect(**content | fields)


def fact(name: str = "employees", value: Any = 250, source: str = "registry:north") -> Fact:
    return Fact(name=name, value=value, source=source, observed_at=NOW - MINUTE, confidence=0.9)


def mail(prospect_key: str = "00Q1", step: int = 1, due_at: datetime = NOW, **payload: Any) -> Action:
    return Action(
        key=f"email:{prospect_key}:approach:{step}",
        kind=ActionKind.EMAIL,
        prospect_key=prospect_key,
        stage=Stage.APPROACH,
        due_at=due_at,
        payload=payload or {"mail": {"subject": "A question about your looms"}},
    )


def task(prospect_key: str = "00Q1", step: int = 1) -> Action:
    return mail(prospect_key, step).model_copy(
        update={"key": f"task:{prospect_key}:call:{step}", "kind": ActionKind.TASK}
    )


def decision(prospect_key: str = "00Q1", at: datetime = NOW, **fields: Any) -> DecisionRow:
    content: dict[str, Any] = {
        "prospect_key": prospect_key,
        "run_id": "run-1",
        "stage": Stage.APPROACH,
        "at": at,
        "kind": "AskHuman",
        "rule": "approach.first_touch",
        "reasons": ("fits the profile", "has budget"),
        "playbook_version": "7",
        "detail": {"step": 1},
    }
    return DecisionRow(**content | fields)


def reply(signal_id: str = "m1", **fields: Any) -> Signal:
    content: dict[str, Any] = {
        "id": signal_id,
        "source": "inbound",
        "kind": SignalKind.REPLY,
        "occurred_at": NOW,
        "payload": {"subject": "Re: looms", "text": "Too expensive for us, sorry."},
    }
    return Signal(**content | fields)


def too_dear() -> Understanding:
    return Understanding(
        labels=(Label.OBJECTION_PRICE,),
        primary=Label.OBJECTION_PRICE,
        confidence=0.87,
        said="Too expensive for us, sorry.",
    )


def receipt(action_key: str, verdict: str = "send", at: datetime = NOW) -> ReceiptRow:
    return ReceiptRow(action_key=action_key, checked_at=at, values={"reply": False}, verdict=verdict)


def crm_write(**fields: Any) -> CrmWriteRow:
    content: dict[str, Any] = {
        "run_id": "run-1",
        "at": NOW,
        "object": "Lead",
        "record_id": "00Q1",
        "field": "Status",
        "before": "Open",
        "after": "Working",
        "reason": "the first mail was sent",
        "prospect_key": "00Q1",
    }
    return CrmWriteRow(**content | fields)


def plan(ledger: Ledger, *actions: Action) -> int:
    """Plan actions for prospects that are added where they are missing."""
    ledger.add_prospects(person(action.prospect_key) for action in actions)
    return ledger.commit(Change(actions=actions)).new_actions


def claim(ledger: Ledger, limit: int = 100, now: datetime = NOW, worker: str = "w1") -> list[ClaimedAction]:
    return ledger.claim(ActionKind.EMAIL, now, worker, limit, LEASE)


def settle(ledger: Ledger, key: str, state: ActionState, now: datetime = NOW, **fields: Any) -> list[Late]:
    """For the claim that the action is on, if no other `attempt` is given."""
    return ledger.settle([ended(ledger, key, state, **fields)], now)


def ended(ledger: Ledger, key: str, state: ActionState, **fields: Any) -> Settlement:
    known = ledger.actions([key])
    attempt = known[key][0].attempt if key in known else 1
    return Settlement(**{"key": key, "attempt": attempt, "state": state} | fields)


def state_of(ledger: Ledger, key: str) -> ActionState:
    return ledger.actions([key])[key][1]


def moves_of(ledger: Ledger, prospect_key: str = "00Q1") -> list[tuple[str | None, str]]:
    """The history of a prospect's actions, as the story tells it."""
    lines = [line for line in ledger.story(prospect_key) if line.kind == "action"]
    return [(line.detail["from"], line.detail["to"]) for line in lines]

"""Invented prospects, decisions and replies for the tests of the report: small builders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from closeloop.application.ports import DecisionRow
from closeloop.domain.draw_figures import draw_figures
from closeloop.domain.figures import Figures
from closeloop.domain.prospect import CrmIds, NextStep, Prospect
from closeloop.domain.signals import Label, Signal, SignalKind, Understanding
from closeloop.domain.stage import Profile, Stage
from tests.unit.invented_playbook import a_playbook

NOW = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)


def a_prospect(key: str = "00Q01", **fields: Any) -> Prospect:
    """Somebody who entered prospecting yesterday, unless `fields` say otherwise."""
    given: dict[str, Any] = {
        "crm": CrmIds(lead=key),
        "owner_id": "005A",
        "owner_name": "Mina Sato",
        "email": f"{key.lower()}@account.example",
        "first_name": "Anna",
        "last_name": "Okafor",
        "company": "Account plc",
        "domain": "account.example",
        "stage_entered_at": NOW - timedelta(days=1),
    }
    return Prospect.model_validate(given | {"key": key} | fields)


def a_deal(key: str = "00Q01", **fields: Any) -> Prospect:
    """An open deal in presentation with a next step next week."""
    given: dict[str, Any] = {
        "profile": Profile.OPPORTUNITY,
        "stage": Stage.PRESENTATION,
        "amount": Decimal(40_000),
        "next_step": NextStep(what="Meeting with Okafor", on=NOW.date() + timedelta(days=7)),
        "pains": ("slow",),
    }
    return a_prospect(key, **(given | fields))


def a_decision(kind: str, key: str = "00Q01", *, days_ago: float = 1, **fields: Any) -> DecisionRow:
    """A stored decision of so many days ago."""
    given: dict[str, Any] = {
        "prospect_key": key,
        "run_id": "run-1",
        "stage": Stage.APPROACH,
        "at": NOW - timedelta(days=days_ago),
        "kind": kind,
        "rule": "approach.sequence",
        "reasons": ("step 1 of 4",),
        "playbook_version": "1",
    }
    return DecisionRow.model_validate(given | fields)


def an_advance(key: str, source: Stage, to: Stage, *, days_ago: float) -> DecisionRow:
    detail = {"from": source.value, "to": to.value}
    return a_decision("Advance", key, days_ago=days_ago, stage=source, detail=detail)


def a_touch(key: str = "00Q01", *, stage: Stage = Stage.APPROACH, days_ago: float = 1) -> DecisionRow:
    detail = {"channel": "email", "template": "approach_bump", "sequence": "approach", "step": 1}
    return a_decision("Touch", key, days_ago=days_ago, stage=stage, detail=detail)


def a_reply(key: str | None, label: Label, *, days_ago: float = 1) -> tuple[Signal, Understanding]:
    signal = Signal(
        id=f"{key}-{label}-{days_ago}",
        source="inbound",
        kind=SignalKind.REPLY,
        occurred_at=NOW - timedelta(days=days_ago),
        prospect_key=key,
    )
    return signal, Understanding(labels=(label,), primary=label, confidence=0.9)


def figures_of(
    prospects: list[Prospect] | None = None,
    decisions: list[DecisionRow] | None = None,
    replies: list[tuple[Signal, Understanding]] | None = None,
    **given: Any,
) -> Figures:
    """The figures of a small world."""
    world: dict[str, Any] = {"outbox": {}, "quarantined": [], "playbook": a_playbook(), "now": NOW}
    return draw_figures(
        prospects=prospects or [], decisions=decisions or [], replies=replies or [], **(world | given)
    )


def in_days(days: int) -> date:
    return NOW.date() + timedelta(days=days)

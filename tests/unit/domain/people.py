"""Prospects and the shipped playbook, for tests of the rules."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from closeloop.adapters.playbook.yaml_file import read_crm_mapping, read_playbook
from closeloop.domain.crm_mapping import CrmMapping
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import CrmIds, Fact, Prospect
from closeloop.domain.sending_rules import ALWAYS, Sending

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
"""A Monday."""
KEY = "00Q5f000001AbCdEAK"


@cache
def shipped_playbook() -> Playbook:
    return read_playbook(Path(__file__).parents[3] / "config" / "playbook.yaml")


@cache
def playbook() -> Playbook:
    """The shipped rules without hours, caps and a pace for colleagues, for tests that are not about these."""
    at_any_time = Sending(window=ALWAYS, answers=ALWAYS)
    return shipped_playbook().model_copy(update={"sending": at_any_time, "account": None})


@cache
def crm_mapping() -> CrmMapping:
    return read_crm_mapping(Path(__file__).parents[3] / "config" / "crm_mapping.yaml")


def fact(name: str, value: Any, source: str = "registry:test") -> Fact:
    return Fact(name=name, value=value, source=source, observed_at=NOW)


GOOD_FACTS: dict[str, Any] = {
    "employees": 12_000,
    "annual_revenue_usd": 3_000_000_000,
    "industry": "Manufacturing",
    "country": "DE",
    "email_kind": "corporate",
    "seniority": "director",
    "function": "finance",
}


def prospect(facts: dict[str, Any] | None = None, **fields: Any) -> Prospect:
    known = GOOD_FACTS if facts is None else facts
    values: dict[str, Any] = {
        "key": KEY,
        "crm": CrmIds(lead=KEY),
        "owner_id": "0055f000001SeLLAAA",
        "email": "anna.okafor@volvo.example",
        "first_name": "Anna",
        "last_name": "Okafor",
        "title": "Director Finance",
        "company": "Volvo",
        "domain": "volvo.example",
        "stage_entered_at": NOW,
        "due_at": NOW,
        "facts": {name: fact(name, value) for name, value in known.items()},
    }
    return Prospect(**(values | fields))

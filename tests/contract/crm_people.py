"""Invented people for the CRM's contract suite, told apart from everybody else's where the org is a shared one.

Invariant: every address is under a domain of this run of the tests, and every key of a record begins with its mark.
"""

from __future__ import annotations

import secrets
from typing import Any

from closeloop.application.ports import Conversion, CrmTask
from closeloop.domain.leads import LeadDraft
from closeloop.domain.prospect import CrmIds, Prospect
from tests.fakes.crm import CONVERTED
from tests.real_org_settings import REAL_ORG
from tests.unit.domain.people import prospect

MARK = f"t{secrets.token_hex(5)}." if REAL_ORG else ""
"""Empty where the org is the tests' own."""
DOMAIN = f"{MARK}north.example"
Row = dict[str, Any]


def address(number: int = 1) -> str:
    """The e-mail address of the person with this number."""
    return f"m{number}@{DOMAIN}"


def marked(key: str) -> str:
    """A key of ours that nobody else's record has."""
    return f"{MARK}{key}"


def lead_row(number: int = 1, **fields: Any) -> Row:
    row = {"LastName": f"Moreau {number}", "Company": "North Mills", "Email": address(number)}
    return row | fields


def draft(number: int = 1, **fields: Any) -> LeadDraft:
    values = {"line": number, "email": address(number), "last_name": "Moreau", "company": "North Mills"}
    return LeadDraft(**(values | fields))


def person(lead: str, **ids: str) -> Prospect:
    return prospect(key=lead, crm=CrmIds(lead=lead, **ids))


def task(key: str, who: str, owner: str, **fields: Any) -> CrmTask:
    values: dict[str, Any] = {
        "key": key,
        "who_id": who,
        "what_id": None,
        "owner_id": owner,
        "subject": "Email: a question",
        "description": "Good morning",
        "on": "2026-01-05",
        "completed": True,
        "subtype": "Email",
    }
    return CrmTask(**(values | fields))


def wish(lead: str, owner: str, **fields: Any) -> Conversion:
    values: dict[str, Any] = {
        "action_key": f"convert:{lead}",
        "lead_id": lead,
        "status": CONVERTED,
        "opportunity_name": "North Mills – Tallyard Match",
        "owner_id": owner,
    }
    return Conversion(**(values | fields))

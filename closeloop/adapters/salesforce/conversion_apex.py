"""Lead conversion by an Apex REST class of the org: up to 200 Leads a call, an outcome for each.

The class ships under `config/salesforce/apex`; the org's admins own it once it is deployed, so its answer is read
as strictly as any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from closeloop.adapters.salesforce.calls import Ambiguous, Calls, Request
from closeloop.adapters.salesforce.conversion import outcome, refusal
from closeloop.application.ports import Conversion, CrmOutcome
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmRefused, CrmUnavailable

LEADS_PER_CALL = 200
"""Two rounds of the hundred that `Database.convertLead` takes."""
IDS = {"account": "accountId", "contact": "contactId", "opportunity": "opportunityId"}
NOT_OURS = "the Apex class does not answer as config/salesforce/apex says: it may have been changed"


def convert_by_apex(calls: Calls, path: str, conversions: Sequence[Conversion]) -> list[CrmOutcome]:
    """One outcome per conversion, in order."""
    outcomes: list[CrmOutcome] = []
    for start in range(0, len(conversions), LEADS_PER_CALL):
        outcomes.extend(_one_call(calls, path, conversions[start : start + LEADS_PER_CALL]))
    return outcomes


def address(path: str) -> str:
    """Where the class answers."""
    return f"/services/apexrest/{path.strip('/')}"


def _one_call(calls: Calls, path: str, group: Sequence[Conversion]) -> list[CrmOutcome]:
    body = {"leads": [_wish(conversion) for conversion in group]}
    try:
        answer = calls.json(Request("POST", address(path), json=body), repeatable=False)
    except Ambiguous as problem:
        return [outcome(c, ActionState.UNCERTAIN, str(problem)) for c in group]
    except (CrmUnavailable, CrmRefused) as problem:
        detail = f"{problem}; CLOSELOOP_SALESFORCE_CONVERT names the Apex class at {address(path)}"
        return [outcome(c, ActionState.PLANNED, detail) for c in group]
    results = {r.get("leadId"): r for r in answer if isinstance(r, dict)} if isinstance(answer, list) else {}
    return [_result(c, results.get(c.lead_id)) for c in group]


def _wish(conversion: Conversion) -> dict[str, Any]:
    wish = {
        "leadId": conversion.lead_id,
        "convertedStatus": conversion.status,
        "opportunityName": conversion.opportunity_name,
        "ownerId": conversion.owner_id,
        "accountId": conversion.account_id,
    }
    return {name: value for name, value in wish.items() if value}


def _result(conversion: Conversion, result: dict[str, Any] | None) -> CrmOutcome:
    """A Lead the answer says nothing of may have been converted: the read-back tells."""
    if result is None:
        return outcome(conversion, ActionState.UNCERTAIN, NOT_OURS)
    if result.get("success") is True:
        ids = {ours: str(result[theirs]) for ours, theirs in IDS.items() if result.get(theirs)}
        key, made = conversion.action_key, ids.get("opportunity")
        return CrmOutcome(key=key, state=ActionState.ACCEPTED, record_id=made, ids=ids)
    errors = result.get("errors") or [{}]
    return refusal(conversion, str(errors[0].get("statusCode")), str(errors[0].get("message")))

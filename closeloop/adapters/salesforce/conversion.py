"""Lead conversion over SOAP, the only standard way there is: up to 100 Leads a call, an outcome for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from defusedxml.ElementTree import ParseError, fromstring

from closeloop.adapters.salesforce.calls import Ambiguous, Calls
from closeloop.adapters.salesforce.writing import LOCKS
from closeloop.application.ports import Conversion, CrmOutcome
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmRefused, CrmUnavailable

LEADS_PER_CALL = 100
NAMESPACE = "{urn:partner.soap.sforce.com}"
WAIT = timedelta(minutes=2)
ALREADY = "CANNOT_UPDATE_CONVERTED_LEAD"
NOT_KNOWN = "UNKNOWN_EXCEPTION"
"""The one fault after which something may have been done all the same."""


def convert(calls: Calls, conversions: Sequence[Conversion]) -> list[CrmOutcome]:
    """One outcome per conversion, in order."""
    outcomes: list[CrmOutcome] = []
    for start in range(0, len(conversions), LEADS_PER_CALL):
        outcomes.extend(_one_call(calls, conversions[start : start + LEADS_PER_CALL]))
    return outcomes


def _one_call(calls: Calls, group: Sequence[Conversion]) -> list[CrmOutcome]:
    path = f"/services/Soap/u/{calls.client.sf_version}"
    try:
        root = fromstring(calls.soap(path, _envelope(calls.client.session_id, group)))
    except (Ambiguous, ParseError) as problem:
        return [outcome(c, ActionState.UNCERTAIN, str(problem)) for c in group]
    except (CrmUnavailable, CrmRefused) as problem:
        return [outcome(c, ActionState.PLANNED, str(problem)) for c in group]
    results = root.findall(f".//{NAMESPACE}result")
    if len(results) != len(group):
        return _refused(group, root.findtext(".//faultstring") or f"{NOT_KNOWN}: no result in the answer")
    return [_result(c, result) for c, result in zip(group, results, strict=True)]


def _refused(group: Sequence[Conversion], fault: str) -> list[CrmOutcome]:
    """A fault refuses the call, not the Leads: a session or a limit may be right again at the next attempt."""
    state = ActionState.UNCERTAIN if NOT_KNOWN in fault else ActionState.PLANNED
    return [outcome(conversion, state, fault) for conversion in group]


def _envelope(session_id: str, group: Sequence[Conversion]) -> str:
    leads = "".join(_lead(conversion) for conversion in group)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns="urn:partner.soap.sforce.com">'
        f"<soapenv:Header><SessionHeader><sessionId>{escape(session_id)}</sessionId></SessionHeader>"
        f"</soapenv:Header><soapenv:Body><convertLead>{leads}</convertLead></soapenv:Body></soapenv:Envelope>"
    )


def _lead(conversion: Conversion) -> str:
    """Elements in the order of the WSDL, which is alphabetical."""
    values = {
        "accountId": conversion.account_id,
        "convertedStatus": conversion.status,
        "doNotCreateOpportunity": "false",
        "leadId": conversion.lead_id,
        "opportunityName": conversion.opportunity_name,
        "overwriteLeadSource": "false",
        "ownerId": conversion.owner_id,
        "sendNotificationEmail": "false",
    }
    inner = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in values.items() if text)
    return f"<leadConverts>{inner}</leadConverts>"


def _result(conversion: Conversion, result: Element) -> CrmOutcome:
    if result.findtext(f"{NAMESPACE}success") == "true":
        ids = {
            name: text
            for name in ("account", "contact", "opportunity")
            if (text := result.findtext(f"{NAMESPACE}{name}Id"))
        }
        return CrmOutcome(
            key=conversion.action_key,
            state=ActionState.ACCEPTED,
            record_id=ids.get("opportunity"),
            ids=ids,
        )
    code = result.findtext(f"{NAMESPACE}errors/{NAMESPACE}statusCode") or "UNKNOWN"
    message = result.findtext(f"{NAMESPACE}errors/{NAMESPACE}message") or "no message"
    return refusal(conversion, code, message)


def refusal(conversion: Conversion, code: str, message: str) -> CrmOutcome:
    """What one Lead's error means for its action."""
    return outcome(conversion, _state(code), f"{code}: {message}")


def _state(code: str) -> ActionState:
    """A converted Lead may be our own earlier call: the read-back of reconcile tells."""
    if code == ALREADY:
        return ActionState.UNCERTAIN
    return ActionState.PLANNED if code in LOCKS else ActionState.REJECTED


def outcome(conversion: Conversion, state: ActionState, detail: str) -> CrmOutcome:
    """How a conversion ended, when no records came of it."""
    wait = WAIT if state is ActionState.PLANNED else None
    return CrmOutcome(key=conversion.action_key, state=state, detail=detail, retry_after=wait)

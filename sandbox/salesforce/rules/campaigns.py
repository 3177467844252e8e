"""Campaign members: one person each, once in a campaign, with copies of the person's fields.

Invariant: a member has exactly one of LeadId and ContactId, and HasResponded agrees with Status.
"""

from __future__ import annotations

from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import RecordError
from sandbox.salesforce.store import Row

_COPIED = ("Name", "FirstName", "LastName", "Email")


def before_insert(call: Call, row: Row) -> None:
    """Checks the person and copies what the member shows of them."""
    given = [name for name in ("LeadId", "ContactId") if row.get(name)]
    if len(given) != 1:
        message = "A campaign member needs exactly one of LeadId and ContactId"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["LeadId", "ContactId"])
    _only_once(call, row, given[0])
    person = call.store.get(call.schema[given[0].removesuffix("Id")], row[given[0]]) or {}
    row.update({name: person.get(name) for name in _COPIED})
    row |= {"LeadOrContactId": row[given[0]], "Type": given[0].removesuffix("Id")}
    row["CompanyOrAccount"] = person.get("Company")
    row.update(_response(call, row))


def _only_once(call: Call, row: Row, field: str) -> None:
    kind = call.schema["CampaignMember"]
    if call.store.rows(kind, f"CampaignId = ? AND {field} = ?", (row.get("CampaignId"), row[field])):
        raise RecordError("DUPLICATE_VALUE", "Already a campaign member.")


def before_update(call: Call, old: Row, changes: Row) -> None:
    """Keeps the response fields true after a change of status."""
    changes.update(_response(call, {**old, **changes}))


def _response(call: Call, row: Row) -> Row:
    responded = row.get("Status") == "Responded"
    first = (row.get("FirstRespondedDate") or call.today) if responded else None
    return {"HasResponded": int(responded), "FirstRespondedDate": first}

"""Lead conversion: a lead becomes an account, a contact and, if wanted, an opportunity.

Invariant: only empty fields of existing records are filled; afterwards the lead is read-only and names all
three.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from sandbox.salesforce import dml, references
from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import RecordError, converted_lead
from sandbox.salesforce.rules.opportunities import STAGES
from sandbox.salesforce.store import Row
from sandbox.salesforce.values import too_long

_ADDRESS = ("Street", "City", "State", "PostalCode", "Country")
_TO_ACCOUNT = {
    "Company": "Name",
    "Phone": "Phone",
    "Fax": "Fax",
    "Website": "Website",
    "Industry": "Industry",
    "AnnualRevenue": "AnnualRevenue",
    "NumberOfEmployees": "NumberOfEmployees",
    "Rating": "Rating",
    "LeadSource": "AccountSource",
    **{name: f"Billing{name}" for name in _ADDRESS},
}
_SAME_ON_CONTACT = [
    "FirstName",
    "LastName",
    "Salutation",
    "Title",
    "Email",
    "Phone",
    "MobilePhone",
    "Fax",
    "LeadSource",
    "Description",
    "HasOptedOutOfEmail",
    "HasOptedOutOfFax",
    "DoNotCall",
    "EmailBouncedReason",
    "EmailBouncedDate",
    "Closeloop_Key__c",
    "Closeloop_Do_Not_Contact__c",
]
_TO_CONTACT = {name: name for name in _SAME_ON_CONTACT} | {name: f"Mailing{name}" for name in _ADDRESS}
_SAME_ON_OPPORTUNITY = [
    "LeadSource",
    "Closeloop_Key__c",
    "Closeloop_Stage__c",
    "Closeloop_Next_Step__c",
    "Closeloop_Next_Step_Date__c",
    "Closeloop_Hold__c",
]

_A_QUEUE = (
    "Converted objects can only be owned by users.  If the lead is not owned by a user, you must specify a user for"
    " the Owner field."
)


@dataclass(frozen=True)
class Wish:
    """What one conversion asks for."""

    lead_id: str
    status: str
    without_opportunity: bool = False
    overwrite_source: bool = False
    account_id: str | None = None
    contact_id: str | None = None
    opportunity_id: str | None = None
    opportunity_name: str | None = None
    owner_id: str | None = None


@dataclass(frozen=True)
class Converted:
    """The records that a lead became."""

    account_id: str
    contact_id: str
    opportunity_id: str | None


def convert(call: Call, wish: Wish) -> Converted:
    """Converts one lead; a refusal leaves nothing written."""
    key = None
    try:
        lead = _lead(call, wish)
        key = lead.get(dml.KEY)
        call.guard("convert", "Lead", [lead["Id"], *filter(None, (wish.account_id, wish.contact_id))])
        call.exempt = frozenset({lead["Id"]})
        with call.all_or_none():
            done = _converted(call, wish, lead)
    except RecordError as error:
        call.note("convert", "Lead", wish.lead_id, False, key, error=error.code)
        raise
    made = {"account": done.account_id, "contact": done.contact_id, "opportunity": done.opportunity_id}
    call.note("convert", "Lead", lead["Id"], True, key, **made)
    return done


def _lead(call: Call, wish: Wish) -> Row:
    lead = dml.existing(call, call.schema["Lead"], wish.lead_id)
    if lead["IsConverted"]:
        raise converted_lead()
    statuses = call.store.rows(call.schema["LeadStatus"], "IsConverted = 1 AND MasterLabel = ?", (wish.status,))
    if not statuses:
        raise RecordError("INVALID_STATUS", f"invalid convertedStatus: {wish.status}", ["convertedStatus"])
    if wish.contact_id and not wish.account_id:
        raise RecordError("REQUIRED_FIELD_MISSING", "accountId is required with contactId", ["accountId"])
    return lead


def _converted(call: Call, wish: Wish, lead: Row) -> Converted:
    owner = {"OwnerId": _owner(call, wish, lead)}
    account_id = _account(call, wish, lead, owner)
    contact_id = _contact(call, wish, lead, owner | {"AccountId": account_id})
    opportunity_id = _opportunity(call, wish, lead, owner | {"AccountId": account_id}, contact_id)
    _move_activities(call, lead["Id"], contact_id, opportunity_id or account_id)
    _follow(call, lead["Id"], contact_id, account_id, opportunity_id)
    changes = {
        "Status": wish.status,
        "IsConverted": 1,
        "ConvertedDate": call.today,
        "ConvertedAccountId": account_id,
        "ConvertedContactId": contact_id,
        "ConvertedOpportunityId": opportunity_id,
    }
    dml.change(call, call.schema["Lead"], lead, changes)
    return Converted(account_id, contact_id, opportunity_id)


def _owner(call: Call, wish: Wish, lead: Row) -> str:
    owner = str(wish.owner_id or lead["OwnerId"])
    if owner.startswith(call.schema["Group"].prefix):
        raise RecordError("UNKNOWN_EXCEPTION", _A_QUEUE)
    return str(dml.existing(call, call.schema["User"], owner)["Id"])


def _mapped(lead: Row, names: dict[str, str]) -> Row:
    return {target: lead[source] for source, target in names.items() if lead.get(source) is not None}


def _account(call: Call, wish: Wish, lead: Row, owner: Row) -> str:
    kind = call.schema["Account"]
    values = _mapped(lead, _TO_ACCOUNT)
    if wish.account_id:
        return _merge(call, kind.name, wish.account_id, values, ())
    return dml.insert(call, kind, values | owner)


def _contact(call: Call, wish: Wish, lead: Row, more: Row) -> str:
    kind = call.schema["Contact"]
    values = _mapped(lead, _TO_CONTACT)
    if not wish.contact_id:
        return dml.insert(call, kind, values | more)
    existing = dml.existing(call, kind, wish.contact_id)
    if existing["AccountId"] not in (None, more["AccountId"]):
        message = "The contact belongs to another account than accountId"
        raise RecordError("INVALID_CROSS_REFERENCE_KEY", message, ["contactId"])
    overwritten = ("LeadSource",) if wish.overwrite_source else ()
    return _merge(call, kind.name, wish.contact_id, values | {"AccountId": more["AccountId"]}, overwritten)


def _merge(call: Call, kind_name: str, record_id: str, values: Row, overwritten: tuple[str, ...]) -> str:
    kind = call.schema[kind_name]
    existing = dml.existing(call, kind, record_id)
    wanted = {
        name: value
        for name, value in values.items()
        if name in overwritten or existing[name] is None or (kind.fields[name].type == "boolean" and value)
    }
    wanted.pop(dml.KEY, None)
    if wanted:
        dml.change(call, kind, existing, wanted)
    return str(existing["Id"])


def _opportunity(call: Call, wish: Wish, lead: Row, more: Row, contact_id: str) -> str | None:
    if wish.without_opportunity:
        return None
    if wish.opportunity_id:
        opportunity_id = str(dml.existing(call, call.schema["Opportunity"], wish.opportunity_id)["Id"])
    else:
        opportunity_id = dml.insert(call, call.schema["Opportunity"], _deal(call, wish, lead) | more)
    role = call.schema["OpportunityContactRole"]
    both = (opportunity_id, contact_id)
    if not call.store.rows(role, "OpportunityId = ? AND ContactId = ?", both):
        first = not call.store.rows(role, "OpportunityId = ? AND IsPrimary = 1", (opportunity_id,))
        values = {"OpportunityId": opportunity_id, "ContactId": contact_id, "IsPrimary": int(first)}
        dml.insert(call, role, values)
    return opportunity_id


def _deal(call: Call, wish: Wish, lead: Row) -> Row:
    name = (wish.opportunity_name or lead["Company"]).strip()
    field = call.schema["Opportunity"].fields["Name"]
    if wish.opportunity_name and len(name) > field.length:
        raise too_long(field, name)
    values = _mapped(lead, {source: source for source in _SAME_ON_OPPORTUNITY})
    close = _end_of_quarter(call.moment.date()).isoformat()
    return values | {"Name": name[: field.length], "StageName": STAGES[0].label, "CloseDate": close}


def _end_of_quarter(day: date) -> date:
    month = (day.month + 2) // 3 * 3
    return date(day.year, month, monthrange(day.year, month)[1])


def _move_activities(call: Call, lead_id: str, contact_id: str, related_id: str) -> None:
    for name in ("Task", "Event"):
        kind = call.schema[name]
        for row in call.store.rows(kind, "WhoId = ?", (lead_id,)):
            dml.change(call, kind, row, {"WhoId": contact_id, "WhatId": related_id})


def _follow(call: Call, lead_id: str, contact_id: str, account_id: str, opportunity_id: str | None) -> None:
    """Campaign memberships and files of the lead go on with the new records."""
    for row in call.store.rows(call.schema["CampaignMember"], "LeadId = ?", (lead_id,)):
        changes = {"ContactId": contact_id, "LeadOrContactId": contact_id, "Type": "Contact"}
        call.store.update(call.schema["CampaignMember"], row["Id"], changes)
    link = call.schema["ContentDocumentLink"]
    for row in call.store.rows(link, "LinkedEntityId = ?", (lead_id,)):
        for target in filter(None, (contact_id, account_id, opportunity_id)):
            shared = {"LinkedEntityId": target, "ContentDocumentId": row["ContentDocumentId"]}
            if not call.store.rows(link, "LinkedEntityId = ? AND ContentDocumentId = ?", tuple(shared.values())):
                references.check(call, link.fields["LinkedEntityId"], target)
                dml.insert(call, link, shared)

"""Between the org's field names and our words. Pure translation, one function per direction."""

from __future__ import annotations

from typing import Any

from closeloop.adapters.salesforce.names import Names
from closeloop.adapters.salesforce.our_fields import MARK
from closeloop.application.ports import CrmLead, CrmLook, CrmTask
from closeloop.domain.leads import LeadDraft

Row = dict[str, Any]

LEAD_FIELDS = (
    "Id SystemModstamp OwnerId Owner.Name Status Email FirstName LastName Title Company Phone Website Country "
    "Industry NumberOfEmployees AnnualRevenue LeadSource Description HasOptedOutOfEmail IsConverted "
    "ConvertedContactId ConvertedAccountId ConvertedOpportunityId"
).split()
WHERE_THERE_IS_ONE = (
    "State", "Closeloop_Time_Zone__c", "DoNotCall", "Closeloop_Preferred_Channel__c", "Closeloop_Language__c",
    "Closeloop_Goals__c", "Closeloop_Plans__c", "Closeloop_Timeline__c",
)  # fmt: skip
"""Read of a Lead in an org that has the field and shows it to us."""
CONVERTED_FIELDS = ("Id", "ConvertedContactId", "ConvertedAccountId", "ConvertedOpportunityId")
LOOK_FIELDS = {
    "Lead": ("Id", "OwnerId", "Status", "HasOptedOutOfEmail", "IsConverted"),
    "Opportunity": ("Id", "OwnerId", "StageName", "IsClosed"),
    "Contact": ("Id", "HasOptedOutOfEmail"),
}
STANDARD_NAMES = Names()


def lead(row: Row) -> CrmLead:
    """A row of `LEAD_FIELDS` as a Lead of ours."""
    return CrmLead(
        id=row["Id"],
        cursor=f"{row['SystemModstamp']}|{row['Id']}",
        owner_id=row["OwnerId"],
        owner_name=(row.get("Owner") or {}).get("Name") or "",
        status=row["Status"],
        email=row["Email"],
        first_name=row["FirstName"],
        last_name=row["LastName"],
        title=row["Title"],
        company=row["Company"],
        phone=row["Phone"],
        website=row["Website"],
        country=row["Country"],
        industry=row["Industry"],
        employees=row["NumberOfEmployees"],
        annual_revenue=None if row["AnnualRevenue"] is None else int(row["AnnualRevenue"]),
        lead_source=row["LeadSource"],
        description=row["Description"],
        opted_out=bool(row["HasOptedOutOfEmail"]),
        do_not_contact=bool(row.get(MARK)),
        is_converted=bool(row["IsConverted"]),
        contact_id=row["ConvertedContactId"],
        account_id=row["ConvertedAccountId"],
        opportunity_id=row["ConvertedOpportunityId"],
        state=row.get("State"),
        time_zone=row.get("Closeloop_Time_Zone__c"),
        preferred_channel=row.get("Closeloop_Preferred_Channel__c"),
        language=row.get("Closeloop_Language__c"),
        goals=row.get("Closeloop_Goals__c"),
        plans=row.get("Closeloop_Plans__c"),
        timeline=row.get("Closeloop_Timeline__c"),
        do_not_call=bool(row.get("DoNotCall")),
    )


def lead_look(key: str, row: Row, names: Names = STANDARD_NAMES) -> CrmLook:
    """The last look at a Lead."""
    closed = bool(row["IsConverted"]) or names.is_closed(str(row["Status"]))
    return CrmLook(
        key=key,
        exists=True,
        owner_id=row["OwnerId"],
        status=row["Status"],
        opted_out=bool(row["HasOptedOutOfEmail"]),
        do_not_contact=bool(row.get(MARK)),
        closed=closed,
    )


def deal_look(key: str, row: Row) -> CrmLook:
    """The last look at an Opportunity, without consent."""
    return CrmLook(
        key=key, exists=True, owner_id=row["OwnerId"], status=row["StageName"], closed=bool(row["IsClosed"])
    )


def contact_look(key: str, row: Row) -> CrmLook:
    """The consent of a Contact."""
    return CrmLook(
        key=key, exists=True, opted_out=bool(row["HasOptedOutOfEmail"]), do_not_contact=bool(row.get(MARK))
    )


def with_consent(deal: CrmLook, person: CrmLook | None) -> CrmLook:
    """A deal's look with the consent of its contact; a contact that is gone may not be written to."""
    if person is None:
        return deal.model_copy(update={"exists": False, "detail": "the contact is gone"})
    return deal.model_copy(update={"opted_out": person.opted_out, "do_not_contact": person.do_not_contact})


def either_no(person: CrmLook | None, lead: CrmLook | None) -> CrmLook | None:
    """The consent of a Contact and, where there is one, of the open Lead beside it."""
    if person is None or lead is None:
        return person
    no = {
        "opted_out": person.opted_out or lead.opted_out,
        "do_not_contact": person.do_not_contact or lead.do_not_contact,
    }
    return person.model_copy(update=no)


DRAFT_FIELDS = (
    "Email LastName FirstName Company Title Phone Country Website Industry NumberOfEmployees AnnualRevenue "
    "LeadSource Description"
).split()
"""The fields an import knows."""


def lead_values(draft: LeadDraft) -> Row:
    """The fields an import writes; what the file does not know is not touched."""
    values = {
        "Email": draft.email,
        "LastName": draft.last_name,
        "FirstName": draft.first_name,
        "Company": draft.company,
        "Title": draft.title,
        "Phone": draft.phone,
        "Country": draft.country,
        "Website": draft.website,
        "Industry": draft.industry,
        "NumberOfEmployees": draft.employees,
        "AnnualRevenue": draft.annual_revenue,
        "LeadSource": draft.lead_source,
        "Description": draft.description,
    }
    return {name: value for name, value in values.items() if value is not None}


def task_values(task: CrmTask) -> Row:
    """The fields of a new Task; what is not known is left to the org."""
    values = {
        "WhoId": task.who_id,
        "WhatId": task.what_id,
        "OwnerId": task.owner_id,
        "Subject": task.subject,
        "Description": task.description[:32000] or None,
        "ActivityDate": task.on,
        "Status": "Completed" if task.completed else "Not Started",
        "Priority": task.priority,
        "TaskSubtype": task.subtype,
        "Closeloop_Key__c": task.key,
    }
    return {name: value for name, value in values.items() if value is not None}


def converted_ids(row: Row) -> dict[str, str]:
    """The ids a conversion made; an absent Opportunity is left out."""
    names = {
        "contact": "ConvertedContactId",
        "account": "ConvertedAccountId",
        "opportunity": "ConvertedOpportunityId",
    }
    return {ours: row[theirs] for ours, theirs in names.items() if row[theirs]}

"""Lead conversion over SOAP: what is created, merged, moved, and refused."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

import pytest
import requests
from defusedxml.ElementTree import fromstring
from simple_salesforce.exceptions import SalesforceMalformedRequest

from tests.sandbox.conftest import Client, Sandbox

LEAD = {
    "FirstName": "Nora",
    "LastName": "Berg",
    "Company": "Fjord AS",
    "Email": "nora@fjord.example",
    "City": "Oslo",
    "Industry": "Shipping",
    "LeadSource": "Web",
    "HasOptedOutOfEmail": True,
    "Closeloop_Key__c": "lead-1",
}
STATUS = "Closed - Converted"


def soap(sandbox: Sandbox, *wishes: dict[str, Any], session: str | None = None) -> Element:
    token = session or sandbox.salesforce["access_token"]
    leads = "".join(
        "<leadConverts>" + "".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in wish.items()) + "</leadConverts>"
        for wish in wishes
    )
    envelope = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com">'
        f"<e:Header><SessionHeader><sessionId>{token}</sessionId></SessionHeader></e:Header>"
        f"<e:Body><convertLead>{leads}</convertLead></e:Body></e:Envelope>"
    )
    answer = requests.post(
        f"{sandbox.url}/services/Soap/u/59.0/00D000000000001",
        data=envelope.encode(),
        headers={"Content-Type": "text/xml", "SOAPAction": '""'},
        timeout=30,
    )
    found: Element = fromstring(answer.content)
    return found


def results(answer: Element) -> list[dict[str, str | None]]:
    return [
        {item.tag.rpartition("}")[2]: item.text for item in result.iter() if item is not result}
        for result in answer.iter("{urn:partner.soap.sforce.com}result")
    ]


def convert(sandbox: Sandbox, lead_id: str, **more: Any) -> dict[str, str | None]:
    wish = {"leadId": lead_id, "convertedStatus": STATUS, "doNotCreateOpportunity": "false"} | more
    return results(soap(sandbox, wish))[0]


def test_a_lead_becomes_an_account_a_contact_and_a_deal(sandbox: Sandbox, sf: Client) -> None:
    lead = sf.Lead.create(LEAD)["id"]
    done = convert(sandbox, lead)
    assert done["success"] == "true"
    account = sf.Account.get(str(done["accountId"]))
    contact = sf.Contact.get(str(done["contactId"]))
    deal = sf.Opportunity.get(str(done["opportunityId"]))
    assert (account["Name"], account["BillingCity"], account["Industry"]) == ("Fjord AS", "Oslo", "Shipping")
    assert (contact["Name"], contact["AccountId"]) == ("Nora Berg", account["Id"])
    assert (contact["HasOptedOutOfEmail"], contact["Closeloop_Key__c"]) == (True, "lead-1")
    assert (deal["Name"], deal["StageName"], deal["CloseDate"]) == ("Fjord AS", "Prospecting", "2026-03-31")
    role = sf.query("SELECT ContactId, IsPrimary FROM OpportunityContactRole")["records"][0]
    assert (role["ContactId"], role["IsPrimary"]) == (contact["Id"], True)


def test_a_converted_lead_names_its_successors_and_is_read_only(sandbox: Sandbox, sf: Client) -> None:
    lead = sf.Lead.create(LEAD)["id"]
    done = convert(sandbox, lead)
    after = sf.Lead.get(lead)
    assert (after["IsConverted"], after["Status"], after["ConvertedDate"]) == (True, STATUS, "2026-01-05")
    assert after["ConvertedContactId"] == done["contactId"]
    with pytest.raises(SalesforceMalformedRequest, match="CANNOT_UPDATE_CONVERTED_LEAD"):
        sf.Lead.update(lead, {"Title": "CEO"})
    with pytest.raises(SalesforceMalformedRequest, match="CANNOT_UPDATE_CONVERTED_LEAD"):
        sf.Task.create({"WhoId": lead, "Subject": "Call"})
    again = convert(sandbox, lead)
    assert (again["success"], again["statusCode"]) == ("false", "CANNOT_UPDATE_CONVERTED_LEAD")


def test_activities_and_campaigns_go_on_with_the_contact(sandbox: Sandbox, sf: Client) -> None:
    lead = sf.Lead.create(LEAD)["id"]
    sf.Task.create({"WhoId": lead, "Subject": "Call"})
    campaign = sf.Campaign.create({"Name": "Spring"})["id"]
    sf.CampaignMember.create({"CampaignId": campaign, "LeadId": lead})
    done = convert(sandbox, lead)
    task = sf.query("SELECT WhoId, WhatId, AccountId FROM Task")["records"][0]
    found = (task["WhoId"], task["WhatId"], task["AccountId"])
    assert found == (done["contactId"], done["opportunityId"], done["accountId"])
    member = sf.query("SELECT LeadId, ContactId FROM CampaignMember")["records"][0]
    assert (member["LeadId"], member["ContactId"]) == (lead, done["contactId"])


def test_merging_fills_only_what_is_empty(sandbox: Sandbox, sf: Client) -> None:
    account = sf.Account.create({"Name": "Fjord Group", "Industry": "Energy"})["id"]
    contact = sf.Contact.create({"LastName": "Berg", "Title": "COO", "AccountId": account})["id"]
    lead = sf.Lead.create({**LEAD, "Title": "CEO"})["id"]
    done = convert(sandbox, lead, accountId=account, contactId=contact, doNotCreateOpportunity="true")
    assert (done["accountId"], done["contactId"], done["opportunityId"]) == (account, contact, None)
    merged = sf.Account.get(account)
    assert (merged["Name"], merged["Industry"], merged["BillingCity"]) == ("Fjord Group", "Energy", "Oslo")
    person = sf.Contact.get(contact)
    assert (person["Title"], person["Email"], person["HasOptedOutOfEmail"]) == ("COO", LEAD["Email"], True)


def test_one_refused_lead_does_not_stop_the_others(sandbox: Sandbox, sf: Client) -> None:
    ids = [sf.Lead.create({"LastName": name, "Company": "C"})["id"] for name in "AB"]
    wishes = [
        {"leadId": ids[0], "convertedStatus": "Working - Contacted", "doNotCreateOpportunity": "false"},
        {
            "leadId": ids[1],
            "convertedStatus": STATUS,
            "doNotCreateOpportunity": "false",
            "opportunityName": "B & C",
        },
    ]
    bad, good = results(soap(sandbox, *wishes))
    assert (bad["success"], bad["statusCode"]) == ("false", "INVALID_STATUS")
    assert bad["message"] == "invalid convertedStatus: Working - Contacted"
    assert good["success"] == "true"
    assert sf.query("SELECT Name FROM Opportunity")["records"][0]["Name"] == "B & C"


def test_a_conversion_that_fails_half_way_leaves_nothing(sandbox: Sandbox, sf: Client) -> None:
    sf.Contact.create({"LastName": "Other", "Closeloop_Key__c": "lead-1"})
    lead = sf.Lead.create(LEAD)["id"]
    done = convert(sandbox, lead)
    assert (done["success"], done["statusCode"]) == ("false", "DUPLICATE_VALUE")
    assert sf.query("SELECT COUNT() FROM Account")["totalSize"] == 0
    assert sf.Lead.get(lead)["IsConverted"] is False


def test_101_leads_are_too_many(sandbox: Sandbox) -> None:
    answer = soap(sandbox, *[{"leadId": "00Q000000000001EAA"}] * 101)
    assert any(item.text == "EXCEEDED_LEAD_CONVERT_LIMIT" for item in answer.iter())


def test_conversion_needs_a_session(sandbox: Sandbox) -> None:
    answer = soap(sandbox, {"leadId": "00Q000000000001EAA"}, session="nobody")
    assert any(item.text == "sf:INVALID_SESSION_ID" for item in answer.iter())


def test_the_journal_tells_what_a_lead_became(sandbox: Sandbox, sf: Client) -> None:
    lead = sf.Lead.create(LEAD)["id"]
    done = convert(sandbox, lead)
    operation = sandbox.journal("salesforce")[-1]["summary"]["operations"][0]
    assert (operation["op"], operation["id"], operation["key"]) == ("convert", lead, "lead-1")
    assert operation["opportunity"] == done["opportunityId"]

"""Leads converted by the org's Apex class, or linked where nothing may convert: over real HTTP, in the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from closeloop.adapters.salesforce.connection import connect
from closeloop.adapters.salesforce.crm import SalesforceCrm
from closeloop.adapters.salesforce.our_fields import MARK
from closeloop.domain.actions import ActionState
from closeloop.domain.crm_mapping import CrmMapping
from sandbox.salesforce.seed import INTEGRATION_USER_ID
from tests.contract.crm_orgs import SandboxOrg, lead_row, login_to, person, wish
from tests.sandbox.conftest import Sandbox
from tests.unit.domain.people import crm_mapping

ACCEPTED, REJECTED, UNCERTAIN, PLANNED = (
    ActionState.ACCEPTED,
    ActionState.REJECTED,
    ActionState.UNCERTAIN,
    ActionState.PLANNED,
)
PATH = "closeloop/convert"
SELLER = INTEGRATION_USER_ID


def org_with(sandbox: Sandbox, way: str) -> SandboxOrg:
    org = SandboxOrg(sandbox)
    org.crm = SalesforceCrm(lambda: connect(login_to(sandbox)), convert_by=way)
    return org


@pytest.fixture
def apex(sandbox: Sandbox) -> Iterator[SandboxOrg]:
    sandbox.post_control("apexrest", {"path": PATH})
    yield org_with(sandbox, f"apex:{PATH}")
    requests.delete(f"{sandbox.control}/apexrest", timeout=10)


@pytest.fixture
def linking(sandbox: Sandbox) -> SandboxOrg:
    return org_with(sandbox, "create")


def asked(lead: str, **fields: Any) -> Any:
    return wish(lead, SELLER, domain="north.example", close_on="2026-04-05", **fields)


# the Apex class


def test_the_apex_class_converts_two_hundred_leads_in_one_call(apex: SandboxOrg) -> None:
    leads = apex.insert("Lead", [lead_row(n) for n in range(201)])
    outcomes = apex.crm.convert([asked(lead) for lead in leads])
    assert {outcome.state for outcome in outcomes} == {ACCEPTED}
    assert apex.crm.calls_made() == 2
    assert apex.crm.converted(leads[:1]) == {leads[0]: outcomes[0].ids}


def test_a_lead_that_apex_refuses_leaves_the_others_converted(apex: SandboxOrg) -> None:
    fine, wrong, done = apex.insert("Lead", [lead_row(n) for n in range(3)])
    apex.crm.convert([asked(done)])
    outcomes = apex.crm.convert([asked(fine), asked(wrong, status="Nonsense"), asked(done)])
    assert [outcome.state for outcome in outcomes] == [ACCEPTED, REJECTED, UNCERTAIN]
    assert "INVALID_STATUS" in outcomes[1].detail


def test_an_apex_class_that_is_not_deployed_is_named(sandbox: Sandbox) -> None:
    org = org_with(sandbox, f"apex:{PATH}")
    (lead,) = org.insert("Lead", [lead_row()])
    (outcome,) = org.crm.convert([asked(lead)])
    assert outcome.state is PLANNED
    assert "CLOSELOOP_SALESFORCE_CONVERT" in outcome.detail
    assert f"/services/apexrest/{PATH}" in outcome.detail


# create and link


def test_a_linked_lead_keeps_its_record_and_gets_the_closed_status(linking: SandboxOrg) -> None:
    (lead,) = linking.insert("Lead", [lead_row(Title="Buyer", HasOptedOutOfEmail=True)])
    (made,) = linking.crm.convert([asked(lead)])
    assert made.state is ACCEPTED
    assert set(made.ids) == {"account", "contact", "opportunity", "open_lead"}
    assert linking.rows("Lead", "IsConverted", "Status") == [{"IsConverted": False, "Status": "Closed - Converted"}]
    assert linking.rows("Account", "Name") == [{"Name": "North Mills"}]
    assert linking.rows("Contact", "Email", "Title", "HasOptedOutOfEmail", "AccountId") == [
        {
            "Email": "m1@north.example",
            "Title": "Buyer",
            "HasOptedOutOfEmail": True,
            "AccountId": made.ids["account"],
        }
    ]
    assert linking.rows("Opportunity", "Name", "CloseDate", "AccountId") == [
        {"Name": "North Mills – Tallyard Match", "CloseDate": "2026-04-05", "AccountId": made.ids["account"]}
    ]
    assert linking.rows("OpportunityContactRole", "ContactId", "IsPrimary") == [
        {"ContactId": made.ids["contact"], "IsPrimary": True}
    ]
    assert linking.crm.converted([lead]) == {lead: made.ids}
    assert linking.crm.conversion_caveat()


@pytest.mark.parametrize(
    ("name", "website", "same"),
    [
        ("North Mills Ltd", "https://www.north.example/", True),
        ("north mills", None, True),
        ("North Mills", "https://north-mills.test", False),
        ("Somebody Else", "https://south.example", False),
    ],
    ids=["by domain", "by name", "namesake", "stranger"],
)
def test_a_company_the_org_knows_is_not_made_again(
    linking: SandboxOrg, name: str, website: str | None, same: bool
) -> None:
    (known,) = linking.insert("Account", [{"Name": name, "Website": website}])
    (lead,) = linking.insert("Lead", [lead_row()])
    (made,) = linking.crm.convert([asked(lead)])
    assert (made.ids["account"] == known) is same


def test_a_person_the_org_knows_is_used_as_they_are(linking: SandboxOrg) -> None:
    (account,) = linking.insert("Account", [{"Name": "Their Own Name"}])
    contact = {"LastName": "Moreau-Blanc", "Email": "M1@north.example", "AccountId": account}
    (known,) = linking.insert("Contact", [contact])
    (lead,) = linking.insert("Lead", [lead_row()])
    (made,) = linking.crm.convert([asked(lead)])
    assert (made.ids["contact"], made.ids["account"]) == (known, account)
    assert linking.rows("Contact", "LastName") == [{"LastName": "Moreau-Blanc"}]


def test_a_lead_that_is_refused_leaves_nothing_behind_and_the_others_linked(linking: SandboxOrg) -> None:
    first, wrong, last = linking.insert("Lead", [lead_row(n, Company=f"Company {n}") for n in range(3)])
    wishes = [asked(lead, account_id=None) for lead in (first, wrong, last)]
    wishes = [one.model_copy(update={"domain": f"c{n}.example"}) for n, one in enumerate(wishes)]
    wishes[1] = wishes[1].model_copy(update={"opportunity_name": "x" * 200})
    outcomes = linking.crm.convert(wishes)
    assert [outcome.state for outcome in outcomes] == [ACCEPTED, REJECTED, ACCEPTED]
    assert "STRING_TOO_LONG" in outcomes[1].detail
    assert {row["Name"] for row in linking.rows("Account", "Name")} == {"Company 0", "Company 2"}
    assert len(linking.rows("Contact", "Id")) == 2


def test_a_lead_that_is_linked_already_is_read_back_and_not_linked_again(linking: SandboxOrg) -> None:
    (lead,) = linking.insert("Lead", [lead_row()])
    (made,) = linking.crm.convert([asked(lead)])
    (again,) = linking.crm.convert([asked(lead)])
    assert (again.state, again.ids) == (ACCEPTED, made.ids)
    assert linking.crm.converted([lead]) == {lead: made.ids}
    assert len(linking.rows("Opportunity", "Id")) == len(linking.rows("Contact", "Id")) == 1


def test_a_lead_that_people_converted_is_read_back_as_theirs(sandbox: Sandbox) -> None:
    by_people, linking = org_with(sandbox, "soap"), org_with(sandbox, "create")
    (lead,) = by_people.insert("Lead", [lead_row()])
    (theirs,) = by_people.crm.convert([asked(lead)])
    (outcome,) = linking.crm.convert([asked(lead)])
    assert outcome.ids == theirs.ids
    assert linking.crm.converted([lead]) == {lead: theirs.ids}
    assert len(linking.rows("Opportunity", "Id")) == 1


def test_a_no_on_the_open_lead_is_seen_at_the_last_look(linking: SandboxOrg) -> None:
    (lead,) = linking.insert("Lead", [lead_row()])
    (made,) = linking.crm.convert([asked(lead)])
    deal = person(lead, **made.ids)
    assert not linking.crm.look([deal])[lead].opted_out
    linking.change("Lead", lead, HasOptedOutOfEmail=True)
    assert linking.crm.look([deal])[lead].opted_out


# an org with other names


def own_names() -> CrmMapping:
    """An org with its own fields for the website of an Account, the stage of a deal, a role and a no."""
    content = crm_mapping().model_dump(mode="json")
    for name, word, field in (
        ("Account", "website", "Home_Page__c"),
        ("Opportunity", "stage", "Our_Stage__c"),
        ("OpportunityContactRole", "role", "Our_Role__c"),
        ("Contact", "do_not_contact", "Never_Write__c"),
        ("Lead", "do_not_contact", "Never_Write__c"),
        ("Lead", "company", "Firm__c"),
    ):
        content["objects"][name]["fields"][word]["field"] = field
    return CrmMapping.model_validate(content)


def text(name: str, field: str) -> dict[str, Any]:
    return {"object": name, "name": field, "label": field, "type": "string", "length": 255}


def test_linking_roles_and_changed_deals_speak_the_names_of_the_org(sandbox: Sandbox) -> None:
    never = {"name": "Never_Write__c", "label": "Never write", "type": "boolean"}
    own = [
        text("Account", "Home_Page__c"),
        text("Opportunity", "Our_Stage__c"),
        text("OpportunityContactRole", "Our_Role__c"),
        text("Lead", "Firm__c"),
        {"object": "Contact", **never},
        {"object": "Lead", **never},
    ]
    sandbox.post_control("org", {"fields": own})
    org = SandboxOrg(sandbox)
    org.crm = org.connected(convert_by="create", names=own_names())
    (known,) = org.insert("Account", [{"Name": "Another Name", "Home_Page__c": "www.north.example"}])
    (lead,) = org.insert("Lead", [lead_row(Firm__c="North Mills", Company="x", Never_Write__c=True)])
    (made,) = org.crm.convert([asked(lead)])
    assert (made.state, made.ids["account"]) == (ACCEPTED, known)
    deal = made.ids["opportunity"]
    assert org.rows("Contact", "Never_Write__c", MARK) == [{"Never_Write__c": True, MARK: False}]
    org.crm.contact_roles({deal: (made.ids["contact"], "Decision Maker")})
    assert org.rows("OpportunityContactRole", "Our_Role__c", "Role") == [
        {"Our_Role__c": "Decision Maker", "Role": None}
    ]
    org.change("Opportunity", deal, Our_Stage__c="presentation")
    (changed,) = org.crm.news(None, None, meetings=False).deals
    assert (changed.opportunity_id, changed.do_not_contact) == (deal, True)


# lost answers


@pytest.mark.parametrize("way", ["soap", "create", f"apex:{PATH}"])
def test_a_conversion_whose_answer_is_lost_is_known_by_reading_back(sandbox: Sandbox, way: str) -> None:
    sandbox.post_control("apexrest", {"path": PATH})
    org = org_with(sandbox, way)
    (lead,) = org.insert("Lead", [lead_row()])
    org.crm.ready()
    path = {"soap": "/services/Soap/", "create": "composite/graph"}.get(way, "/services/apexrest/")
    rule = {"kind": "reset_after_commit", "match": {"path": path}, "nth": [1]}
    sandbox.post_control("faults", {"rules": [rule], "seed": 1})
    (outcome,) = org.crm.convert([asked(lead)])
    (told,) = requests.get(f"{sandbox.control}/faults", timeout=10).json()["rules"]
    for name in ("faults", "apexrest"):
        requests.delete(f"{sandbox.control}/{name}", timeout=10)
    assert told["struck"] == 1
    assert outcome.state is ACCEPTED
    assert len(org.rows("Opportunity", "Id")) == len(org.rows("Contact", "Id")) == 1
    assert org.crm.converted([lead]) == {lead: outcome.ids}


def test_seventy_six_leads_are_linked_in_two_calls(linking: SandboxOrg) -> None:
    leads = linking.insert("Lead", [lead_row(n, Company=f"Company {n}") for n in range(76)])
    wishes = [asked(lead).model_copy(update={"domain": f"c{n}.example"}) for n, lead in enumerate(leads)]
    linking.crm.ready()
    linking.crm.convert(wishes[:1])
    before = linking.crm.calls_made()
    assert {outcome.state for outcome in linking.crm.convert(wishes[1:])} == {ACCEPTED}
    looks = 1 + 1 + 2  # the Leads, their addresses, their companies in two parts
    assert linking.crm.calls_made() == before + looks + 1

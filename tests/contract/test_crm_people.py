"""Whom the CRM has already: people and companies found by what they are called, whoever made them."""

from __future__ import annotations

from closeloop.domain.account_identity import AccountRecord
from closeloop.domain.identity_traits import PersonRecord
from tests.contract.crm_orgs import Org, lead_row, owner, wish
from tests.contract.crm_people import address


def test_people_are_found_by_the_beginning_of_their_names_leads_and_contacts_alike(org: Org) -> None:
    lead, other = org.insert("Lead", [lead_row(LastName="Krüger", FirstName="Ada"), lead_row(2, LastName="Zuse")])
    (account,) = org.insert("Account", [{"Name": "North Mills", "Website": "north.example"}])
    (contact,) = org.insert("Contact", [{"LastName": "Krügner", "Email": "k@north.example", "AccountId": account}])
    wanted = PersonRecord(id="x", first_name="Ada", last_name="Krueger")
    found = {one.id: one for one in org.crm.people_like([wanted]) if one.id in {lead, other, contact}}
    assert found.keys() == {lead, contact}
    assert (found[lead].object, found[lead].person.company, found[lead].person.email) == (
        "Lead",
        "North Mills",
        address(1),
    )
    assert (found[contact].object, found[contact].person.company) == ("Contact", "North Mills")
    assert (found[contact].person.website, bool(found[contact].owner_id)) == ("north.example", True)


def test_names_of_a_file_never_become_patterns_of_a_query(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row(LastName="O'Brien_%")])
    strange = PersonRecord(id="x", first_name="%", last_name="O'Brien\\_%' OR Name LIKE '%")
    assert lead in {one.id for one in org.crm.people_like([strange])}
    assert org.crm.people_like([PersonRecord(id="x", first_name="%", last_name="%%")]) == []
    assert org.crm.people_like([]) == []


def test_a_converted_lead_is_found_as_the_contact_it_became(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row(LastName="Quintana")])
    (made,) = org.crm.convert([wish(lead, owner(org, lead))])
    found = {one.id for one in org.crm.people_like([PersonRecord(id="x", last_name="Quintana")])}
    assert made.ids["contact"] in found
    assert lead not in found


def test_accounts_are_found_by_name_or_website_in_whatever_way_they_are_written(org: Org) -> None:
    ids = org.insert(
        "Account",
        [
            {"Name": "Müllerwerk GmbH", "BillingCountry": "DE"},
            {"Name": "Another Name AG", "Website": "https://www.muellerwerk.example/de"},
            {"Name": "Nordmill", "Website": "nordmill.example", "Phone": "+4930901820"},
        ],
    )
    (child,) = org.insert("Account", [{"Name": "MUELLERWERK Austria", "ParentId": ids[0]}])
    wanted = AccountRecord(id="x", name="Muellerwerk", website="info@muellerwerk.example")
    found = {one.id: one for one in org.crm.accounts_like([wanted]) if one.id in {*ids, child}}
    assert found.keys() == {ids[0], ids[1], child}
    assert (found[ids[0]].country, found[child].parent, found[ids[1]].name) == ("DE", ids[0], "Another Name AG")
    assert org.crm.accounts_like([]) == []

"""What every CRM promises the use cases: the fake in memory, and the Salesforce adapter on real HTTP."""

from __future__ import annotations

from datetime import timedelta

from closeloop.application.ports import CrmLead, CrmUpdate
from closeloop.domain.actions import ActionState
from closeloop.domain.read_position import moment_of
from tests.contract.crm_orgs import Org, draft, lead_row, owner, person, task, wish
from tests.contract.crm_people import DOMAIN, address, marked

ACCEPTED, REJECTED, UNCERTAIN = ActionState.ACCEPTED, ActionState.REJECTED, ActionState.UNCERTAIN


def _ours(leads: list[CrmLead]) -> list[CrmLead]:
    return [lead for lead in leads if lead.email and lead.email.endswith(DOMAIN)]


# reading


def test_leads_of_one_second_are_read_page_by_page_none_missed_and_none_twice(org: Org) -> None:
    ids = org.insert("Lead", [lead_row(n) for n in range(2_300)])
    first = org.crm.changed_leads(org.beginning, 2_000)
    second = org.crm.changed_leads(first[-1].cursor, 2_000)
    assert (len(first), len(second)) == (2_000, 300)
    assert sorted(lead.id for lead in first + second) == sorted(ids)
    assert org.crm.changed_leads(second[-1].cursor, 2_000) == []


def test_only_what_changed_behind_the_cursor_is_read_again(org: Org) -> None:
    old, _ = org.insert("Lead", [lead_row(1), lead_row(2)])
    cursor = org.crm.changed_leads(org.beginning, 10)[-1].cursor
    org.later()
    org.change("Lead", old, Title="Director", HasOptedOutOfEmail=True)
    (found,) = org.crm.changed_leads(cursor, 10)
    assert (found.id, found.title, found.opted_out) == (old, "Director", True)


def test_what_came_to_light_behind_the_cursor_is_read_and_what_is_known_is_not(org: Org) -> None:
    org.insert("Lead", [lead_row(n) for n in range(3)])
    first, late, last = org.crm.changed_leads(org.beginning, 3)
    org.later()
    org.insert("Lead", [lead_row(9)])
    start = moment_of(first.cursor) - timedelta(minutes=5)
    (found,) = _ours(org.crm.changed_between(start, last.cursor, {first.cursor, last.cursor}))
    assert found.id == late.id
    assert len(_ours(org.crm.changed_between(start, last.cursor, set()))) == 3
    assert org.crm.changed_between(start + timedelta(days=1), last.cursor, set()) == []


def test_the_org_says_which_one_it_is(org: Org) -> None:
    found = org.crm.our_org()
    assert found
    assert (found[:3], len(found)) == ("00D", 18)


def test_leads_are_read_by_their_ids_and_those_that_are_gone_left_out(org: Org) -> None:
    first, second, _ = org.insert("Lead", [lead_row(n) for n in range(3)])
    org.change("Lead", first, Title="Director")
    found = {lead.id: lead.title for lead in org.crm.leads_by_id([second, first, "00Q000000000999EAA"])}
    assert found.keys() == {first, second}
    assert found[first] == "Director"
    assert org.crm.leads_by_id([]) == []


def test_a_lead_is_read_with_everything_the_rules_ask_for(org: Org) -> None:
    org.insert("Lead", [lead_row(Industry="Energy", NumberOfEmployees=900, AnnualRevenue=5_000_000, Country="FR")])
    (found,) = org.crm.changed_leads(org.beginning, 10)
    assert (found.email, found.company) == (address(1), "North Mills")
    assert (found.industry, found.employees, found.annual_revenue, found.country) == (
        "Energy",
        900,
        5_000_000,
        "FR",
    )
    assert (found.status, found.owner_name) == ("Open - Not Contacted", org.user_name)
    assert [found.opted_out, found.do_not_contact, found.is_converted] == [False] * 3


def test_where_a_lead_lives_and_whether_it_may_be_called_are_read_where_the_org_says_so(org: Org) -> None:
    org.insert("Lead", [lead_row(State="Oregon", Country="US", DoNotCall=True)])
    (found,) = org.crm.changed_leads(org.beginning, 10)
    assert (found.state, found.do_not_call) == ("Oregon", True)
    assert (found.time_zone, found.preferred_channel) == (None, None), "a new org has no field for these"


def test_the_last_look_sees_what_people_did_a_moment_ago(org: Org) -> None:
    fine, out, closed = org.insert("Lead", [lead_row(n) for n in range(3)])
    org.change("Lead", out, HasOptedOutOfEmail=True, Closeloop_Do_Not_Contact__c=True)
    org.change("Lead", closed, Status="Closed - Not Converted")
    gone = "00Q000000000999EAA"
    looks = org.crm.look([person(lead) for lead in (fine, out, closed, gone)])
    assert set(looks) == {fine, out, closed}
    assert [looks[fine].opted_out, looks[fine].do_not_contact, looks[fine].closed] == [False] * 3
    assert (looks[out].opted_out, looks[out].do_not_contact) == (True, True)
    assert looks[closed].closed


def test_a_deal_is_looked_at_with_the_consent_of_its_contact(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    (made,) = org.crm.convert([wish(lead, owner(org, lead))])
    deal = person(lead, **made.ids)
    assert org.crm.look([deal])[lead].model_dump(include={"exists", "closed", "opted_out"}) == {
        "exists": True,
        "closed": False,
        "opted_out": False,
    }
    org.change("Contact", made.ids["contact"], HasOptedOutOfEmail=True)
    assert org.crm.look([deal])[lead].opted_out


def test_values_are_read_by_id_and_what_is_gone_is_left_out(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row(Title="Buyer")])
    found = org.crm.read("Lead", [lead, "00Q000000000999EAA"], ["Title", "Status"])
    assert found == {lead: {"Title": "Buyer", "Status": "Open - Not Contacted"}}


# writing


def test_importing_twice_changes_nothing_but_what_is_new(org: Org) -> None:
    first = org.crm.upsert_leads([draft(1, title="Buyer"), draft(2)])
    second = org.crm.upsert_leads([draft(1, phone="+33 1 00 00 00 00"), draft(2)])
    assert [(o.key, o.state) for o in second] == [("1", ACCEPTED), ("2", ACCEPTED)]
    assert [o.record_id for o in first] == [o.record_id for o in second]
    assert ([o.existed for o in first], [o.existed for o in second]) == ([False, False], [True, True])
    rows = org.rows("Lead", "Email", "Title", "Phone")
    assert rows[0] == {"Email": address(1), "Title": "Buyer", "Phone": "+33 1 00 00 00 00"}
    assert len(rows) == 2


def test_an_import_fills_the_blanks_of_a_lead_that_is_there_and_leaves_the_rest_to_people(org: Org) -> None:
    org.crm.upsert_leads([draft(1, title="Buyer", company="North Mills")])
    (outcome,) = org.crm.upsert_leads([draft(1, title="Thief", company="Evil Ltd", phone="+33 1 00 00 00 00")])
    assert (outcome.existed, outcome.filled) == (True, {"Phone": "+33 1 00 00 00 00"})
    (row,) = org.rows("Lead", "Title", "Company", "Phone")
    assert row == {"Title": "Buyer", "Company": "North Mills", "Phone": "+33 1 00 00 00 00"}


def test_one_bad_record_costs_itself_only(org: Org) -> None:
    outcomes = org.crm.upsert_leads([draft(1), draft(2, email="nonsense"), draft(3)])
    assert [outcome.state for outcome in outcomes] == [ACCEPTED, REJECTED, ACCEPTED]
    assert "INVALID_EMAIL_ADDRESS" in outcomes[1].detail
    assert len(org.rows("Lead", "Id")) == 2


def test_updates_have_an_outcome_each(org: Org) -> None:
    lead, converted = org.insert("Lead", [lead_row(1), lead_row(2)])
    org.crm.convert([wish(converted, owner(org, converted))])
    outcomes = org.crm.update(
        [CrmUpdate(object="Lead", record_id=i, fields={"Title": "CFO"}, reason="a test") for i in (lead, converted)]
    )
    assert {o.key: o.state for o in outcomes} == {lead: ACCEPTED, converted: REJECTED}
    assert org.crm.read("Lead", [lead], ["Title"]) == {lead: {"Title": "CFO"}}


def test_what_we_write_is_changed_by_the_user_we_are(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    org.crm.update([CrmUpdate(object="Lead", record_id=lead, fields={"Title": "CFO"}, reason="a test")])
    assert org.crm.read("Lead", [lead], ["LastModifiedById"]) == {lead: {"LastModifiedById": org.crm.our_user()}}


def test_a_task_is_created_once_and_found_by_its_key(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    one = task(marked("task:log:1"), lead, owner(org, lead))
    (made,) = org.crm.create_tasks([one])
    (again,) = org.crm.create_tasks([one])
    assert (made.state, again.state) == (ACCEPTED, ACCEPTED)
    assert made.record_id == again.record_id
    assert org.crm.tasks_by_key([one.key, marked("task:log:2")]) == {one.key: made.record_id}
    assert org.rows("Task", "Status", "Subject") == [{"Status": "Completed", "Subject": "Email: a question"}]


def test_a_key_with_quotes_is_a_key(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    key = marked("task:o'neil\\:%_")
    (made,) = org.crm.create_tasks([task(key, lead, owner(org, lead))])
    assert org.crm.tasks_by_key([key]) == {key: made.record_id}


# conversion


def test_a_conversion_makes_account_contact_and_deal(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    (made,) = org.crm.convert([wish(lead, owner(org, lead))])
    assert made.state is ACCEPTED
    assert set(made.ids) == {"account", "contact", "opportunity"}
    assert made.record_id == made.ids["opportunity"]
    assert org.rows("Opportunity", "Name", "AccountId") == [
        {"Name": "North Mills – Tallyard Match", "AccountId": made.ids["account"]}
    ]
    assert org.crm.converted([lead]) == {lead: made.ids}


def test_a_colleague_goes_into_the_account_we_know(org: Org) -> None:
    first, second = org.insert("Lead", [lead_row(1), lead_row(2)])
    seller = owner(org, first)
    (made,) = org.crm.convert([wish(first, seller)])
    (also,) = org.crm.convert([wish(second, seller, account_id=made.ids["account"])])
    assert also.ids["account"] == made.ids["account"]
    assert also.ids["opportunity"] != made.ids["opportunity"]
    assert len(org.rows("Account", "Id")) == 1


def test_a_lead_that_is_converted_already_is_uncertain_and_read_back(org: Org) -> None:
    fresh, done = org.insert("Lead", [lead_row(1), lead_row(2)])
    seller = owner(org, fresh)
    (before,) = org.crm.convert([wish(done, seller)])
    outcomes = org.crm.convert([wish(done, seller), wish(fresh, seller)])
    assert [outcome.state for outcome in outcomes] == [UNCERTAIN, ACCEPTED]
    assert org.crm.converted([done, "00Q000000000999EAA"]) == {done: before.ids}
    assert len(org.rows("Opportunity", "Id")) == 2


def test_a_contact_role_is_named_once_however_often_it_is_asked_for(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    (made,) = org.crm.convert([wish(lead, owner(org, lead))])
    roles = {made.ids["opportunity"]: (made.ids["contact"], "Decision Maker")}
    for _ in range(2):
        (outcome,) = org.crm.contact_roles(roles)
        assert (outcome.key, outcome.state) == (made.ids["opportunity"], ACCEPTED)
    assert org.rows("OpportunityContactRole", "ContactId", "Role", "IsPrimary") == [
        {"ContactId": made.ids["contact"], "Role": "Decision Maker", "IsPrimary": True}
    ]


def test_a_role_that_a_person_named_keeps_its_name(org: Org) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    (made,) = org.crm.convert([wish(lead, owner(org, lead))])
    (role,) = org.rows("OpportunityContactRole", "Id")
    org.change("OpportunityContactRole", role["Id"], Role="Influencer")
    (outcome,) = org.crm.contact_roles({made.ids["opportunity"]: (made.ids["contact"], "Decision Maker")})
    assert (outcome.state, outcome.existed) == (ACCEPTED, True)
    assert [row["Role"] for row in org.rows("OpportunityContactRole", "Role")] == ["Influencer"]


def test_a_contact_without_a_role_gets_one(org: Org) -> None:
    lead, other = org.insert("Lead", [lead_row(1), lead_row(2)])
    seller = owner(org, lead)
    (made,) = org.crm.convert([wish(lead, seller)])
    (colleague,) = org.crm.convert([wish(other, seller, account_id=made.ids["account"])])
    (outcome,) = org.crm.contact_roles({made.ids["opportunity"]: (colleague.ids["contact"], "Business User")})
    assert outcome.state is ACCEPTED
    found = {row["ContactId"]: row["Role"] for row in org.rows("OpportunityContactRole", "ContactId", "Role")}
    assert found[colleague.ids["contact"]] == "Business User"


def test_nothing_to_do_is_no_error(org: Org) -> None:
    assert (org.crm.look([]), org.crm.read("Lead", [], ["Title"]), org.crm.converted([])) == ({}, {}, {})
    assert (org.crm.update([]), org.crm.create_tasks([]), org.crm.upsert_leads([])) == ([], [], [])
    assert (org.crm.convert([]), org.crm.contact_roles({}), org.crm.tasks_by_key([])) == ([], [], {})

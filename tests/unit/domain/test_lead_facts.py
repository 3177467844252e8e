"""What the tests hold unit/domain to: facts that people keep in the CRM about how to reach somebody."""

from __future__ import annotations

from closeloop.domain.lead_facts import crm_facts, told_by_people
from tests.unit.domain.people import NOW, fact

LEAD = {
    "state": "Oregon",
    "time_zone": "America/Denver",
    "preferred_channel": "Phone",
    "do_not_call": True,
    "goals": "cost",
}


def test_where_somebody_lives_and_how_to_reach_them_become_facts() -> None:
    assert {found.name: found.value for found in crm_facts(LEAD, NOW)} == LEAD
    assert crm_facts({"do_not_call": False, "state": ""}, NOW) == []


def test_a_do_not_call_mark_that_people_take_off_is_news_and_one_that_never_was_is_not() -> None:
    marked = {"do_not_call": fact("do_not_call", value=True)}
    assert told_by_people({"do_not_call": False}, marked, {}, NOW)["do_not_call"].value is False
    assert told_by_people({"do_not_call": False}, {}, {}, NOW) == {}
    assert told_by_people({"do_not_call": True}, marked, {}, NOW) == {}

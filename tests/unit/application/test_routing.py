"""Owners in the CRM: given only where nobody owns the Lead, written first, taken back by undo."""

from __future__ import annotations

from closeloop.application.undo import undo
from closeloop.domain.actions import ActionState
from closeloop.domain.routing import Routing
from closeloop.domain.stage import Stage
from tests.fakes.crm import INTEGRATION_USER, PERSON
from tests.fakes.services import DAY, RUN, Company

INES, TOM = "005000000000101AAA", "005000000000102AAA"


def with_team(company: Company) -> None:
    rules = Routing.model_validate(
        {
            "sellers": [{"id": INES, "name": "Ines"}, {"id": TOM, "name": "Tom"}],
            "territories": [{"name": "all", "sellers": ["Ines", "Tom"]}],
        }
    )
    company.with_services(playbook=company.services.playbook.model_copy(update={"routing": rules}))


def lead_owner(company: Company, key: str) -> str:
    return str(company.crm.records["Lead"][key]["OwnerId"])


def test_qualified_prospects_get_owners_by_turns_in_the_crm_and_here(company: Company) -> None:
    with_team(company)
    some = [company.person(f"p{n}", f"c{n}.example", stage=Stage.PROSPECTING) for n in range(4)]
    result = company.run("prospecting")
    assert result.counts["routed"] == 4
    assert sorted(lead_owner(company, one.key) for one in some) == [INES, INES, TOM, TOM]
    assert [company.see(one).owner_id for one in some] == [lead_owner(company, one.key) for one in some]


def test_an_owner_whom_people_chose_stays_even_when_they_chose_a_moment_ago(company: Company) -> None:
    with_team(company)
    theirs = company.person("a", "a.example", stage=Stage.PROSPECTING, owner_id=PERSON)
    company.crm.change("Lead", theirs.key, OwnerId=PERSON)
    just_now = company.person("b", "b.example", stage=Stage.PROSPECTING)
    company.crm.change("Lead", just_now.key, OwnerId=PERSON)
    company.run("prospecting")
    assert [lead_owner(company, one.key) for one in (theirs, just_now)] == [PERSON, PERSON]


def test_an_owner_that_the_crm_refuses_is_not_ours_to_say(company: Company) -> None:
    with_team(company)
    company.crm.answers["update"] = ActionState.REJECTED
    person = company.person(stage=Stage.PROSPECTING)
    company.run("prospecting")
    assert company.see(person).owner_id == INTEGRATION_USER


def test_undo_gives_the_lead_back(company: Company) -> None:
    with_team(company)
    person = company.person(stage=Stage.PROSPECTING)
    company.run("prospecting")
    company.wait(DAY)
    undo(company.services, RUN, company.now)
    assert lead_owner(company, person.key) == INTEGRATION_USER


def test_without_a_team_no_call_is_made(company: Company) -> None:
    company.person(stage=Stage.PROSPECTING)
    calls = company.crm.calls
    company.run("prospecting")
    assert company.crm.calls == calls

"""Suggested actions about stalled deals: once per cause, few a day, the most valuable first."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from closeloop.domain.prospect import NextStep, Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Profile, Stage
from tests.fakes.services import DAY, Company


def stuck(company: Company, name: str = "anna", amount: int = 1000, **fields: Any) -> Prospect:
    """In closing for three months, though its next step lies ahead."""
    values: dict[str, Any] = {
        "stage": Stage.CLOSING,
        "profile": Profile.OPPORTUNITY,
        "amount": Decimal(amount),
        "stage_entered_at": company.now - 90 * DAY,
        "due_at": company.now + 300 * DAY,
        "next_step": NextStep(what="Decision on the offer", on=(company.now + 300 * DAY).date()),
    }
    return company.person(name, domain=f"{name}.example", **(values | fields))


def suggested(company: Company, person: Prospect) -> list[str]:
    return [task for task in company.human_tasks(person) if "stands still" in task]


def test_a_cause_is_suggested_once_however_often_we_look(company: Company) -> None:
    person = stuck(company)
    for _ in range(4):
        company.run("next_steps")
        company.run("sync")
        company.wait(DAY)
    (row,) = [task for task in company.crm.rows("Task") if "stands still" in task["Subject"]]
    assert row["Subject"] == "Volvo stands still: Win a second contact: ask who else the result matters to"
    assert "is the only person we know at Volvo; 90 days in closing, usual are 14" in row["Description"]
    assert (row["OwnerId"], row["Status"]) == (person.owner_id, "Not Started")


def test_another_cause_of_the_same_deal_is_another_suggestion(company: Company) -> None:
    person = stuck(company)
    company.run("next_steps")
    company.receive(company.reply(person, Label.OBJECTION_AUTHORITY))
    later = company.see(person).model_copy(
        update={"stage_entered_at": company.now - 90 * DAY, "due_at": company.now + 200 * DAY}
    )
    company.ledger.people[person.key] = later
    company.wait(DAY)
    company.run("next_steps")
    assert len(suggested(company, person)) == 2
    assert "bring the person who decides" in suggested(company, person)[1]


def test_an_owner_gets_so_many_a_day_and_the_most_valuable_deals_first(company: Company) -> None:
    company.with_services(playbook=company.services.playbook.model_copy(update={"stalled_tasks_per_day": 2}))
    people = [stuck(company, f"p{n}", amount=n * 1000) for n in range(5)]
    result = company.run("next_steps")
    assert result.counts["actions suggested"] == 2
    assert [bool(suggested(company, person)) for person in people] == [False, False, False, True, True]
    company.run("next_steps")
    company.wait(DAY)
    company.run("next_steps")
    assert [bool(suggested(company, person)) for person in people] == [False, True, True, True, True]


def test_each_owner_has_their_own_limit(company: Company) -> None:
    company.with_services(playbook=company.services.playbook.model_copy(update={"stalled_tasks_per_day": 1}))
    owners = ("005000000000101AAA", "005000000000102AAA")
    people = [stuck(company, f"p{n}", owner_id=owners[n]) for n in range(2)]
    company.run("next_steps")
    assert all(suggested(company, person) for person in people)


def test_a_deal_that_moves_is_left_in_peace(company: Company) -> None:
    person = stuck(company, stage_entered_at=company.now - DAY)
    company.run("next_steps")
    assert suggested(company, person) == []


def test_nothing_is_suggested_where_the_playbook_wants_none(company: Company) -> None:
    company.with_services(playbook=company.services.playbook.model_copy(update={"stalled_tasks_per_day": 0}))
    person = stuck(company)
    company.run("next_steps")
    assert suggested(company, person) == []


def test_a_suggestion_stands_in_the_story_with_its_evidence(company: Company) -> None:
    person = stuck(company)
    company.run("next_steps")
    (line,) = [line.text for line in company.ledger.story(person.key) if line.kind == "decision"]
    assert line.startswith("In closing, decided: suggest an action, because stalled (single contact): ")

"""Passes end, keep to their limit, and no single prospect stops one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from closeloop.application import approach
from closeloop.application.passes import GROUPS, PASSES, group
from closeloop.application.ports import MailRenderer
from closeloop.application.workload import has_work
from closeloop.domain.actions import ActionState
from closeloop.domain.approach import decide
from closeloop.domain.decisions import Decision
from closeloop.domain.messages import MailProps, RenderedMail, SenderProps
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Stage, Standing
from tests.fakes.services import DAY, Company


def crowd(company: Company, size: int, **fields: Stage) -> list[Prospect]:
    return [company.person(f"p{n}", domain=f"p{n}.example", **fields) for n in range(size)]


@pytest.mark.parametrize("name", PASSES)
def test_a_pass_over_nothing_ends(company: Company, name: str) -> None:
    assert company.run(name).considered == 0


@pytest.mark.parametrize("standing", [Standing.OPEN, Standing.NURTURE, Standing.LOST, Standing.CUSTOMER])
@pytest.mark.parametrize("stage", Stage)
def test_no_prospect_is_due_twice_in_one_pass(company: Company, stage: Stage, standing: Standing) -> None:
    person = company.person(stage=stage, standing=standing)
    for name in GROUPS["all"]:
        assert company.run(name).considered <= 20
    after = company.see(person)
    assert after.due_at is None or after.due_at > company.now or after.stage is not stage


def test_a_pass_goes_on_until_nothing_is_due(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PASSES, "approach", (approach.run_batch, 3))
    crowd(company, 10)
    result = company.run("approach")
    assert (result.considered, result.counts["touch: email"]) == (10, 10)


@pytest.mark.parametrize("limit", [1, 3, 4, 10, 50])
def test_a_pass_looks_at_no_more_than_its_limit(
    company: Company, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setitem(PASSES, "approach", (approach.run_batch, 3))
    crowd(company, 10)
    assert company.run("approach", limit=limit).considered == min(limit, 10)


def test_a_sync_that_gets_nowhere_ends(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, _ = PASSES["sync"]
    monkeypatch.setitem(PASSES, "sync", (batch, 3))
    crowd(company, 7)
    company.run("approach")
    company.crm.answers["update"] = ActionState.PLANNED
    assert len(company.run("sync").failures) == 3


def test_a_rule_that_fails_for_one_prospect_holds_that_one(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, fine = crowd(company, 2)

    def sometimes(prospect: Prospect, playbook: Playbook, now: datetime) -> Decision:
        if prospect.key == bad.key:
            raise KeyError(prospect.email)
        return decide(prospect, playbook, now)

    monkeypatch.setattr(approach, "decide", sometimes)
    result = company.run("approach")
    assert company.mails(fine)
    assert result.holds == {"the rule failed (KeyError)": 1}
    assert [failure.record_id for failure in result.failures] == [bad.key]
    due_at = company.see(bad).due_at
    assert due_at is not None
    assert due_at >= company.now + DAY


class Unable:
    """A renderer that cannot write to one company."""

    def __init__(self, company: str, real: MailRenderer) -> None:
        self._company, self._real = company, real

    def languages(self, template: str) -> frozenset[str]:
        return self._real.languages(template)

    def render(self, template: str, locale: str, props: MailProps) -> RenderedMail:
        if props.company == self._company:
            SenderProps.model_validate({"company": self._company, "name": self._company})
        return self._real.render(template, locale, props)


def test_a_mail_that_cannot_be_written_is_held_for_a_day_and_shows_nobody_s_data(company: Company) -> None:
    person, fine = company.person(company="Secret Mills"), company.person("bo")
    company.with_services(renderer=Unable("Secret Mills", company.services.renderer))
    result = company.run("approach")
    (reason,) = result.holds
    assert reason.startswith("the mail cannot be written: role: Field required")
    assert "Secret Mills" not in reason
    assert (company.mails(person), company.see(person).touches) == ([], 0)
    assert company.see(person).due_at == company.now + DAY
    assert company.mails(fine)


def test_a_name_for_people_stands_for_its_passes() -> None:
    assert group("all") == tuple(PASSES)
    assert group("prospecting") == ("pull", "prospecting")
    assert group("approach") == ("approach",)


def test_a_whole_cycle_takes_a_lead_from_the_crm_to_a_logged_mail(company: Company) -> None:
    company.crm.insert(
        "Lead",
        Email="anna@volvo.example",
        FirstName="Anna",
        LastName="Okafor",
        Company="Volvo",
        Title="Director Finance",
        Country="DE",
        NumberOfEmployees=12_000,
        AnnualRevenue=3_000_000_000,
        Industry="Manufacturing",
    )
    for name in GROUPS["all"]:
        company.run(name)
    assert [mail.to for mail in company.mailer.sent] == ["anna@volvo.example"]
    assert [task["Status"] for task in company.crm.rows("Task")] == ["Completed"]
    company.wait(timedelta(hours=1))
    for name in GROUPS["all"]:
        company.run(name)
    assert len(company.mailer.sent) == 1


@pytest.mark.parametrize("name", PASSES)
def test_with_nobody_in_the_ledger_only_passes_that_read_outside_look(company: Company, name: str) -> None:
    assert has_work(name, company.ledger, company.now) is (name in {"pull", "suppressions"})


def test_a_pass_that_is_left_out_would_have_found_nothing(company: Company) -> None:
    company.person(stage=Stage.PROSPECTING)
    crowd(company, 3, stage=Stage.PRESENTATION)
    company.person("sam", domain="sam.example", stage=Stage.FOLLOW_UP, standing=Standing.NURTURE)
    worked = set()
    for _ in range(12):
        for name in GROUPS["all"]:
            if has_work(name, company.ledger, company.now):
                worked.add(name)
            else:
                assert company.run(name).considered == 0
            company.run(name)
        company.wait(3 * DAY)
    assert {"presentation", "deliver", "sync", "follow_up"} <= worked

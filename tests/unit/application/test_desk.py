"""How things stand, for people who watch; and when they are warned."""

from __future__ import annotations

import pytest

from closeloop.application import desk
from closeloop.application.results import Failure, StageResult
from closeloop.domain.signals import SignalKind
from flows.desk_text import page
from tests.fakes.mailer import Does
from tests.fakes.services import DAY, Company


def test_the_page_has_counts_limits_and_records_and_no_person(company: Company) -> None:
    person = company.written_to()
    company.deliver()
    result = StageResult(
        stage="deliver",
        holds={"suppressed: anna@volvo.example": 2},
        failures=(Failure(record_id=person.key, problem="anna@volvo.example was refused"),),
    )
    found = desk.look(company.services, "deliver", company.now, [result])
    text = page(found, lambda record: f"https://acme.example/{record}")
    assert "| stage | open |" in text
    assert "| approach | 1 |" in text
    assert f"[{person.key}](https://acme.example/{person.key})" in text
    assert "| mails today, maren.holt at mail.tallyard.example | " in text
    assert "anna" not in text.lower()
    assert "volvo" not in text.lower()


def test_an_empty_ledger_has_a_page_too(company: Company) -> None:
    text = page(desk.look(company.services, "all", company.now, []), lambda record: None)
    assert "Nobody is in the process yet." in text
    assert "in doubt" not in text


def test_more_complaints_than_one_in_a_thousand_are_told_of(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [company.written_to(f"anna{n}", domain=f"firm{n}.example") for n in range(3)]
    company.deliver()
    company.receive(company.signal(SignalKind.SPAM_REPORT, people[0], action_key=company.mail(people[0]).key))
    (health,) = desk.look(company.services, "deliver", company.now, []).health.values()
    assert (health.sent, health.reported) == (3, 1)
    assert desk.complained_of(company.services, company.now) == {}, "three mails say nothing about a rate"
    monkeypatch.setattr(desk, "FEW", 3)
    assert desk.complained_of(company.services, company.now) == {company.services.playbook.sender.email: health}


def test_a_mail_in_doubt_is_told_of_after_a_day(company: Company) -> None:
    person = company.written_to()
    company.mailer.then(Does.LOSE)
    company.deliver()
    assert desk.long_in_doubt(company.services, company.now) == []
    company.wait(DAY)
    (found,) = desk.long_in_doubt(company.services, company.now)
    assert found.key == company.mail(person).key

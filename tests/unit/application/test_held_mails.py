"""What the provider has taken and holds: a no that comes before it leaves calls it back; nothing leaves twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.application.settle_by_hand import in_doubt
from closeloop.domain.actions import ActionState
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label, SignalKind
from tests.fakes.services import DAY, Company

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def handed_over(company: Company, *names: str) -> list[Prospect]:
    """Their first mails lie at the provider in one batch, which is confirmed to be called back when asked."""
    people = [company.written_to(name, domain=f"{name}.example") for name in names]
    company.mailer.holds_for = HOUR
    company.mailer.gone.add("batch-1")
    assert company.deliver().counts["handed over and held"] == len(names)
    assert {company.state(company.mail(person).key) for person in people} == {ActionState.UNCERTAIN}
    return people


def arrived(company: Company) -> list[str]:
    return sorted(mail.to for mail in company.mailer.arrived)


def later(company: Company, wait: timedelta = 2 * HOUR) -> None:
    """The hold is over: what is still there leaves."""
    company.wait(wait)
    company.mailer.release()
    company.run("reconcile")


def test_what_nobody_calls_back_leaves_and_only_then_its_log_is_planned(company: Company) -> None:
    (anna,) = handed_over(company, "anna")
    company.run("reconcile")
    log = f"task:log:{company.mail(anna).key}"
    assert (log in company.ledger.kept, company.mailer.asked_back) == (False, [])
    later(company)
    assert company.state(company.mail(anna).key) is ActionState.ACCEPTED
    assert log in company.ledger.kept
    assert arrived(company) == [anna.email]


@pytest.mark.parametrize("label", [Label.UNSUBSCRIBE, Label.INTERESTED, Label.OBJECTION_PRICE, Label.BRUSH_OFF])
def test_a_reply_calls_the_held_mail_back_and_the_others_of_its_batch_go_once(
    company: Company, label: Label
) -> None:
    anna, bo = handed_over(company, "anna", "bo")
    counts = company.receive(company.reply(anna, label)).counts
    assert counts["called back for an answer or a stop"] == 1
    assert counts["called back with it and planned again"] == 1
    assert company.state(company.mail(anna).key) is ActionState.SKIPPED
    assert company.state(company.mail(bo).key) is ActionState.PLANNED
    company.deliver()
    later(company)
    assert arrived(company).count(bo.email) == 1
    assert company.mail(anna).key not in [mail.key for mail in company.mailer.arrived]
    story = " ".join(line.text for line in company.ledger.story(anna.key))
    assert "called back" in story


@pytest.mark.parametrize("kind", [SignalKind.UNSUBSCRIBED, SignalKind.SPAM_REPORT])
def test_an_opt_out_calls_it_back(company: Company, kind: SignalKind) -> None:
    (anna,) = handed_over(company, "anna")
    company.receive(company.signal(kind, anna))
    later(company)
    assert (company.state(company.mail(anna).key), arrived(company)) == (ActionState.SKIPPED, [])


def test_an_absence_notice_calls_nothing_back(company: Company) -> None:
    (anna,) = handed_over(company, "anna")
    company.receive(company.reply(anna, Label.OUT_OF_OFFICE))
    assert company.mailer.asked_back == []


def test_a_stop_from_elsewhere_is_seen_by_the_next_pass(company: Company) -> None:
    (anna,) = handed_over(company, "anna")
    company.ledger.suppress(anna.email, "asked the seller to stop", company.now)
    assert company.run("reconcile").counts["called back for an answer or a stop"] == 1
    later(company)
    assert arrived(company) == []


def test_a_provider_that_does_not_confirm_is_asked_again_until_it_does(company: Company) -> None:
    (anna,) = handed_over(company, "anna")
    company.mailer.gone.clear()
    company.receive(company.reply(anna, Label.UNSUBSCRIBE))
    assert company.state(company.mail(anna).key) is ActionState.UNCERTAIN
    company.mailer.gone.add("batch-1")
    assert company.run("reconcile").counts["called back for an answer or a stop"] == 1
    assert company.state(company.mail(anna).key) is ActionState.SKIPPED
    assert company.mailer.asked_back == ["batch-1", "batch-1"]


def test_what_was_called_back_without_a_confirmation_is_in_doubt_when_its_time_has_come(company: Company) -> None:
    """It may have left or not: nobody may call it sent, and nobody may send it again."""
    anna, bo = handed_over(company, "anna", "bo")
    company.mailer.gone.clear()
    company.receive(company.reply(anna, Label.UNSUBSCRIBE))
    later(company)
    assert {company.state(company.mail(one).key) for one in (anna, bo)} == {ActionState.UNCERTAIN}
    assert len(in_doubt(company.services)) == 2


def test_what_is_only_held_is_shown_to_nobody_as_a_doubt(company: Company) -> None:
    company.with_services(doubt_limit=30 * MINUTE)
    (anna,) = handed_over(company, "anna")
    company.wait(40 * MINUTE)
    assert company.run("reconcile").counts["held by the mail provider"] == 1
    assert (in_doubt(company.services), company.human_tasks(anna)) == ([], [])


def test_news_that_it_was_taken_in_does_not_make_a_held_mail_a_sent_one(company: Company) -> None:
    (anna,) = handed_over(company, "anna")
    company.receive(company.signal(SignalKind.PROCESSED, anna, action_key=company.mail(anna).key))
    assert company.state(company.mail(anna).key) is ActionState.UNCERTAIN
    company.receive(company.reply(anna, Label.UNSUBSCRIBE))
    later(company)
    assert arrived(company) == []


def test_an_answer_on_the_next_day_changes_nothing_about_what_has_left(company: Company) -> None:
    (anna,) = handed_over(company, "anna")
    later(company, DAY)
    company.receive(company.reply(anna, Label.INTERESTED))
    assert company.mailer.asked_back == []
    assert company.state(company.mail(anna).key) is ActionState.ACCEPTED

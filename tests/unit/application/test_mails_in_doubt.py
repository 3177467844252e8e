"""Mails in doubt: each kind of evidence settles them, silence never does, and a person may."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from closeloop.application.mails_in_doubt import note_held
from closeloop.application.ports import CrmLook, HeldBatch
from closeloop.application.settle_by_hand import in_doubt, settle_by_hand
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.errors import UsageError
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import SignalKind
from tests.fakes.mailer import Does, ProviderCrashed
from tests.fakes.services import DAY, Company

ACCEPTED, UNCERTAIN, PLANNED = ActionState.ACCEPTED, ActionState.UNCERTAIN, ActionState.PLANNED
MINUTE = timedelta(minutes=1)


def lost(company: Company, does: Does = Does.ARRIVE_SILENTLY, name: str = "anna") -> Prospect:
    """Somebody whose first mail was handed over, without an answer."""
    person = company.written_to(name, domain=f"{name}.example")
    company.mailer.then(does)
    company.deliver()
    assert company.state(company.mail(person).key) is UNCERTAIN
    return person


def held(company: Company, *people: Prospect) -> HeldBatch:
    """Their mails were noted under one batch before they were handed over."""
    batch = HeldBatch(id="batch-1", leaves_at=company.now + timedelta(hours=1))
    note_held(company.ledger, [company.mail(person).key for person in people], batch, company.now)
    return batch


@pytest.mark.parametrize("kind", [SignalKind.PROCESSED, SignalKind.BLOCKED, SignalKind.SPAM_REPORT])
def test_an_event_with_our_key_proves_that_the_mail_went_out(company: Company, kind: SignalKind) -> None:
    person = lost(company)
    company.receive(company.signal(kind, person, action_key=company.mail(person).key))
    assert company.state(company.mail(person).key) is ACCEPTED
    assert f"task:log:{company.mail(person).key}" in company.ledger.kept


def test_an_event_counts_that_was_worked_on_while_the_worker_still_held_the_mail(company: Company) -> None:
    person = company.written_to()
    key = company.mail(person).key
    company.ledger.claim(ActionKind.EMAIL, company.now, "a worker that dies", 10, company.services.lease)
    company.receive(company.signal(SignalKind.SPAM_REPORT, person, action_key=key))
    company.wait(company.services.lease)
    assert company.run("reconcile").counts["settled by an event"] == 1
    assert company.state(key) is ACCEPTED


def test_a_mail_whose_worker_died_before_its_last_look_never_left_and_goes_out_once(company: Company) -> None:
    person = company.written_to()
    key = company.mail(person).key
    company.ledger.claim(ActionKind.EMAIL, company.now, "a worker that dies", 10, company.services.lease)
    company.wait(company.services.lease)
    assert company.run("reconcile").counts["never handed over"] == 1
    assert company.state(key) is PLANNED
    company.deliver()
    assert [mail.key for mail in company.mailer.arrived] == [key]
    assert "before the last look" in "".join(line.text for line in company.ledger.story(person.key))


def test_a_worker_that_wakes_before_its_last_look_hands_over_nothing_that_went_out_meanwhile(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = company.mail(company.written_to()).key
    look = company.crm.look

    def sleep_and_look(prospects: Sequence[Prospect]) -> dict[str, CrmLook]:
        monkeypatch.setattr(company.crm, "look", look)
        company.wait(company.services.lease)
        company.run("reconcile")
        company.deliver()
        return look(prospects)

    monkeypatch.setattr(company.crm, "look", sleep_and_look)
    slept = company.deliver()
    assert slept.holds["its lease ended before it was carried out"] == 1
    assert [mail.action_key for mail in company.mailer.sent] == [key]
    assert company.state(key) is ACCEPTED


def test_a_last_look_that_was_saved_is_no_proof_that_the_mail_never_left(company: Company) -> None:
    key = company.mail(company.written_to()).key
    company.mailer.then(Does.ARRIVE_AND_CRASH)
    with pytest.raises(ProviderCrashed):
        company.deliver()
    company.wait(company.services.lease)
    assert "never handed over" not in company.run("reconcile").counts
    assert company.state(key) is UNCERTAIN


def test_news_of_another_attempt_proves_nothing(company: Company) -> None:
    person = lost(company, Does.LOSE)
    old = company.signal(SignalKind.PROCESSED, person, action_key=company.mail(person).key, payload={"try": "7"})
    company.receive(old)
    company.run("reconcile")
    assert company.state(company.mail(person).key) is UNCERTAIN


def test_the_provider_s_records_prove_that_a_mail_is_there_and_by_default_never_that_it_is_not(
    company: Company,
) -> None:
    there, not_there = lost(company), lost(company, Does.LOSE, "bo")
    company.run("reconcile")
    assert company.state(company.mail(there).key) is UNCERTAIN, "without the add-on there is no evidence"
    company.mailer.records = True
    company.wait(DAY * 30)
    assert company.run("reconcile").counts["settled by read-back"] == 1
    assert company.state(company.mail(there).key) is ACCEPTED
    assert company.state(company.mail(not_there).key) is UNCERTAIN


def test_where_the_house_says_so_records_prove_by_silence_after_a_while_and_the_mail_goes_once(
    company: Company,
) -> None:
    company.with_services(absence_proves_after=timedelta(hours=2))
    company.mailer.records = True
    person = lost(company, Does.LOSE)
    company.wait(timedelta(hours=1))
    company.run("reconcile")
    assert company.state(company.mail(person).key) is UNCERTAIN
    company.wait(timedelta(hours=1))
    assert company.run("reconcile").counts["proved not sent"] == 1
    company.deliver()
    assert [mail.key for mail in company.mailer.arrived] == [company.mail(person).key]


def test_a_held_mail_is_planned_again_only_when_its_batch_is_surely_called_back(company: Company) -> None:
    person = lost(company, Does.LOSE)
    batch = held(company, person)
    company.run("reconcile")
    assert company.state(company.mail(person).key) is UNCERTAIN
    company.mailer.gone.add(batch.id)
    assert company.run("reconcile").counts["called back"] == 1
    assert company.state(company.mail(person).key) is PLANNED
    company.deliver()
    assert company.mailer.sent[-1].attempt == 2
    assert len(company.mailer.arrived) == 1
    assert company.mailer.asked_back == [batch.id, batch.id]


def test_one_mail_of_a_held_request_proves_the_whole_request_so_it_is_not_called_back(company: Company) -> None:
    one, other = lost(company), lost(company, name="bo")
    held(company, one, other)
    company.receive(company.signal(SignalKind.PROCESSED, one, action_key=company.mail(one).key))
    company.run("reconcile")
    assert (company.state(company.mail(other).key), company.mailer.asked_back) == (UNCERTAIN, [])
    company.wait(timedelta(hours=1))
    company.run("reconcile")
    assert company.state(company.mail(other).key) is ACCEPTED
    assert company.mailer.asked_back == []


def test_a_person_is_asked_a_day_after_the_attempt_however_long_the_mail_had_been_due(company: Company) -> None:
    person = company.written_to()
    company.wait(DAY * 3)
    company.mailer.then(Does.LOSE)
    company.deliver()
    company.run("reconcile")
    assert company.human_tasks(person) == []
    company.wait(DAY)
    result = company.run("reconcile")
    (task,) = [one.action for one in company.ledger.kept.values() if "uncertain" in one.action.key]
    assert task.payload["priority"] == "High"
    assert f"closeloop settle {company.mail(person).key} --not-sent" in task.payload["description"]
    assert company.mail(person).key in result.waiting[0].question


@pytest.mark.parametrize("sent", [True, False])
def test_a_person_settles_it_and_who_and_why_stay_in_its_history(company: Company, sent: bool) -> None:
    person = lost(company, Does.LOSE)
    key = company.mail(person).key
    assert [mail.key for mail in in_doubt(company.services)] == [key]
    settle_by_hand(company.services, key, sent=sent, by="jane", why=" she\nshowed me ", now=company.now)
    assert company.state(key) is (ACCEPTED if sent else PLANNED)
    last = company.ledger.kept[key].moves[-1]
    assert last.detail == f"jane settled that it {'went out' if sent else 'did not go out'}: she showed me"
    assert last.at == company.now
    assert in_doubt(company.services) == []
    company.deliver()
    assert len(company.mailer.arrived) == (0 if sent else 1)


def test_only_a_mail_in_doubt_can_be_settled_and_only_with_a_reason(company: Company) -> None:
    person = lost(company)
    key = company.mail(person).key

    def settle(key: str, why: str = "seen") -> None:
        settle_by_hand(company.services, key, sent=True, by="jane", why=why, now=company.now)

    for wrong, words in ((("email:nobody",), "there is no mail"), ((key, "  "), "say how you know")):
        with pytest.raises(UsageError, match=words):
            settle(*wrong)
    settle(key)
    with pytest.raises(UsageError, match="nothing to settle"):
        settle(key)

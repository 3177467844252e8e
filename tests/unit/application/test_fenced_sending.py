"""A worker that sleeps past its lease sends nothing that is no longer its own, and loses nothing that it knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

import pytest

from closeloop.application.ports import OutgoingMail, ReceiptRow, SendOutcome
from closeloop.domain.actions import ActionState, Settlement
from tests.fakes.mailer import MemoryMailer
from tests.fakes.services import Company

LONG = timedelta(hours=2)


def test_a_worker_that_sleeps_after_its_last_look_sends_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = company.written_to()
    key = company.mail(person).key
    keep = company.ledger.add_receipts

    def keep_and_sleep(receipts: Iterable[ReceiptRow]) -> None:
        keep(receipts)
        company.ledger.expire_leases(company.now + LONG)

    monkeypatch.setattr(company.ledger, "add_receipts", keep_and_sleep)
    result = company.deliver()
    assert company.mailer.sent == []
    assert result.holds["its lease ended before it was carried out"] == 1
    assert company.state(key) is ActionState.UNCERTAIN


def test_a_mail_that_was_accepted_after_its_lease_ended_is_accepted_and_logged(company: Company) -> None:
    person = company.written_to()
    key = company.mail(person).key

    class Slow(MemoryMailer):
        def send(self, mails: Sequence[OutgoingMail]) -> list[SendOutcome]:
            outcomes = super().send(mails)
            company.ledger.expire_leases(company.now + LONG)
            return outcomes

    company.with_services(mailer=Slow(company.clock))
    company.deliver()
    assert company.state(key) is ActionState.ACCEPTED
    assert f"task:log:{key}" in company.ledger.kept


def test_what_a_late_worker_says_of_a_mail_that_is_settled_is_counted_and_kept(company: Company) -> None:
    person = company.written_to()
    key = company.mail(person).key

    class Overtaken(MemoryMailer):
        """The event that proves the mail is worked on before this worker has written down its timeout."""

        def send(self, mails: Sequence[OutgoingMail]) -> list[SendOutcome]:
            super().send(mails)
            ((held, _),) = company.ledger.actions([key]).values()
            proved = Settlement(key=key, attempt=held.attempt, state=ActionState.ACCEPTED)
            company.ledger.settle([proved], company.now)
            return [SendOutcome(action_key=key, state=ActionState.UNCERTAIN, detail="timed out")]

    company.with_services(mailer=Overtaken(company.clock))
    result = company.deliver()
    assert result.counts["outcomes that came late"] == 1
    assert company.state(key) is ActionState.ACCEPTED

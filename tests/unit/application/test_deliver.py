"""Delivering: claim, commit, look once more, send, record; never twice and never after a no."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from closeloop.application import deliver
from closeloop.application.deliver import MOST_ATTEMPTS
from closeloop.application.ports import OutgoingMail, SendOutcome
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmUnavailable
from closeloop.domain.signals import Label, SignalKind
from closeloop.domain.stage import Stage, Standing
from closeloop.domain.tokens import read_token
from tests.fakes.mailer import Does, MemoryMailer, ProviderCrashed
from tests.fakes.services import DAY, Company

ACCEPTED, SKIPPED, PLANNED = ActionState.ACCEPTED, ActionState.SKIPPED, ActionState.PLANNED


def receipts(company: Company, key: str) -> list[str]:
    return [receipt.verdict for _, receipt in company.ledger.kept[key].receipts]


def test_a_planned_mail_is_sent_once_with_a_receipt_and_a_log(company: Company) -> None:
    person = company.written_to()
    company.deliver()
    company.deliver()
    key = company.mail(person).key
    assert [mail.action_key for mail in company.mailer.sent] == [key]
    assert company.state(key) is ACCEPTED
    assert receipts(company, key) == ["send"]
    log = company.ledger.kept[f"task:log:{key}"].action
    assert log.payload["subject"] == f"Email: {company.mail(person).payload['subject']}"
    assert log.payload["completed"]


def test_a_mail_is_claimed_and_looked_at_before_the_provider_hears_of_it(company: Company) -> None:
    seen: list[tuple[ActionState, list[str]]] = []

    class Watching(MemoryMailer):
        def send(self, mails: Sequence[OutgoingMail]) -> list[SendOutcome]:
            seen.extend((company.state(m.action_key), receipts(company, m.action_key)) for m in mails)
            return super().send(mails)

    person = company.written_to()
    company.with_services(mailer=Watching(company.clock))
    company.deliver()
    assert seen == [(ActionState.CLAIMED, ["send"])]
    assert company.state(company.mail(person).key) is ACCEPTED


def test_a_mail_carries_a_reply_address_that_leads_back_to_its_prospect(company: Company) -> None:
    person = company.written_to()
    company.with_services(public_url="https://gateway.example")
    company.deliver()
    (mail,) = company.mailer.sent
    token = mail.reply_to.partition("@")[0].removeprefix("reply+")
    assert read_token(token, company.services.secret) == person.key
    assert mail.unsubscribe_url == f"https://gateway.example/unsubscribe/{token}"


# never after a no


def test_a_reply_between_planning_and_sending_stops_the_mail(company: Company) -> None:
    person = company.written_to()
    company.ledger.receive([company.reply(person, Label.OTHER)], company.now)
    company.deliver()
    key = company.mail(person).key
    assert company.mailer.sent == []
    assert company.state(key) is PLANNED
    assert receipts(company, key) == ["a reply is waiting to be understood"]


def test_the_mail_goes_on_its_way_when_the_reply_was_only_an_absence(company: Company) -> None:
    person = company.written_to()
    company.ledger.receive([company.reply(person, Label.AUTO_REPLY)], company.now)
    company.deliver()
    company.run("receive")
    company.wait(timedelta(hours=1))
    company.deliver()
    assert company.state(company.mail(person).key) is ACCEPTED


def test_a_reply_that_nobody_has_read_yet_holds_the_mails_to_the_colleagues(company: Company) -> None:
    person, colleague = company.written_to("anna"), company.written_to("bo")
    stranger = company.written_to("cy", domain="other.example")
    company.ledger.receive([company.reply(person, Label.LEGAL, prospect_key=None)], company.now)
    company.deliver()
    assert [mail.to for mail in company.mailer.sent] == [stranger.email]
    assert receipts(company, company.mail(colleague).key) == ["a reply is waiting to be understood"]
    company.run("receive")
    company.wait(timedelta(hours=1))
    company.deliver()
    assert company.state(company.mail(colleague).key) is SKIPPED


def test_a_reply_from_free_mail_holds_no_strangers(company: Company) -> None:
    person = company.written_to("anna", email="anna@free.example", domain=None)
    stranger = company.written_to("bo", email="bo@free.example", domain=None)
    company.ledger.receive([company.reply(person, Label.OTHER)], company.now)
    company.deliver()
    assert [mail.to for mail in company.mailer.sent] == [stranger.email]


def test_a_reply_from_an_alias_without_a_token_stops_the_mail_by_its_action(company: Company) -> None:
    person = company.written_to()
    bounced = company.signal(SignalKind.BOUNCED, action_key=company.mail(person).key)
    company.ledger.receive([bounced], company.now)
    company.deliver()
    assert company.mailer.sent == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"HasOptedOutOfEmail": True}, "opted out in the CRM"),
        ({"Closeloop_Do_Not_Contact__c": True}, "do-not-contact in the CRM"),
        ({"Status": "Closed - Not Converted"}, "closed in the CRM (Closed - Not Converted)"),
    ],
)
def test_what_people_set_in_the_crm_a_moment_ago_stops_the_mail(
    company: Company, fields: dict[str, Any], reason: str
) -> None:
    person = company.written_to()
    company.crm.change("Lead", person.key, **fields)
    company.deliver()
    key = company.mail(person).key
    assert company.mailer.sent == []
    assert (company.state(key), receipts(company, key)) == (SKIPPED, [reason])


def test_a_lead_that_is_gone_gets_no_mail(company: Company) -> None:
    person = company.written_to()
    del company.crm.records["Lead"][person.key]
    company.deliver()
    assert receipts(company, company.mail(person).key) == ["the record is gone from the CRM"]


def test_a_new_owner_is_read_in_before_the_mail_goes(company: Company) -> None:
    person = company.written_to()
    company.run("pull")
    company.wait(timedelta(hours=1))
    company.crm.change("Lead", person.key, OwnerId="005000000000009EAA", Owner={"Name": "Niran Suwan"})
    company.deliver()
    assert company.mailer.sent == []
    company.run("pull")
    company.wait(timedelta(hours=1))
    company.deliver()
    assert company.state(company.mail(person).key) is ACCEPTED
    assert company.see(person).owner_name == "Niran Suwan"


def test_a_suppressed_address_gets_no_mail(company: Company) -> None:
    person = company.written_to()
    company.ledger.suppress(person.email, "asked by phone", company.now)
    company.deliver()
    assert receipts(company, company.mail(person).key) == ["suppressed: asked by phone"]


def test_a_mail_of_a_stage_that_was_left_is_skipped(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.OBJECTION_PRICE))
    company.deliver()
    assert company.state(company.mail(person).key) is SKIPPED


def test_one_who_stopped_does_not_keep_the_others_from_their_mails(company: Company) -> None:
    people = [company.written_to(name, domain=f"{name}.example") for name in ("ann", "bob", "cat")]
    company.crm.change("Lead", people[1].key, HasOptedOutOfEmail=True)
    result = company.deliver()
    assert [mail.to for mail in company.mailer.sent] == [people[0].email, people[2].email]
    assert result.counts == {"accepted": 2, "skipped": 1}


# what may go wrong


def test_a_refused_address_is_quarantined_with_the_provider_s_words(company: Company) -> None:
    person, other = company.written_to("anna"), company.written_to("bo")
    company.mailer.then(Does.REJECT, Does.ACCEPT)
    result = company.deliver()
    after = company.see(person)
    assert (after.standing, after.reason) == (Standing.STOPPED, "the mail provider refused the message: reject")
    assert [failure.record_id for failure in result.failures] == [person.key]
    assert company.see(other).standing is Standing.OPEN


def test_a_retry_waits_as_long_as_it_was_told_and_then_goes(company: Company) -> None:
    person = company.written_to()
    company.mailer.then(Does.RETRY)
    company.deliver()
    company.deliver()
    assert len(company.mailer.sent) == 1
    company.wait(timedelta(minutes=5))
    company.deliver()
    assert company.state(company.mail(person).key) is ACCEPTED
    assert len(company.mailer.arrived) == 1


def test_a_provider_that_is_never_ready_ends_the_mail_but_stops_nobody(company: Company) -> None:
    person = company.written_to()
    company.mailer.then(*[Does.RETRY] * MOST_ATTEMPTS)
    for _ in range(MOST_ATTEMPTS + 2):
        result = company.deliver()
        company.wait(timedelta(hours=2))
        if company.state(company.mail(person).key) is ActionState.REJECTED:
            break
    assert company.state(company.mail(person).key) is ActionState.REJECTED
    assert [failure.record_id for failure in result.failures] == [person.key]
    assert company.see(person).standing is Standing.OPEN
    assert not company.ledger.suppressed([person.email])


def test_an_uncertain_mail_is_not_sent_again(company: Company) -> None:
    person = company.written_to()
    company.mailer.then(Does.ARRIVE_SILENTLY)
    company.deliver()
    for _ in range(5):
        company.wait(DAY)
        company.run("reconcile")
        company.run("receive")
        company.deliver()
    assert len(company.mailer.sent) == 1
    assert company.state(company.mail(person).key) is ActionState.UNCERTAIN


@pytest.mark.parametrize("does", [Does.CRASH, Does.ARRIVE_AND_CRASH])
def test_a_crash_leaves_the_claim_and_nobody_sends_again_until_there_is_evidence(
    company: Company, does: Does
) -> None:
    person = company.written_to()
    company.mailer.then(does)
    with pytest.raises(ProviderCrashed):
        company.deliver()
    key = company.mail(person).key
    assert company.state(key) is ActionState.CLAIMED
    company.deliver()
    company.wait(timedelta(minutes=11))
    company.run("reconcile")
    assert company.state(key) is ActionState.UNCERTAIN
    company.deliver()
    assert len(company.mailer.sent) == 1


def test_a_worker_that_died_settles_by_the_event_that_follows(company: Company) -> None:
    person = company.written_to()
    company.mailer.then(Does.ARRIVE_AND_CRASH)
    with pytest.raises(ProviderCrashed):
        company.deliver()
    company.wait(timedelta(minutes=11))
    company.run("reconcile")
    key = company.mail(person).key
    company.receive(company.signal(SignalKind.DELIVERED, person, action_key=key))
    assert company.state(key) is ACCEPTED
    assert len(company.mailer.arrived) == 1


def test_an_error_before_the_send_gives_the_claims_back(company: Company) -> None:
    person = company.written_to()
    company.crm.down = CrmUnavailable("Salesforce is busy")
    with pytest.raises(CrmUnavailable):
        company.deliver()
    assert company.state(company.mail(person).key) is PLANNED
    company.crm.down = None
    company.deliver()
    assert company.state(company.mail(person).key) is ACCEPTED


def test_at_most_the_asked_for_number_is_claimed(company: Company) -> None:
    people = [company.written_to(name, domain=f"{name}.example") for name in ("ann", "bob", "cat")]
    company.run("deliver", limit=2)
    assert [company.state(company.mail(person).key) for person in people] == [ACCEPTED, ACCEPTED, PLANNED]


def test_a_mail_to_a_customer_goes_though_the_deal_is_closed(company: Company) -> None:
    person = company.person(stage=Stage.FOLLOW_UP, standing=Standing.CUSTOMER)
    company.run("follow_up")
    company.crm.change("Lead", person.key, Status="Closed - Converted", IsConverted=True)
    company.deliver()
    assert company.state(company.mail(person).key) is ACCEPTED


def test_a_follow_up_waits_while_the_mail_before_it_is_in_doubt(company: Company) -> None:
    person = company.written_to()
    company.mailer.then(Does.ARRIVE_AND_CRASH)
    with pytest.raises(ProviderCrashed):
        company.deliver()
    company.wait(10 * DAY)
    company.run("reconcile")
    company.run("approach")
    result = company.deliver()
    assert result.holds == {"an earlier mail may or may not have left: evidence is awaited first": 1}
    proof = company.signal(SignalKind.DELIVERED, person, action_key=company.mails(person)[0].key)
    company.receive(proof)
    company.wait(DAY)
    assert company.deliver().counts["accepted"] == 1


def test_a_reply_between_two_requests_of_one_look_stops_the_second(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "MAILS_PER_REQUEST", 1)
    people = [company.person(name, f"{name}.example") for name in ("anna", "berta")]

    class Answering(MemoryMailer):
        """While the first mail goes out, whoever did not get it replies."""

        def send(self, mails: Sequence[OutgoingMail]) -> list[SendOutcome]:
            rest = [person for person in people if person.email not in {mail.to for mail in mails}]
            company.ledger.receive([company.reply(person, Label.UNSUBSCRIBE) for person in rest], company.now)
            return super().send(mails)

    mailer = Answering(company.clock)
    company.with_services(mailer=mailer)
    company.run("approach")
    looks = company.crm.calls
    result = company.deliver()
    assert result.considered == 2
    assert len(mailer.sent) == 1
    assert company.crm.calls == looks + 1

"""Receiving: what each signal leads to, once, and whom it stops."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.application import receive
from closeloop.application.mails_in_doubt import PROOFS_OF_ACCEPTANCE
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.signals import STOPPING_LABELS, Label, SignalKind
from closeloop.domain.stage import Stage, Standing
from tests.fakes.mailer import Does, ProviderCrashed
from tests.fakes.services import DAY, RUN, Company

A, OB, P, F = Stage.APPROACH, Stage.OBJECTIONS, Stage.PRESENTATION, Stage.FOLLOW_UP
OPEN, STOPPED, NURTURE = Standing.OPEN, Standing.STOPPED, Standing.NURTURE
LEADS_TO: dict[Label, tuple[Stage, Standing]] = {
    Label.INTERESTED: (P, OPEN),
    Label.MEETING: (P, OPEN),
    Label.QUESTION: (P, OPEN),
    Label.OBJECTION_PRICE: (OB, OPEN),
    Label.OBJECTION_TIMING: (OB, OPEN),
    Label.OBJECTION_AUTHORITY: (OB, OPEN),
    Label.OBJECTION_NEED: (OB, OPEN),
    Label.OBJECTION_COMPETITOR: (OB, OPEN),
    Label.OBJECTION_TRUST: (OB, OPEN),
    Label.OBJECTION_PRODUCT: (OB, OPEN),
    Label.BRUSH_OFF: (OB, OPEN),
    Label.NOT_NOW: (F, NURTURE),
    Label.REFERRAL: (A, OPEN),
    Label.WRONG_PERSON: (A, STOPPED),
    Label.LEFT_COMPANY: (A, STOPPED),
    Label.OUT_OF_OFFICE: (A, OPEN),
    Label.AUTO_REPLY: (A, OPEN),
    Label.UNSUBSCRIBE: (A, STOPPED),
    Label.LEGAL: (A, STOPPED),
    Label.BOUNCE: (A, OPEN),
    Label.OTHER: (A, OPEN),
}


@pytest.mark.parametrize("label", Label)
def test_each_reply_leads_where_the_rules_say(company: Company, label: Label) -> None:
    person = company.written_to()
    result = company.receive(company.reply(person, label))
    after = company.see(person)
    assert (after.stage, after.standing) == LEADS_TO[label]
    assert result.counts[f"reply: {label.value}"] == 1
    assert after.replies == (0 if label.is_automatic else 1)
    assert company.ledger.understood["inbound", "signal-1"].primary is label


@pytest.mark.parametrize("label", sorted(STOPPING_LABELS))
def test_a_stop_suppresses_the_address_and_drops_what_was_planned(company: Company, label: Label) -> None:
    person = company.written_to()
    company.receive(company.reply(person, label))
    assert company.ledger.suppressed([person.email])
    assert company.state(company.mail(person).key) is ActionState.SKIPPED
    assert company.see(person).due_at is None


def test_a_yes_opens_a_deal_whose_conversion_is_planned(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.INTERESTED))
    assert company.see(person).is_open_deal
    assert company.state(f"convert:{person.key}") is ActionState.PLANNED


def test_a_question_is_answered_by_a_mail_of_its_own(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.QUESTION))
    assert company.state(f"email:{person.key}:question_answer:1:1") is ActionState.PLANNED


def test_a_second_question_is_for_a_person_since_our_answer_has_been_sent(company: Company) -> None:
    person = company.person()
    company.receive(company.reply(person, Label.QUESTION), company.reply(person, Label.QUESTION))
    company.deliver()
    assert [mail.mail.subject for mail in company.mailer.sent] == [company.mail(person).payload["subject"]]
    tasks = [one.action.payload for one in company.ledger.kept.values() if one.action.kind is ActionKind.TASK]
    assert [task["subject"] for task in tasks if "has been sent before" in task["subject"]]


def test_a_signal_is_applied_once_however_often_it_comes(company: Company) -> None:
    person = company.written_to()
    signal = company.reply(person, Label.OBJECTION_PRICE)
    company.receive(signal, signal)
    again = company.receive(signal)
    assert again.considered == 0
    assert company.see(person).replies == 1
    assert len([row for row in company.ledger.decided if row.rule == "objections.raised"]) == 1


def test_signals_are_applied_in_order_of_occurrence_not_of_arrival(company: Company) -> None:
    person = company.written_to()
    late = company.reply(person, Label.UNSUBSCRIBE, occurred_at=company.now + timedelta(hours=2))
    early = company.reply(person, Label.INTERESTED, occurred_at=company.now + timedelta(hours=1))
    company.receive(late, early)
    after = company.see(person)
    assert (after.standing, after.is_deal) == (STOPPED, True)


def test_a_yes_after_a_stop_changes_nothing(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.UNSUBSCRIBE))
    company.receive(company.reply(person, Label.INTERESTED))
    assert company.see(person).standing is STOPPED
    assert not company.see(person).is_deal


def test_a_reply_without_a_token_is_known_by_its_address(company: Company) -> None:
    person = company.written_to()
    signal = company.reply(person, Label.INTERESTED, prospect_key=None, address=person.email.upper())
    company.receive(signal)
    assert company.see(person).is_deal


def test_a_reply_from_an_alias_counts_for_the_one_we_wrote_to(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.UNSUBSCRIBE, address="private@elsewhere.example"))
    assert company.see(person).standing is STOPPED
    assert company.ledger.suppressed([person.email])


def test_a_signal_about_nobody_we_know_is_handled_and_said(company: Company) -> None:
    stranger = company.signal(SignalKind.UNSUBSCRIBED, address="stranger@nowhere.example")
    result = company.receive(stranger)
    assert result.holds == {"signal about nobody we know": 1}
    assert company.ledger.suppressed(["stranger@nowhere.example"])
    assert company.receive().considered == 0


@pytest.mark.parametrize("kind", [SignalKind.BOUNCED, SignalKind.SPAM_REPORT, SignalKind.UNSUBSCRIBED])
def test_an_event_that_stops_does_so_at_once(company: Company, kind: SignalKind) -> None:
    person = company.written_to()
    company.receive(company.signal(kind, person))
    after = company.see(person)
    assert after.standing is STOPPED
    assert after.opted_out == (kind is not SignalKind.BOUNCED)
    assert company.ledger.suppressed([person.email])
    assert company.state(company.mail(person).key) is ActionState.SKIPPED


@pytest.mark.parametrize(
    "kind", [SignalKind.DELIVERED, SignalKind.OPENED, SignalKind.CLICKED, SignalKind.BLOCKED, SignalKind.DROPPED]
)
def test_an_event_that_only_tells_leaves_the_prospect_as_it_was(company: Company, kind: SignalKind) -> None:
    person = company.written_to()
    company.receive(company.signal(kind, person))
    assert company.see(person).model_copy(update={"seen": {}}) == person


# referrals


def test_a_referral_opens_one_lead_and_no_second_however_often_it_is_said(company: Company) -> None:
    person = company.written_to()
    for _ in range(2):
        company.receive(company.reply(person, Label.REFERRAL, "Bo Lind <bo.lind@volvo.example>"))
    (lead,) = [row for row in company.crm.rows("Lead") if row["Email"] == "bo.lind@volvo.example"]
    assert (lead["FirstName"], lead["LastName"], lead["LeadSource"]) == ("Bo", "Lind", "Referral")
    assert lead["Description"] == "Referred by Anna Okafor"
    assert lead["Company"] == person.company


def test_the_referred_colleague_is_pulled_in_and_knows_who_sent_us(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.REFERRAL, "Bo Lind <bo.lind@volvo.example>"))
    company.run("pull")
    (colleague,) = [one for one in company.ledger.all_prospects() if one.email == "bo.lind@volvo.example"]
    assert colleague.referred_by == "Anna Okafor"


def test_a_referral_that_names_nobody_reachable_goes_to_a_person(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.REFERRAL))
    assert len(company.crm.rows("Lead")) == 1
    assert company.human_tasks(person) == ["Read this reply and answer it"]


def test_a_referral_the_crm_refuses_is_said_and_the_reply_is_handled_all_the_same(company: Company) -> None:
    person = company.written_to()
    company.crm.answers["upsert_leads"] = ActionState.REJECTED
    result = company.receive(company.reply(person, Label.REFERRAL, "Bo <bo@volvo.example>"))
    assert [failure.record_id for failure in result.failures] == [person.key]
    assert company.receive().considered == 0


# stopping an account


def test_a_legal_reply_stops_the_whole_account(company: Company) -> None:
    person, colleague = company.written_to("anna"), company.written_to("bo")
    stranger = company.written_to("cy", domain="other.example")
    company.receive(company.reply(person, Label.LEGAL))
    company.deliver()
    assert company.state(company.mail(colleague).key) is ActionState.SKIPPED
    assert [mail.to for mail in company.mailer.sent] == [stranger.email]
    assert company.human_tasks(person) == ["Legal reply from Volvo: read it today, we have stopped writing"]


def test_a_plain_opt_out_stops_nobody_else(company: Company) -> None:
    person, colleague = company.written_to("anna"), company.written_to("bo")
    company.receive(company.reply(person, Label.UNSUBSCRIBE))
    company.deliver()
    assert [mail.to for mail in company.mailer.sent] == [colleague.email]


def test_a_legal_reply_from_free_mail_stops_no_strangers(company: Company) -> None:
    person = company.written_to("anna", email="anna@free.example", domain=None)
    stranger = company.written_to("bo", email="bo@free.example", domain=None)
    company.receive(company.reply(person, Label.LEGAL))
    company.deliver()
    assert [mail.to for mail in company.mailer.sent] == [stranger.email]


# evidence


def proof(company: Company, key: str, kind: SignalKind = SignalKind.DELIVERED) -> None:
    company.receive(company.signal(kind, prospect_key=key.split(":")[1], action_key=key))


@pytest.mark.parametrize("kind", sorted(PROOFS_OF_ACCEPTANCE))
def test_an_event_about_an_uncertain_mail_proves_that_it_arrived(company: Company, kind: SignalKind) -> None:
    person = company.written_to()
    company.mailer.then(Does.ARRIVE_SILENTLY)
    company.deliver()
    key = company.mail(person).key
    assert company.state(key) is ActionState.UNCERTAIN
    proof(company, key, kind)
    assert company.state(key) is ActionState.ACCEPTED
    assert company.state(f"task:log:{key}") is ActionState.PLANNED


def test_a_mail_in_doubt_that_the_provider_dropped_has_surely_not_arrived(company: Company) -> None:
    person = company.written_to()
    company.mailer.then(Does.LOSE)
    company.deliver()
    proof(company, company.mail(person).key, SignalKind.DROPPED)
    assert company.state(company.mail(person).key) is ActionState.REJECTED
    assert f"task:log:{company.mail(person).key}" not in company.ledger.kept


def test_a_proof_that_comes_before_the_lease_ran_out_is_not_lost(company: Company) -> None:
    person = company.written_to()
    company.mailer.then(Does.ARRIVE_AND_CRASH)
    with pytest.raises(ProviderCrashed):
        company.deliver()
    key = company.mail(person).key
    proof(company, key)
    assert company.state(key) is ActionState.CLAIMED
    company.wait(timedelta(minutes=11))
    company.run("reconcile")
    company.run("receive")
    assert company.state(key) is ActionState.ACCEPTED


def test_a_bounce_stops_even_while_a_worker_holds_the_mail(company: Company) -> None:
    person = company.written_to()
    company.mailer.then(Does.ARRIVE_AND_CRASH)
    with pytest.raises(ProviderCrashed):
        company.deliver()
    proof(company, company.mail(person).key, SignalKind.BOUNCED)
    assert company.see(person).standing is STOPPED


def test_a_batch_of_signals_is_taken_in_parts(company: Company) -> None:
    people = [company.written_to(name, domain=f"{name}.example") for name in ("ann", "bob", "cat")]
    company.ledger.receive([company.reply(person, Label.OTHER) for person in people], company.now)
    first = receive.run_batch(company.services, RUN, company.now, limit=2)
    assert first.considered == 2
    assert company.run("receive").considered == 1


def test_an_absence_holds_the_sequence_and_is_no_reply(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.OUT_OF_OFFICE))
    after = company.see(person)
    assert after.due_at is not None
    assert after.due_at >= company.now + 5 * DAY
    assert after.replies == 0
    assert [a.kind for a in company.mails(person)] == [ActionKind.EMAIL]


def test_a_stop_from_somebody_else_at_the_company_stops_everybody_there(company: Company) -> None:
    anna, bob = company.written_to("anna"), company.written_to("bob")
    company.receive(company.reply(anna, Label.UNSUBSCRIBE, prospect_key=None, address="boss@volvo.example"))
    assert [task for p in (anna, bob) for task in company.human_tasks(p) if "asks us to stop" in task]
    company.deliver()
    company.wait(10 * DAY)
    company.run("approach")
    company.deliver()
    assert company.mailer.sent == []


def test_what_a_stranger_at_the_company_writes_is_brought_to_the_last_contact(company: Company) -> None:
    anna = company.written_to("anna")
    company.deliver()
    company.receive(company.reply(anna, Label.OTHER, prospect_key=None, address="boss@volvo.example"))
    (task,) = company.human_tasks(anna)
    assert "Somebody else at" in task
    after = company.see(anna)
    assert after.replies == 0
    assert after.due_at is not None
    assert after.due_at >= company.now + 5 * DAY


@pytest.mark.parametrize("address", ["boss@elsewhere.example", "someone@gmail.com"])
def test_a_stranger_from_nowhere_concerns_nobody(company: Company, address: str) -> None:
    anna = company.written_to("anna")
    result = company.receive(company.reply(anna, Label.UNSUBSCRIBE, prospect_key=None, address=address))
    assert result.holds == {"signal about nobody we know": 1}
    assert company.human_tasks(anna) == []


@pytest.mark.parametrize(
    ("named", "company_of"),
    [("eva@volvo.example", "Volvo"), ("eva@harbour-foods.example", "Harbour Foods"), ("eva@gmail.com", "Volvo")],
)
def test_whom_a_customer_names_elsewhere_is_a_lead_of_that_company_with_who_named_them(
    company: Company, named: str, company_of: str
) -> None:
    person = company.person(stage=F, standing=Standing.CUSTOMER)
    company.receive(company.reply(person, Label.REFERRAL, f"Eva Lind <{named}>"))
    (lead,) = [row for row in company.crm.rows("Lead") if row["Email"] == named]
    assert lead["Company"] == company_of
    assert "Anna" in str(lead["Description"])
    assert company.human_tasks(person) == ["Thank Volvo for naming Eva Lind, and tell them what becomes of it"]
    assert company.see(person).standing is Standing.CUSTOMER

"""Stops in both directions: the provider's lists come in like any other stop, and our own go out until taken."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.application.receive import ACCOUNT_MARK
from closeloop.application.workload import has_work
from closeloop.domain.signals import Label, SignalKind
from closeloop.domain.stage import Standing
from tests.fakes.services import DAY, Company
from tests.fakes.stop_lists import MemoryStopLists

HOUR = timedelta(hours=1)


@pytest.fixture
def lists(company: Company) -> MemoryStopLists:
    made = MemoryStopLists()
    company.with_services(stop_lists=made)
    return made


@pytest.mark.parametrize("name", ["bounces", "spam_reports", "unsubscribes"])
def test_an_entry_that_no_webhook_told_of_stops_the_person(
    company: Company, lists: MemoryStopLists, name: str
) -> None:
    person = company.written_to()
    lists.put(name, person.email, company.now)
    assert company.run("suppressions").counts == {"stops found in the provider's lists": 1}
    company.run("receive")
    company.wait(DAY)
    company.deliver()
    assert company.see(person).standing is Standing.STOPPED
    assert company.mailer.sent == []
    assert lists.told == []


def test_an_entry_is_taken_in_once_however_often_the_lists_are_read(
    company: Company, lists: MemoryStopLists
) -> None:
    person = company.written_to()
    lists.put("bounces", person.email, company.now)
    for _ in range(3):
        company.run("suppressions")
        company.wait(HOUR)
    assert len(company.ledger.inbox) == 1
    company.run("receive")
    decided = len(company.ledger.decided)
    company.run("suppressions")
    company.run("receive")
    assert (len(company.ledger.inbox), len(company.ledger.decided)) == (1, decided)


def test_the_lists_are_read_once_an_hour_from_a_little_before_the_last_time(
    company: Company, lists: MemoryStopLists
) -> None:
    first = company.now
    for _ in range(4):
        company.run("suppressions")
        company.wait(timedelta(minutes=30))
    assert lists.asked == [None, first - HOUR]


def test_a_clock_that_was_ahead_makes_no_list_unread(company: Company, lists: MemoryStopLists) -> None:
    company.ledger.set_cursor("stop_lists", (company.now + DAY).isoformat())
    company.ledger.set_cursor("stop_lists_looked", (company.now + DAY).isoformat())
    person = company.written_to()
    lists.put("bounces", person.email, company.now)
    assert has_work("suppressions", company.ledger, company.now)
    assert company.run("suppressions").counts == {"stops found in the provider's lists": 1}


def test_a_list_that_does_not_answer_is_read_from_the_same_place_next_time(
    company: Company, lists: MemoryStopLists
) -> None:
    lists.silence = "answered 500"
    found = company.run("suppressions")
    assert list(found.holds) == ["the mail provider's lists could not be read: answered 500"]
    lists.silence = ""
    company.run("suppressions")
    assert lists.asked == [None, None]


def test_an_address_we_do_not_know_is_stopped_before_it_is_imported(
    company: Company, lists: MemoryStopLists
) -> None:
    lists.put("unsubscribes", "ben@later.example", company.now)
    company.run("suppressions")
    company.written_to("ben", domain="later.example")
    company.deliver()
    assert company.mailer.sent == []
    assert (company.ledger.inbox, lists.told) == ({}, [])


@pytest.mark.parametrize("label", [Label.UNSUBSCRIBE, Label.LEGAL])
def test_an_opt_out_by_reply_is_told_to_the_provider_once(
    company: Company, lists: MemoryStopLists, label: Label
) -> None:
    person = company.written_to()
    company.receive(company.reply(person, label))
    assert company.run("suppressions").counts == {"stops told to the provider": 1}
    company.run("suppressions")
    assert lists.calls == [(person.email,)]


def test_a_stop_the_provider_did_not_take_is_told_again(company: Company, lists: MemoryStopLists) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.UNSUBSCRIBE))
    lists.silence = "answered 503"
    found = company.run("suppressions")
    assert "the mail provider could not be told of our own stops: answered 503" in found.holds
    lists.silence = ""
    assert has_work("suppressions", company.ledger, company.now)
    company.run("suppressions")
    assert lists.told == [person.email]


def test_an_opt_out_in_the_crm_is_told_to_the_provider(company: Company, lists: MemoryStopLists) -> None:
    person = company.written_to()
    company.run("pull")
    company.wait(HOUR)
    company.crm.change("Lead", person.key, HasOptedOutOfEmail=True)
    company.run("pull")
    company.run("suppressions")
    assert lists.told == [person.email]


@pytest.mark.parametrize(
    ("kind", "source", "told"),
    [
        (SignalKind.BOUNCED, "sendgrid", False),
        (SignalKind.SPAM_REPORT, "sendgrid", False),
        (SignalKind.UNSUBSCRIBED, "sendgrid", True),
        (SignalKind.UNSUBSCRIBED, "gateway", True),
        (SignalKind.UNSUBSCRIBED, "sendgrid-list", False),
    ],
)
def test_the_provider_is_told_what_its_own_lists_do_not_say(
    company: Company, lists: MemoryStopLists, kind: SignalKind, source: str, told: bool
) -> None:
    person = company.written_to()
    company.receive(company.signal(kind, person, source=source))
    company.run("suppressions")
    assert bool(lists.told) is told


def test_a_wrong_person_and_a_whole_account_are_no_wish_the_provider_is_told_of(
    company: Company, lists: MemoryStopLists
) -> None:
    left, legal = company.written_to("anna"), company.written_to("ben", domain="other.example")
    company.receive(company.reply(left, Label.WRONG_PERSON), company.reply(legal, Label.LEGAL))
    company.run("suppressions")
    assert lists.told == [legal.email]
    assert company.ledger.suppressed([f"{ACCOUNT_MARK}other.example"])


def test_without_a_key_nothing_is_asked_and_nothing_fails(company: Company) -> None:
    person = company.written_to()
    company.receive(company.reply(person, Label.UNSUBSCRIBE))
    assert company.run("suppressions").counts == {}

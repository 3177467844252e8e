"""SendGrid's suppression lists over real HTTP: read to the last page, and told of our own stops."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sendgrid import SendGridAPIClient

from closeloop.adapters.sendgrid.suppressions import SendGridStopLists
from closeloop.application.stop_lists import SOURCE
from closeloop.domain.signals import SignalKind
from tests.sandbox.conftest import Sandbox
from tests.scripted_server import HANGUP, Answer, ScriptedServer, scripted_server

KEY = "SG.sandbox.key"
BAD = Answer(400, json.dumps({"errors": [{"message": "recipient_emails must be valid"}]}))
TAKEN = Answer(201, json.dumps({"recipient_emails": []}))
EMPTY = Answer(200, "[]")


@pytest.fixture
def lists(sandbox: Sandbox) -> SendGridStopLists:
    known = sandbox.line["sendgrid"]
    return SendGridStopLists(known["api_key"], known["host"])


@pytest.fixture
def client(sandbox: Sandbox) -> SendGridAPIClient:
    known = sandbox.line["sendgrid"]
    return SendGridAPIClient(api_key=known["api_key"], host=known["host"])


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    with scripted_server() as made:
        yield made


def many(number: int) -> list[str]:
    return [f"p{n:04}@north.example" for n in range(number)]


def test_what_was_told_stands_on_the_global_list_and_comes_back_from_it(
    lists: SendGridStopLists, client: SendGridAPIClient
) -> None:
    assert lists.listed(None).entries == ()
    told = lists.tell(["Ana@north.example", "ben@north.example"])
    assert (told.taken, told.silence) == (("Ana@north.example", "ben@north.example"), "")
    assert json.loads(client.client.asm.suppressions._("global")._("ana@north.example").get().body)
    found = lists.listed(None)
    assert {(e.name, e.kind, e.address) for e in found.entries} == {
        ("unsubscribes", SignalKind.UNSUBSCRIBED, "ana@north.example"),
        ("unsubscribes", SignalKind.UNSUBSCRIBED, "ben@north.example"),
    }
    signal = found.entries[0].signal()
    assert (signal.source, signal.id) == (
        SOURCE,
        f"unsubscribes:{signal.address}:{int(signal.occurred_at.timestamp())}",
    )


def test_telling_twice_is_telling_once(lists: SendGridStopLists) -> None:
    lists.tell(["ana@north.example"])
    first = lists.listed(None)
    lists.tell(["ana@north.example"])
    assert lists.listed(None) == first


def test_a_long_list_is_read_page_by_page(lists: SendGridStopLists) -> None:
    people = many(1203)
    for start in range(0, len(people), 500):
        lists.tell(people[start : start + 500])
    assert sorted(entry.address for entry in lists.listed(None).entries) == people


def test_only_what_was_entered_since_is_read(lists: SendGridStopLists, sandbox: Sandbox) -> None:
    lists.tell(["ana@north.example"])
    now = datetime.fromisoformat(sandbox.post_control("advance", {"hours": 2})["now"])
    lists.tell(["ben@north.example"])
    found = lists.listed(now - timedelta(hours=1))
    assert [entry.address for entry in found.entries] == ["ben@north.example"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bounces", SignalKind.BOUNCED),
        ("invalid_emails", SignalKind.BOUNCED),
        ("spam_reports", SignalKind.SPAM_REPORT),
        ("unsubscribes", SignalKind.UNSUBSCRIBED),
    ],
)
def test_each_list_means_what_it_means(script: ScriptedServer, name: str, kind: SignalKind) -> None:
    order = ["bounces", "invalid_emails", "spam_reports", "unsubscribes"]
    row = {
        "created": 1_767_600_000,
        "email": " Ana@North.example ",
        "reason": "550 no such user",
        "status": "5.1.1",
    }
    for each in order:
        script.then(Answer(200, json.dumps([row, {"email": "no time"}, {"created": 1}])) if each == name else EMPTY)
    (entry,) = SendGridStopLists(KEY, script.url).listed(None).entries
    assert (entry.name, entry.kind, entry.address) == (name, kind, "ana@north.example")
    assert (entry.at, entry.reason) == (datetime.fromtimestamp(1_767_600_000, UTC), "550 no such user")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(403, "{}"), "give the API key the Suppressions permission"),
        (Answer(401, "{}"), "give the API key the Suppressions permission"),
        (Answer(500, "{}"), "answered 500"),
        (Answer(200, '{"errors": []}'), "another shape"),
        (HANGUP, "no answer"),
    ],
)
def test_a_list_that_does_not_answer_says_why_and_is_no_error(
    script: ScriptedServer, answer: Answer, words: str
) -> None:
    script.then(answer)
    assert words in SendGridStopLists(KEY, script.url).listed(None).silence


def test_an_address_the_provider_refuses_keeps_no_other_out(script: ScriptedServer) -> None:
    for answer in (BAD, TAKEN, BAD, BAD, TAKEN):  # 4 together, the first 2, the last 2, the third, the fourth
        script.then(answer)
    told = SendGridStopLists(KEY, script.url).tell(["a@b.example", "b@b.example", "bad", "d@b.example"])
    assert (told.taken, told.refused, told.silence) == (
        ("a@b.example", "b@b.example", "d@b.example"),
        ("bad",),
        "",
    )


@pytest.mark.parametrize(
    ("answer", "lasting"), [(Answer(403, "{}"), True), (Answer(503, "{}"), False), (HANGUP, False)]
)
def test_a_provider_that_does_not_take_them_is_told_again_or_a_person_is(
    script: ScriptedServer, answer: Answer, lasting: bool
) -> None:
    script.then(answer)
    told = SendGridStopLists(KEY, script.url).tell(["a@b.example"])
    assert (told.taken, told.refused, bool(told.silence), told.lasting) == ((), (), True, lasting)

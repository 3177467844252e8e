"""What only the SendGrid adapter has to do: fill requests, find the bad mail, and tell apart what is sure."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.adapters.sendgrid.payload import body, headers
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import UsageError
from closeloop.domain.invitations import CalendarPart, Method
from closeloop.domain.messages import RenderedMail
from closeloop.domain.stage import Stage
from closeloop.domain.threads import ThreadHeaders
from tests.contract.mail_providers import (
    BUSY,
    OK,
    arrived_at,
    digest,
    mailer_at,
    outgoing,
    sandbox_mailer,
)
from tests.sandbox.conftest import Sandbox
from tests.scripted_server import HANGUP, Answer, ScriptedServer, closed_port, scripted_server
from tests.unit.domain.people import NOW, playbook

ACCEPTED, REJECTED, PLANNED, UNCERTAIN = (
    ActionState.ACCEPTED,
    ActionState.REJECTED,
    ActionState.PLANNED,
    ActionState.UNCERTAIN,
)


def test_each_mailbox_writes_under_its_own_address_within_one_request(sandbox: Sandbox) -> None:
    """`from` may differ in a request as long as the domain is the same."""
    domain = playbook().sender.email.partition("@")[2]
    mails = [
        outgoing(n).model_copy(update={"sender_email": f"box{n}@{domain}", "sender_name": f"Box {n}"})
        for n in (1, 2)
    ]
    mailer = sandbox_mailer(sandbox)
    assert {found.state for found in mailer.send(mails)} == {ACCEPTED}
    assert mailer.requests == 1
    written = body(mails, playbook().sender)["personalizations"]
    assert [one["from"]["email"] for one in written] == [f"box1@{domain}", f"box2@{domain}"]
    assert "from" not in body([outgoing(3)], playbook().sender)["personalizations"][0]


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    with scripted_server() as served:
        yield served


def test_a_thousand_different_mails_are_one_request(sandbox: Sandbox) -> None:
    mails = [outgoing(n) for n in range(1_000)]
    mailer = sandbox_mailer(sandbox)
    assert {outcome.state for outcome in mailer.send(mails)} == {ACCEPTED}
    assert (mailer.requests, len(sandbox.journal("sendgrid"))) == (1, 1)
    assert arrived_at(sandbox) == {m.action_key: (m.to, m.mail.subject, digest(m.mail.text)) for m in mails}


def test_one_more_is_another_request(sandbox: Sandbox) -> None:
    mailer = sandbox_mailer(sandbox)
    assert len(mailer.send([outgoing(n) for n in range(1_001)])) == 1_001
    assert mailer.requests == 2


def test_one_bad_address_among_hundreds_costs_one_mail(sandbox: Sandbox) -> None:
    mails = [outgoing(n) for n in range(300)]
    mails[137] = outgoing(137, to="not an address")
    mailer = sandbox_mailer(sandbox)
    states = {outcome.action_key: outcome.state for outcome in mailer.send(mails)}
    refused = [key for key, state in states.items() if state is not ACCEPTED]
    assert refused == [mails[137].action_key]
    assert states[mails[137].action_key] is REJECTED
    assert len(arrived_at(sandbox)) == 299
    assert mailer.requests < 20


def test_the_provider_s_words_reach_the_outcome(sandbox: Sandbox) -> None:
    (outcome,) = sandbox_mailer(sandbox).send([outgoing(to="not an address")])
    assert "valid address" in outcome.detail


def test_two_mails_to_one_person_never_share_a_request(sandbox: Sandbox) -> None:
    twins = [outgoing(1), outgoing(2, to="M1@North.Example"), outgoing(3)]
    mailer = sandbox_mailer(sandbox)
    assert {outcome.state for outcome in mailer.send(twins)} == {ACCEPTED}
    assert mailer.requests == 2
    assert len(arrived_at(sandbox)) == 3


def test_a_mail_too_large_to_share_a_request_has_one_of_its_own_and_arrives_whole(sandbox: Sandbox) -> None:
    text = "ü" * 4_000
    long = outgoing(2, mail=RenderedMail(subject="Long", text=text, html=text))
    mailer = sandbox_mailer(sandbox)
    assert {outcome.state for outcome in mailer.send([outgoing(1), long, outgoing(3)])} == {ACCEPTED}
    assert mailer.requests == 2
    assert arrived_at(sandbox)[long.action_key] == (long.to, "Long", digest(text))
    assert len(arrived_at(sandbox)) == 3


def test_an_invitation_goes_alone_with_its_calendar_file(sandbox: Sandbox) -> None:
    part = CalendarPart(method=Method.REQUEST, text="BEGIN:VCALENDAR\r\nSUMMARY:Prüfung\r\nEND:VCALENDAR\r\n")
    invited = outgoing(2, calendar=part)
    mailer = sandbox_mailer(sandbox)
    assert {outcome.state for outcome in mailer.send([outgoing(1), invited, outgoing(3)])} == {ACCEPTED}
    assert mailer.requests == 2
    (file,) = body([invited], playbook().sender)["attachments"]
    assert (file["filename"], file["type"]) == ("invite.ics", "text/calendar")
    assert b64decode(file["content"]).decode() == part.text
    assert "attachments" not in body([outgoing(1), outgoing(3)], playbook().sender)


def test_a_mail_larger_than_any_program_shows_is_refused_before_the_request(sandbox: Sandbox) -> None:
    endless = outgoing(2, mail=RenderedMail(subject="Long", text="ü" * 40_000, html="ü" * 10_000))
    by_key = {outcome.action_key: outcome for outcome in sandbox_mailer(sandbox).send([outgoing(1), endless])}
    assert by_key[endless.action_key].state is REJECTED
    assert "shorten the template" in by_key[endless.action_key].detail
    assert list(arrived_at(sandbox)) == [outgoing(1).action_key]


def test_a_mail_below_the_limit_goes_whole(sandbox: Sandbox) -> None:
    text = "ü" * 2_300
    (outcome,) = sandbox_mailer(sandbox).send([outgoing(mail=RenderedMail(subject="L", text=text, html=text))])
    assert outcome.state is ACCEPTED
    assert next(iter(arrived_at(sandbox).values()))[2] == digest(text)


def test_too_many_requests_waits_as_long_as_the_provider_says(script: ScriptedServer) -> None:
    reset = int(NOW.timestamp()) + 42
    script.then(Answer(429, headers={"X-RateLimit-Reset": str(reset)}), BUSY)
    (told,) = mailer_at(script.url).send([outgoing()])
    (untold,) = mailer_at(script.url).send([outgoing()])
    assert (told.state, told.retry_after) == (PLANNED, timedelta(seconds=42))
    assert (untold.state, untold.retry_after) == (PLANNED, timedelta(minutes=5))


def test_a_refused_connection_has_surely_sent_nothing() -> None:
    (outcome,) = mailer_at(f"http://127.0.0.1:{closed_port()}").send([outgoing()])
    assert outcome.state is PLANNED


@pytest.mark.parametrize(
    "answer",
    [
        HANGUP,
        Answer(500),
        Answer(502, "<html>bad gateway</html>"),
        Answer(503),
        Answer(200, "<html>please sign in to the proxy</html>"),
        Answer(202, headers={"Content-Length": "10", "Connection": "close"}),
    ],
    ids=["hangup", "500", "502", "503", "a proxy's page", "half an answer"],
)
def test_no_clear_answer_makes_every_mail_of_the_request_uncertain(script: ScriptedServer, answer: Answer) -> None:
    script.then(answer)
    outcomes = mailer_at(script.url).send([outgoing(1), outgoing(2)])
    assert [outcome.state for outcome in outcomes] == [UNCERTAIN, UNCERTAIN]
    assert len(script.bodies) == 1, "an uncertain request is never made again"


@pytest.mark.parametrize("status", [401, 403, 404, 405, 415])
def test_what_is_wrong_with_our_settings_rejects_nobody(script: ScriptedServer, status: int) -> None:
    script.then(Answer(status, "<html>no</html>"))
    outcomes = mailer_at(script.url).send([outgoing(1), outgoing(2)])
    assert [outcome.state for outcome in outcomes] == [PLANNED, PLANNED]
    assert "check the API key and the host" in outcomes[0].detail


def test_a_thousand_mails_of_all_stages_are_one_request(script: ScriptedServer) -> None:
    script.then(OK)
    mails = [outgoing(number, stage=list(Stage)[number % 7].value) for number in range(1, 1001)]
    assert {outcome.state for outcome in mailer_at(script.url).send(mails)} == {ACCEPTED}
    (posted,) = script.bodies
    told = [one["custom_args"]["stage"] for one in json.loads(posted)["personalizations"]]
    assert told == [mail.stage for mail in mails]


def test_what_was_sent_before_a_broken_request_stays_sent(script: ScriptedServer) -> None:
    script.then(OK, HANGUP)
    outcomes = mailer_at(script.url).send([outgoing(1), outgoing(2, to=outgoing(1).to)])
    assert [outcome.state for outcome in outcomes] == [ACCEPTED, UNCERTAIN]


def test_a_mailer_without_a_key_says_so_before_anything_is_claimed() -> None:
    with pytest.raises(UsageError, match="CLOSELOOP_SENDGRID_API_KEY"):
        mailer_at("http://127.0.0.1:9", key="").ready()


NASTY = [
    'Zoë "the boss" <ceo@other.example>',
    "a\r\nBcc: everybody@other.example",
    "Semi; Colon, Comma",
    "\u202egnp.exe\u202c",
    "%text-0%",
    "{{name}} <%=1%> ${x}",
    "'); DROP TABLE leads; --",
    "𝔸" * 200,
    "\x00",
    " ",
]


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_name_reaches_one_person_with_their_own_mail(sandbox: Sandbox, name: str) -> None:
    (outcome,) = sandbox_mailer(sandbox).send([outgoing(to_name=name)])
    assert outcome.state is ACCEPTED
    ours = outgoing()
    assert arrived_at(sandbox) == {ours.action_key: (ours.to, ours.mail.subject, digest(ours.mail.text))}


@given(st.text())
def test_no_name_can_steer_the_address_it_stands_before(name: str) -> None:
    (block,) = body([outgoing(to_name=name)], playbook().sender)["personalizations"]
    (to,) = block["to"]
    assert to["email"] == "m1@north.example"
    assert not set('\r\n<>;,"\x00') & set(to.get("name", ""))


@given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=5))
def test_no_mail_can_hold_a_tag_of_its_request(texts: list[str]) -> None:
    mails = [
        outgoing(n, mail=RenderedMail(subject="S", text=text, html=text)) for n, text in enumerate([*texts, *texts])
    ]
    first, second = (body(mails, playbook().sender) for _ in range(2))
    tags = {part["value"] for part in first["content"]}
    assert tags.isdisjoint(part["value"] for part in second["content"])
    values = [value for block in first["personalizations"] for value in block["substitutions"].values()]
    assert not any(tag in value for tag in tags for value in values)


def test_a_tag_that_a_mail_holds_is_never_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    marks = iter(["aaaaaaaaaaaa", "bbbbbbbbbbbb"])
    monkeypatch.setattr("closeloop.adapters.sendgrid.payload.secrets.token_hex", lambda length: next(marks))
    guessed = outgoing(
        mail=RenderedMail(subject="S", text="%reply-aaaaaaaaaaaa%", html="<p>%text-aaaaaaaaaaaa%</p>")
    )
    request = body([outgoing(2), guessed], playbook().sender)
    assert [part["value"] for part in request["content"]] == ["%text-bbbbbbbbbbbb%", "%html-bbbbbbbbbbbb%"]


def test_a_mail_carries_our_key_and_the_ways_to_opt_out() -> None:
    url = "https://gateway.example/unsubscribe/token"
    mail = outgoing(unsubscribe_url=url, unsubscribe_address="unsubscribe+token@replies.tallyard.example")
    (block,) = json.loads(json.dumps(body([mail], playbook().sender)))["personalizations"]
    assert block["custom_args"]["action_key"] == mail.action_key
    by_mail = "<mailto:unsubscribe+token@replies.tallyard.example?subject=unsubscribe>"
    assert block["headers"]["List-Unsubscribe"] == f"<{url}>, {by_mail}"
    assert block["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_without_a_gateway_the_opt_out_is_by_mail_and_promises_no_click() -> None:
    mail = outgoing(unsubscribe_address="unsubscribe+token@replies.tallyard.example")
    assert list(headers(mail)) == ["List-Unsubscribe"]
    assert headers(outgoing()) == {}


def test_the_headers_of_a_conversation_reach_the_mail(sandbox: Sandbox) -> None:
    thread = ThreadHeaders(
        message_id="<2@x.example>", in_reply_to="<1@x.example>", references=("<0@x.example>", "<1@x.example>")
    )
    (outcome,) = sandbox_mailer(sandbox).send([outgoing(thread=thread)])
    assert outcome.state is ACCEPTED
    found = headers(outgoing(thread=thread))
    assert found == {
        "Message-ID": "<2@x.example>",
        "In-Reply-To": "<1@x.example>",
        "References": "<0@x.example> <1@x.example>",
    }


@given(st.text(), st.text())
def test_no_header_of_ours_can_hold_a_second_one(one: str, other: str) -> None:
    thread = ThreadHeaders(message_id=f"<{one}@x.example>", in_reply_to=other, references=(one, other))
    mail = outgoing(
        unsubscribe_url=f"https://x.example/{one}", unsubscribe_address=f"{other}@x.example", thread=thread
    )
    assert all(re.fullmatch(r"[ -~]+", value) for value in headers(mail).values())

"""What the tests hold sandbox/sendgrid to: mail send."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_http_client.exceptions import BadRequestsError, PayloadTooLargeError, UnauthorizedError
from sendgrid.helpers.mail import Content, CustomArg, Email, Mail, Personalization, To

from sandbox.sendgrid.rendering import render
from sandbox.sendgrid.validation import issues_of
from tests.sandbox.served import MailSandbox, mail_sandbox, mail_to

Change = Callable[[dict[str, Any]], object]


def journal(mail: MailSandbox) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = mail.get("/_control/journal?service=sendgrid").json()
    return listed


def test_the_unmodified_client_gets_202_and_one_message_id_of_22_characters(mail: MailSandbox) -> None:
    response = mail.client().send(mail_to("ann@one.example", "bob@two.example"))
    assert response.status_code == 202
    assert response.body == b""
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", response.headers["X-Message-Id"])


def test_the_mail_helper_classes_of_the_client_are_understood(mail: MailSandbox) -> None:
    built = Mail(from_email=Email("nora@seller.example", "Nora"), subject="Hello")
    person = Personalization()
    person.add_to(To("ann@one.example", "Ann"))
    person.add_custom_arg(CustomArg("action_key", "k1"))
    built.add_personalization(person)
    built.add_content(Content("text/plain", "Hi"))
    assert mail.client().send(built).status_code == 202
    assert journal(mail)[0]["summary"]["messages"][0]["custom_args"] == {"action_key": "k1"}


def test_a_thousand_people_in_one_request_are_journalled_one_by_one(mail: MailSandbox) -> None:
    mail.send(*(f"p{n}@c{n}.example" for n in range(1000)))
    (entry,) = journal(mail)
    messages = entry["summary"]["messages"]
    assert len({message["to"] for message in messages}) == 1000
    assert {message["message_id"] for message in messages} == {entry["summary"]["x_message_id"]}


def test_substitutions_fill_subject_content_and_reply_to_but_not_custom_args(mail: MailSandbox) -> None:
    block = {
        "to": [{"email": "ann@one.example"}],
        "substitutions": {"%name%": "Ann", "%token%": "abc", "%odd%": "%name%"},
        "custom_args": {"action_key": "%name%"},
    }
    text = [{"type": "text/plain", "value": "Dear %name%, %odd%"}]
    mail.send(
        personalizations=[block],
        subject="For %name%",
        content=text,
        reply_to={"email": "%token%@replies.example"},
    )
    (message,) = journal(mail)[0]["summary"]["messages"]
    assert message["subject"] == "For Ann"
    assert message["reply_to"] == "abc@replies.example"
    assert message["custom_args"] == {"action_key": "%name%"}
    assert "Dear Ann, %name%" in mail.get("/_inbox/mails/1").text


def test_a_wrong_key_is_refused_and_journalled(mail: MailSandbox) -> None:
    with pytest.raises(UnauthorizedError) as refused:
        mail.client("SG.wrong.key").send(mail_to("ann@one.example"))
    assert "authorization grant is invalid" in refused.value.body.decode()
    assert [entry["status"] for entry in journal(mail)] == [401]


def test_more_than_thirty_megabytes_get_the_html_of_a_proxy(mail: MailSandbox) -> None:
    too_much = mail_to("ann@one.example", content=[{"type": "text/plain", "value": "x" * (30 * 1024 * 1024)}])
    with pytest.raises(PayloadTooLargeError) as refused:
        mail.client().send(too_much)
    assert b"<html>" in refused.value.body


def test_a_form_is_no_json(mail: MailSandbox) -> None:
    answer = httpx.post(f"{mail.url}/v3/mail/send", data={"a": "b"}, headers=mail.key_header())
    assert answer.status_code == 415
    assert answer.json()["errors"][0]["message"] == "Content-Type should be application/json."


def test_sandbox_mode_checks_and_sends_nothing(mail: MailSandbox) -> None:
    answer = mail.post("/v3/mail/send", mail_to("a@b.example", mail_settings={"sandbox_mode": {"enable": True}}))
    assert answer.status_code == 200
    assert journal(mail)[0]["summary"]["messages"] == []
    assert mail.get("/_control/undelivered").json() == []


def test_every_answer_carries_the_rate_limit(mail: MailSandbox) -> None:
    for answer in (
        mail.send("a@b.example"),
        mail.get("/v3/scopes"),
        mail.get("/v3/nowhere"),
        mail.post("/v3/mail/send", {}),
    ):
        assert int(answer.headers["X-RateLimit-Remaining"]) < int(answer.headers["X-RateLimit-Limit"])
        assert answer.headers["X-RateLimit-Reset"].isdigit()


def test_the_same_seed_gives_the_same_message_ids() -> None:
    def ids(seed: int) -> list[str]:
        with mail_sandbox(seed) as served:
            return [served.send("a@b.example").headers["X-Message-Id"] for _ in range(3)]

    assert ids(1) == ids(1)
    assert len({*ids(1), *ids(2)}) == 6


def first(payload: dict[str, Any]) -> dict[str, Any]:
    block: dict[str, Any] = payload["personalizations"][0]
    return block


def put(**fields: Any) -> Change:
    return lambda payload: payload.update(fields)


def in_block(**fields: Any) -> Change:
    return lambda payload: first(payload).update(fields)


PEOPLE = [{"to": [{"email": f"p{n}@c.example"}]} for n in range(1001)]
CASES: list[tuple[str, Change, str, str]] = [
    ("no personalization", put(personalizations=[]), "personalizations", "at least one personalization"),
    (
        "1001 blocks",
        put(personalizations=PEOPLE),
        "personalizations",
        "You have provided 1001 personalizations",
    ),
    (
        "1001 people",
        in_block(to=[p["to"][0] for p in PEOPLE]),
        "personalizations",
        "limit of 1000 total recipients",
    ),
    ("no to", in_block(to=[]), "personalizations.0.to", "The to array is required"),
    ("bad address", in_block(to=[{"email": "nobody"}]), "personalizations.0.to.0.email", "valid address"),
    (
        "comma in name",
        in_block(to=[{"email": "a@b.example", "name": "A, B"}]),
        "personalizations.0.to.0.name",
        "','",
    ),
    (
        "twice in a block",
        in_block(to=[{"email": "a@b.example"}], cc=[{"email": "A@b.example"}]),
        "personalizations.0.cc",
        "first duplicate instance of [A@b.example]",
    ),
    (
        "bytes of substitutions",
        in_block(substitutions={"%t%": "é" * 5000}),
        "personalizations.0.substitutions",
        "limited to 10000 bytes",
    ),
    (
        "items of substitutions",
        in_block(substitutions={f"%{n}%": "" for n in range(151)}),
        "personalizations.0.substitutions",
        "150 items",
    ),
    (
        "a number as substitution",
        in_block(substitutions={"%n%": 1}),
        "personalizations.0.substitutions",
        "all strings",
    ),
    (
        "a number as argument",
        in_block(custom_args={"n": 1}),
        "personalizations.0.custom_args",
        "must be strings",
    ),
    ("no argument", put(custom_args={}), "custom_args", "cannot be empty"),
    (
        "long arguments",
        in_block(custom_args={"k": "x" * 10_000}),
        "personalizations.0.custom_args",
        "10,000 bytes",
    ),
    ("reserved header", put(headers={"Reply-To": "x"}), "headers.Reply-To", "one of the reserved keys"),
    ("header with a space", put(headers={"X A": "x"}), "headers.X A", "non-ASCII characters or empty spaces"),
    (
        "own sender's domain",
        in_block(**{"from": {"email": "a@other.example"}}),
        "personalizations.0.from.email",
        "domain",
    ),
    (
        "eleven categories",
        put(categories=[str(n) for n in range(11)]),
        "categories",
        "You provided 11 categories",
    ),
    ("category twice", put(categories=["a", "a"]), "categories", "unique"),
    ("no subject", lambda payload: payload.pop("subject"), "subject", "The subject is required"),
    ("empty subject", put(subject=""), "subject", "at least one character"),
    ("no content", put(content=[]), "content", "Unless a valid template_id is provided"),
    ("empty content", put(content=[{"type": "text/plain", "value": ""}]), "content.0.value", "one character"),
    (
        "html before text",
        put(content=[{"type": "text/html", "value": "x"}, {"type": "text/plain", "value": "x"}]),
        "content",
        "text/plain needs to be first",
    ),
    ("no sender", lambda payload: payload.pop("from"), "from", "The from object must be provided"),
    ("bad sender", put(**{"from": {"email": "x"}}), "from.email", "valid address"),
    ("bad reply-to", put(reply_to={"email": "x"}), "reply_to.email", "valid address"),
    ("send_at as text", put(send_at="soon"), "send_at", "Unix timestamp as an integer"),
    ("send_at too late", put(send_at=1767600000 + 73 * 3600), "send_at", "more than 72 hours"),
    ("unknown template", put(template_id="d-1"), "template_id", "d-1"),
    ("unknown group", put(asm={"group_id": 5}), "asm.group_id", "You provided 5"),
    ("not base64", put(attachments=[{"content": "%%", "filename": "a"}]), "attachments.0.content", "base64"),
    (
        "sandbox mode as text",
        put(mail_settings={"sandbox_mode": {"enable": "yes"}}),
        "mail_settings.sandbox_mode.enable",
        "should be a boolean",
    ),
]


@pytest.mark.parametrize(
    ("change", "field", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_broken_rule_is_named_with_its_field_and_the_documented_words(
    change: Change, field: str, words: str
) -> None:
    payload = mail_to("ann@one.example")
    change(payload)
    found = {(issue.field, words in issue.message) for issue in issues_of(payload, 1767600000)}
    assert (field, True) in found


def test_a_request_without_mistakes_has_no_issue() -> None:
    assert issues_of(mail_to("ann@one.example", send_at=1767600000 + 72 * 3600), 1767600000) == []


def test_all_mistakes_come_back_at_once_with_help(mail: MailSandbox) -> None:
    with pytest.raises(BadRequestsError) as refused:
        mail.client().send({**mail_to("nobody"), "subject": "", "content": []})
    found = json.loads(refused.value.body)["errors"]
    assert [error["field"] for error in found] == ["personalizations.0.to.0.email", "subject", "content"]
    assert found[0]["help"].endswith("errors.html#message.personalizations.to.email")
    entry = journal(mail)[0]
    assert entry["status"] == 400
    assert entry["summary"]["messages"] == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    *(
        "personalizations",
        "from",
        "reply_to",
        "reply_to_list",
        "subject",
        "content",
        "attachments",
        "categories",
    ),
    *(
        "headers",
        "custom_args",
        "send_at",
        "asm",
        "mail_settings",
        "tracking_settings",
        "template_id",
        "batch_id",
    ),
)
INNER = ["to", "cc", "bcc", "from", "subject", "headers", "substitutions", "custom_args", "send_at"]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FIELDS), st.sampled_from(INNER), JSON, JSON)
def test_whatever_json_comes_it_is_either_refused_with_issues_or_rendered(
    field: str, inner: str, value: Any, inner_value: Any
) -> None:
    payload = mail_to("ann@one.example")
    first(payload)[inner] = inner_value
    payload[field] = value
    if not issues_of(payload, 1767600000):
        assert render(payload, "x" * 22)[0].content.to == payload["personalizations"][0]["to"][0]["email"]

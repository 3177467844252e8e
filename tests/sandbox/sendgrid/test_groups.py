"""What the tests hold unsubscribe groups, lists by time and the bypass settings to: they really drop mail."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.mail_fixtures import address_of, addresses_of
from tests.sandbox.served import MailSandbox, Receiver

GHOST = address_of("ghost")


def new_group(mail: MailSandbox, name: str = "Product news") -> int:
    body = {"name": name, "description": "What is new", "is_default": False}
    answer = mail.client().client.asm.groups.post(request_body=body)
    assert answer.status_code == 201
    return int(json.loads(answer.body)["id"])


def reasons(receiver: Receiver) -> list[str]:
    return [event["reason"] for event in receiver.events if event["event"] == "dropped"]


def test_a_member_of_a_group_gets_no_mail_of_that_group_only(mail: MailSandbox, receiver: Receiver) -> None:
    news, other = new_group(mail), new_group(mail, "Events")
    members = mail.client().client.asm.groups._(str(news)).suppressions
    assert members.post(request_body={"recipient_emails": [GHOST]}).status_code == 201
    mail.send(GHOST, asm={"group_id": news})
    mail.send(GHOST, asm={"group_id": other})
    mail.send(GHOST)
    mail.advance(1)
    assert reasons(receiver) == ["Unsubscribed Address"]
    assert receiver.events[0]["asm_group_id"] == news
    assert [event["event"] for event in receiver.events].count("delivered") == 2
    assert members._(GHOST).delete().status_code == 204
    mail.send(GHOST, asm={"group_id": news})
    mail.advance(1)
    assert len(reasons(receiver)) == 1


def test_groups_and_their_members_can_be_read_changed_and_deleted(mail: MailSandbox) -> None:
    group = new_group(mail)
    groups = mail.client().client.asm.groups
    groups._(str(group)).suppressions.post(request_body={"recipient_emails": ["Ann@one.example", "b@two.example"]})
    assert json.loads(groups._(str(group)).get().body) == {
        "id": group,
        "name": "Product news",
        "description": "What is new",
        "is_default": False,
        "unsubscribes": 2,
    }
    assert json.loads(groups._(str(group)).suppressions.get().body) == ["Ann@one.example", "b@two.example"]
    found = groups._(str(group)).suppressions.search.post(request_body={"recipient_emails": ["ann@ONE.example"]})
    assert json.loads(found.body) == ["Ann@one.example"]
    patched = groups._(str(group)).patch(request_body={"name": "News", "is_default": True})
    assert (patched.status_code, json.loads(patched.body)["is_default"]) == (201, True)
    shown = json.loads(mail.client().client.asm.suppressions._("ann@one.example").get().body)["suppressions"]
    assert [(each["name"], each["suppressed"]) for each in shown] == [("News", True)]
    listed = json.loads(mail.client().client.asm.suppressions.get().body)
    assert {row["email"] for row in listed} == {"Ann@one.example", "b@two.example"}
    assert groups._(str(group)).delete().status_code == 204
    assert mail.get(f"/v3/asm/groups/{group}").status_code == 404
    assert json.loads(mail.client().client.asm.suppressions.get().body) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"description": "x"}, "name"),
        ({"name": "x" * 31, "description": "x"}, "name"),
        ({"name": "x"}, "description"),
        ({"name": "x", "description": "x" * 101}, "description"),
        ({"name": "x", "description": "x", "is_default": "yes"}, "is_default"),
    ],
)
def test_a_group_of_the_wrong_shape_is_refused(mail: MailSandbox, body: dict[str, Any], field: str) -> None:
    answer = mail.post("/v3/asm/groups", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_people_leave_by_the_link_of_the_group(mail: MailSandbox, receiver: Receiver) -> None:
    group, people = new_group(mail), addresses_of("one_click_leaver", 6)
    content = [{"type": "text/html", "value": "<p>Hello <%asm_group_unsubscribe_url%></p>"}]
    for _ in range(3):
        mail.send(*people, asm={"group_id": group}, content=content)
        mail.advance(24 * 4)
    left = {event["email"] for event in receiver.events if event["event"] == "group_unsubscribe"}
    assert left
    assert left <= set(mail.get(f"/v3/asm/groups/{group}/suppressions").json())
    assert "Unsubscribe From This List" in mail.get("/_inbox/mails/1").text


@pytest.mark.parametrize(
    ("setting", "lists", "expected"),
    [
        ("bypass_list_management", ["unsubscribes", "spam_reports"], []),
        ("bypass_unsubscribe_management", ["unsubscribes"], []),
        ("bypass_unsubscribe_management", ["spam_reports"], ["Spam Reporting Address"]),
        ("bypass_spam_management", ["spam_reports"], []),
        ("bypass_bounce_management", ["bounces"], []),
        ("bypass_bounce_management", ["invalid_emails"], ["Invalid"]),
    ],
)
def test_a_bypass_sends_to_whom_its_list_would_drop(
    mail: MailSandbox, receiver: Receiver, setting: str, lists: list[str], expected: list[str]
) -> None:
    from sandbox.sendgrid.suppression import suppress

    for name in lists:
        suppress(mail.world, name, GHOST)
    mail.send(GHOST, mail_settings={setting: {"enable": True}})
    mail.advance(1)
    assert reasons(receiver) == expected


def test_a_block_is_listed_and_suppresses_nothing(mail: MailSandbox, receiver: Receiver) -> None:
    mail.post("/_control/sendgrid", {"blocked": 1.0})
    mail.send(GHOST)
    mail.advance(1)
    (bounce,) = [event for event in receiver.events if event["event"] == "bounce"]
    assert (bounce["type"], bounce["status"]) == ("blocked", "4.7.1")
    assert json.loads(mail.client().client.suppression.blocks.get().body)[0]["email"] == GHOST
    mail.post("/_control/sendgrid", {"blocked": 0})
    mail.send(GHOST)
    mail.advance(1)
    assert receiver.events[-1]["event"] == "delivered"
    assert mail.client().client.suppression.blocks._(GHOST).delete().status_code == 204


def test_a_deferred_mail_is_tried_again_and_arrives(mail: MailSandbox, receiver: Receiver) -> None:
    mail.post("/_control/sendgrid", {"deferred": 1.0})
    mail.send(*addresses_of("ghost", 10))
    mail.advance(3)
    attempts = [event["attempt"] for event in receiver.events if event["event"] == "deferred"]
    assert set(attempts) == {"0", "1", "2"}
    assert [event["event"] for event in receiver.events].count("delivered") == 10


def test_a_list_is_read_by_time_and_page_in_whole_seconds(mail: MailSandbox) -> None:
    for number in range(3):
        mail.post("/v3/asm/suppressions/global", {"recipient_emails": [f"p{number}@c.example"]})
        mail.advance(1)
    lists = mail.client().client.suppression.unsubscribes

    def emails(**query: int) -> list[str]:
        return [row["email"] for row in json.loads(lists.get(query_params=query).body)]

    assert emails(start_time=1767603600, end_time=1767603600) == ["p1@c.example"]
    assert emails(start_time=1767603600) == ["p2@c.example", "p1@c.example"]
    assert emails(limit=1, offset=1) == ["p1@c.example"]
    assert mail.get("/v3/suppression/unsubscribes?limit=501").json()["errors"][0]["field"] == "limit"
    assert mail.get("/v3/suppression/unsubscribes?start_time=soon").status_code == 400
    assert mail.get("/v3/suppression/wishes").status_code == 404

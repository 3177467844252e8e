"""Buyers' calendars answer invitations, as calendar programs do; a person's story goes on as if none had come."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from icalendar import Calendar

from tests.sandbox.mail_fixtures import address_of
from tests.sandbox.served import MailSandbox, Receiver


def invitation(method: str = "REQUEST") -> list[dict[str, str]]:
    text = (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:a-meeting-of-o\r\n"
        " urs@seller.example\r\nSEQUENCE:1\r\nDTSTART:20260109T090000Z\r\nDTEND:20260109T093000Z\r\n"
        "ORGANIZER;CN=Maren:mailto:r-token@replies.seller.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    content = b64encode(text.encode()).decode()
    return [{"content": content, "filename": "invite.ics", "type": "text/calendar"}]


def answers(mail: MailSandbox, receiver: Receiver, people: int) -> list[Any]:
    """The calendar files that came back, one for each who got an invitation."""
    for number in range(people):
        mail.send(f"guest{number}@company{number}.example", stage="presentation", attachments=invitation())
    mail.advance(24 * 7)
    return [Calendar.from_ical(form["attachment1"]) for form in receiver.replies if "attachment1" in form]


def test_every_invitation_is_answered_to_its_organiser_in_one_of_four_ways(
    mail: MailSandbox, receiver: Receiver
) -> None:
    found = answers(mail, receiver, 40)
    said = [(str(one["method"]), one.walk("VEVENT")[0]) for one in found]
    assert {str(event["uid"]) for _, event in said} == {"a-meeting-of-ours@seller.example"}
    assert {int(event["sequence"]) for _, event in said} == {1}
    statuses = [event["attendee"].params["PARTSTAT"] for method, event in said if method == "REPLY"]
    assert statuses.count("ACCEPTED") > 20
    assert {"DECLINED", "TENTATIVE"} & set(statuses)
    moved = [event for method, event in said if method == "COUNTER"]
    assert all(event["dtstart"].dt.day >= 11 for event in moved)


def test_a_meeting_that_is_called_off_is_answered_by_nobody(mail: MailSandbox, receiver: Receiver) -> None:
    mail.send("guest@company.example", stage="presentation", attachments=invitation("CANCEL"))
    mail.advance(24 * 7)
    assert receiver.replies == []


def test_an_invitation_is_no_beat_of_a_persons_story(mail: MailSandbox) -> None:
    email = address_of("champion")
    stories = []
    for invites in (False, True):
        mail.send(email, stage="approach")
        mail.advance(120)
        if invites:
            mail.send(email, stage="presentation", attachments=invitation())
            mail.advance(24)
        stories.append([act["label"] for act in mail.acts() if act["email"] == email and act["act"] == "reply"])
    assert stories[1][: len(stories[0])] == stories[0]

"""What a buyer's calendar answers to an invitation, as calendar programs do: by mail to the organiser (iTIP).

Drawn by names of its own: an invitation is nothing in a person's story, so nothing here changes what they write or
when. A cancellation is taken out of the calendar and answered by nobody.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from sandbox import agenda
from sandbox.buyers.chance import Chance
from sandbox.buyers.models import Plan, Standing, add_act, add_plan
from sandbox.buyers.people import Person
from sandbox.buyers.personas import Outcome
from sandbox.buyers.timing import replies_at
from sandbox.sendgrid import conversations, inbound
from sandbox.sendgrid.models import Mail
from sandbox.world import World

DEED = "calendar"
ANSWERS = (("ACCEPTED", 80.0), ("TENTATIVE", 7.0), ("DECLINED", 5.0), ("COUNTER", 8.0))
SUBJECTS = {"ACCEPTED": "Accepted", "TENTATIVE": "Tentative", "DECLINED": "Declined", "COUNTER": "New time"}
LATER = timedelta(days=2)
STAMP = "%Y%m%dT%H%M%SZ"


def invitation_in(mail: Mail) -> dict[str, str] | None:
    """The properties of an invitation's event, by name; None for a mail that has none."""
    for file in mail.content.attachments:
        if file["type"].startswith("text/calendar"):
            lines = re.sub(r"\r?\n[ \t]", "", file.get("text", "")).splitlines()
            found = {line.partition(":")[0].partition(";")[0].upper(): line.partition(":")[2] for line in lines}
            return found if found.get("METHOD") == "REQUEST" else None
    return None


def has_part(mail: Mail) -> bool:
    """Whether a calendar file came with it, of whatever kind."""
    return any(file["type"].startswith("text/calendar") for file in mail.content.attachments)


def plan(world: World, chance: Chance, person: Person, mail: Mail, nth: int) -> None:
    """The calendar will answer at the hours at which the person works."""
    if invitation_in(mail) is None:
        return
    answer = chance.weighted(ANSWERS, "calendar", nth)
    now = agenda.now(world)
    at = replies_at(chance, now, now, person.utc_offset, "calendar", nth)
    add_plan(world, mail.address, mail.id, DEED, Outcome(DEED, tone=answer), at)


def answer(world: World, chance: Chance, person: Person, standing: Standing, mail: Mail, what: Plan) -> None:
    """The answer goes to the organiser, with the person's calendar file."""
    asked = invitation_in(mail)
    if asked is None:
        return
    said, now = what.outcome.tone, agenda.moment(agenda.now(world)).astimezone(UTC)
    token = chance.token(24, "calendar", asked["UID"], asked.get("SEQUENCE", "0"))
    message_id = f"<{token}@{_domain(person)}>"
    subject = f"{SUBJECTS[said]}: {asked.get('SUMMARY', '')}".replace("\\", "")
    headers = {
        "From": f"{person.name} <{person.email}>",
        "To": asked["ORGANIZER"].partition(":")[2] or asked["ORGANIZER"].removeprefix("mailto:"),
        "Subject": subject if subject.isascii() else SUBJECTS[said],
        "Date": format_datetime(now),
        "Message-ID": message_id,
        "In-Reply-To": mail.content.message_id,
    }
    inbound.put(world, mail.id, DEED, _form(headers, person, subject, _text(asked, person, said, now)))
    conversations.received(world, message_id, mail)
    add_act(world, standing, mail, DEED, what.outcome, reply_id=message_id)


def _form(headers: dict[str, str], person: Person, subject: str, calendar: str) -> dict[str, Any]:
    """The mail as the Inbound Parse webhook tells of it: without words, the calendar file attached."""
    file = {
        "filename": "invite.ics",
        "type": "text/calendar",
        "content": base64.b64encode(calendar.encode()).decode(),
        "content_id": "",
    }
    return {
        "headers": "".join(f"{name}: {value}\n" for name, value in headers.items()),
        "to": headers["To"],
        "from": headers["From"],
        "sender_ip": "192.0.2.25",
        "subject": subject,
        "text": "",
        "envelope": json.dumps({"to": [headers["To"]], "from": person.email}),
        "dkim": f"{{@{_domain(person)} : pass}}",
        "SPF": "pass",
        "charsets": json.dumps(dict.fromkeys(("to", "from", "subject", "text"), "UTF-8")),
        "files": [file],
    }


def _domain(person: Person) -> str:
    return person.email.rpartition("@")[2]


def _text(asked: dict[str, str], person: Person, said: str, now: datetime) -> str:
    start, end = asked["DTSTART"], asked.get("DTEND", asked["DTSTART"])
    method, status = ("COUNTER", "TENTATIVE") if said == "COUNTER" else ("REPLY", said)
    if method == "COUNTER":
        start, end = _later(start), _later(end)
    lines = (
        "BEGIN:VCALENDAR",
        "PRODID:-//Sandbox//Buyers//EN",
        "VERSION:2.0",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{asked['UID']}",
        f"SEQUENCE:{asked.get('SEQUENCE', '0')}",
        f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start}",
        f"DTEND:{end}",
        f"SUMMARY:{asked.get('SUMMARY', '')}",
        f"ORGANIZER:{asked['ORGANIZER']}",
        f"ATTENDEE;PARTSTAT={status}:mailto:{person.email}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{line}\r\n" for line in lines)


def _later(stamp: str) -> str:
    """Two days on, or the Monday after them."""
    moved = datetime.strptime(stamp, STAMP).replace(tzinfo=UTC) + LATER
    while moved.weekday() >= 5:
        moved += timedelta(days=1)
    return moved.strftime(STAMP)

"""The events SendGrid reports about a mail, in the shapes of its Event Webhook, waiting in the outbox.

Every event is written once, with the sandbox's time of the moment it happened, and stays until a webhook
took it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass

from sandbox import agenda
from sandbox.sendgrid.models import Mail
from sandbox.world import World

GROUP_URL = "https://u.sendgrid-sandbox.example/asm/"
RECIPIENT_IP = "192.0.2.44"
SENDING_IP = "198.51.100.7"
# The event's own fields: a custom argument of such a name never reaches the webhook.
RESERVED = frozenset(
    "asm_group_id attempt bounce_classification category cert_err date domain email event from ip message pool"
    " reason response send_at sg_content_type sg_event_id sg_machine_open sg_message_id smtp-id status timestamp"
    " tls type url url_offset useragent".split()
)


@dataclass(frozen=True)
class Visitor:
    """Who fetched a picture or followed a link, as a web server sees it."""

    ip: str
    useragent: str


PERSON = Visitor(RECIPIENT_IP, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0")


def processed(world: World, mail: Mail) -> None:
    """SendGrid took the mail and will deliver it."""
    later = {"send_at": mail.leaves_at} if mail.leaves_at > mail.accepted_at else {}
    record(world, mail, "processed", {"smtp-id": mail.content.smtp_id, **later})


def dropped(world: World, mail: Mail, reason: str) -> None:
    """SendGrid accepted the mail and will not deliver it, because of an earlier signal from the address."""
    record(world, mail, "dropped", {"smtp-id": mail.content.smtp_id, "reason": reason, "status": "5.0.0"})


def delivered(world: World, mail: Mail) -> None:
    """The recipient's server took the mail."""
    response = f"250 2.0.0 OK {agenda.now(world)} sandbox - gsmtp"
    smtp_id = mail.content.smtp_id
    record(world, mail, "delivered", {"smtp-id": smtp_id, "ip": SENDING_IP, "response": response, "tls": 1})


def bounced(world: World, mail: Mail, reason: str) -> None:
    """The recipient's server refused the mail for good."""
    details = _refused(mail, reason, "5.1.1", "bounce", "Invalid Address")
    record(world, mail, "bounce", details)


def blocked(world: World, mail: Mail, reason: str) -> None:
    """The recipient's server refused the mail, but not for good: nothing is suppressed."""
    details = _refused(mail, reason, "4.7.1", "blocked", "Reputation")
    record(world, mail, "bounce", details, name="blocked")


def _refused(mail: Mail, reason: str, status: str, kind: str, classification: str) -> dict[str, object]:
    return {
        "smtp-id": mail.content.smtp_id,
        "reason": reason,
        "status": status,
        "type": kind,
        "bounce_classification": classification,
        "ip": SENDING_IP,
        "tls": 1,
    }


def deferred(world: World, mail: Mail, attempt: int) -> None:
    """The recipient's server asked to come back later. Attempts count from zero, as a string."""
    details: dict[str, object] = {
        "smtp-id": mail.content.smtp_id,
        "response": "421 4.7.0 Try again later",
        "attempt": str(attempt),
        "domain": mail.address.rpartition("@")[2],
        "from": mail.content.sender,
        "ip": SENDING_IP,
        "tls": 1,
    }
    record(world, mail, "deferred", details)


def cancelled(world: World, mail: Mail, reason: str) -> None:
    """A scheduled mail was discarded: the webhook calls it dropped, the Logs API cancel_drop."""
    details: dict[str, object] = {"smtp-id": mail.content.smtp_id, "reason": reason}
    record(world, mail, "dropped", details, name="cancel_drop")


def opened(world: World, mail: Mail, visitor: Visitor = PERSON, *, machine: bool = False) -> str:
    """The pixel at the end of the HTML was fetched. Returns the id of the event."""
    details: dict[str, object] = {
        "ip": visitor.ip,
        "useragent": visitor.useragent,
        "sg_machine_open": machine,
        "sg_content_type": "html",
    }
    return record(world, mail, "open", details)


def clicked(world: World, mail: Mail, index: int, visitor: Visitor = PERSON) -> str:
    """The rewritten link of this index was followed. Returns the id of the event."""
    details: dict[str, object] = {
        "ip": visitor.ip,
        "useragent": visitor.useragent,
        "url": mail.content.tracked_links[index],
        "url_offset": {"index": index, "type": "html"},
        "sg_content_type": "html",
    }
    return record(world, mail, "click", details)


def spam_reported(world: World, mail: Mail) -> None:
    """The recipient pressed "this is spam"."""
    record(world, mail, "spamreport", {"smtp-id": mail.content.smtp_id})


def unsubscribed(world: World, mail: Mail) -> None:
    """The recipient used SendGrid's own unsubscribe link."""
    date = f"{agenda.moment(agenda.now(world)):%Y-%m-%d}"
    record(world, mail, "unsubscribe", {"ip": PERSON.ip, "useragent": PERSON.useragent, "date": date})


def group_unsubscribed(world: World, mail: Mail) -> None:
    """The recipient left the unsubscribe group of the mail."""
    record(world, mail, "group_unsubscribe", {"ip": PERSON.ip, "useragent": PERSON.useragent, "url": GROUP_URL})


def record(world: World, mail: Mail, event: str, details: dict[str, object], *, name: str = "") -> str:
    """Put one event into the outbox, with the mail's custom_args at its top level; reserved names win.

    `name` is what the sandbox calls it where that says more than the webhook's word. Returns the event's id.
    """
    content = mail.content
    sg_event_id = _event_id(world, mail, event, details)
    body: dict[str, object] = {
        **{name: value for name, value in content.custom_args.items() if name not in RESERVED},
        "email": content.to,
        "timestamp": agenda.now(world),
        "event": event,
        "sg_event_id": sg_event_id,
        "sg_message_id": content.msg_id,
        **details,
    }
    if content.categories:
        body["category"] = content.categories
    if content.asm_group_id:
        body["asm_group_id"] = content.asm_group_id
    world.db.execute(
        "INSERT INTO sendgrid_outbox (at, target, name, mail_id, url, body) VALUES (?, 'event', ?, ?, '', ?)",
        (agenda.now(world), name or event, mail.id, json.dumps(body, ensure_ascii=False)),
    )
    return sg_event_id


def _event_id(world: World, mail: Mail, event: str, details: dict[str, object]) -> str:
    name = f"{world.seed}|{event}|{mail.content.x_message_id}|{mail.content.index}|{agenda.now(world)}"
    if "useragent" in details:
        # A scanner follows all links within one second: each is an event of its own.
        name += f"|{details['useragent']}|{details.get('url_offset')}"
    return base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()[:16]).decode().rstrip("=")

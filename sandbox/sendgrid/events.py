"""The events SendGrid reports about a mail, in the shapes of its Event Webhook, waiting in the outbox.

Every event is written once, with the sandbox's time of the moment it happened, and stays until a webhook
took it.
"""

from __future__ import annotations

import base64
import hashlib
import json

from sandbox import agenda
from sandbox.sendgrid.models import Mail
from sandbox.world import World

USER_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
RECIPIENT_IP = "192.0.2.44"
SENDING_IP = "198.51.100.7"


def processed(world: World, mail: Mail) -> None:
    """SendGrid took the mail and will deliver it."""
    record(world, mail, "processed", {"smtp-id": mail.content.smtp_id})


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
    details: dict[str, object] = {
        "smtp-id": mail.content.smtp_id,
        "reason": reason,
        "status": "5.1.1",
        "type": "bounce",
        "bounce_classification": "Invalid Address",
        "ip": SENDING_IP,
        "tls": 1,
    }
    record(world, mail, "bounce", details)


def opened(world: World, mail: Mail) -> None:
    """The pixel at the end of the HTML was fetched."""
    details: dict[str, object] = {
        "ip": RECIPIENT_IP,
        "useragent": USER_AGENT,
        "sg_machine_open": False,
        "sg_content_type": "html",
    }
    record(world, mail, "open", details)


def clicked(world: World, mail: Mail, url: str) -> None:
    """A rewritten link was followed."""
    index = mail.content.tracked_links.index(url)
    details: dict[str, object] = {
        "ip": RECIPIENT_IP,
        "useragent": USER_AGENT,
        "url": url,
        "url_offset": {"index": index, "type": "html"},
        "sg_content_type": "html",
    }
    record(world, mail, "click", details)


def spam_reported(world: World, mail: Mail) -> None:
    """The recipient pressed "this is spam"."""
    record(world, mail, "spamreport", {"smtp-id": mail.content.smtp_id})


def unsubscribed(world: World, mail: Mail) -> None:
    """The recipient used SendGrid's own unsubscribe link."""
    record(world, mail, "unsubscribe", {"ip": RECIPIENT_IP, "useragent": USER_AGENT})


def record(world: World, mail: Mail, event: str, details: dict[str, object]) -> None:
    """Put one event into the outbox, with the mail's custom_args at its top level; reserved names win."""
    content = mail.content
    body: dict[str, object] = {
        **content.custom_args,
        "email": content.to,
        "timestamp": agenda.now(world),
        "event": event,
        "sg_event_id": _event_id(world, mail, event),
        "sg_message_id": f"{content.x_message_id}.recvd-sandbox-{content.index}.0",
        **details,
    }
    if content.categories:
        body["category"] = content.categories
    world.db.execute(
        "INSERT INTO sendgrid_outbox (at, target, name, mail_id, url, body) VALUES (?, 'event', ?, ?, '', ?)",
        (agenda.now(world), event, mail.id, json.dumps(body, ensure_ascii=False)),
    )


def _event_id(world: World, mail: Mail, event: str) -> str:
    name = f"{world.seed}|{event}|{mail.content.x_message_id}|{mail.content.index}|{agenda.now(world)}"
    return base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()[:16]).decode().rstrip("=")

"""The body of a send: plain dicts, one personalization per mail, its own text in through substitutions.

SendGrid allows 10,000 bytes of substitutions per personalization. The tags are made anew for each request, so
that no mail can hold one by accident.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from closeloop.application.ports import OutgoingMail
from closeloop.domain.playbook import Sender

SUBSTITUTION_LIMIT = 9500
MAILS_PER_REQUEST = 1000
CUSTOM_ARG = "action_key"


def body(mails: Sequence[OutgoingMail], sender: Sender) -> dict[str, Any]:
    """One request for mails that share categories and whether they carry an opt-out link."""
    mark = secrets.token_hex(6)
    tags = {name: f"%{name}-{mark}%" for name in ("text", "html", "reply")}
    return {
        "from": {"email": sender.email, "name": _ascii_name(sender)},
        "reply_to": {"email": tags["reply"]},
        "personalizations": [_personalization(mail, tags) for mail in mails],
        "content": [
            {"type": "text/plain", "value": tags["text"]},
            {"type": "text/html", "value": tags["html"]},
        ],
        "categories": list(mails[0].categories),
        # Tracking rewrites what people approved; opens prove nothing.
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
        },
    }


def _ascii_name(sender: Sender) -> str:
    """SendGrid does not support other letters in the sender's name."""
    name = f"{sender.name} ({sender.company})"
    return name.encode("ascii", "ignore").decode()


def _personalization(mail: OutgoingMail, tags: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "to": [_address(mail)],
        "subject": mail.mail.subject,
        "custom_args": {CUSTOM_ARG: mail.action_key},
        "substitutions": {
            tags["text"]: mail.mail.text,
            tags["html"]: mail.mail.html,
            tags["reply"]: mail.reply_to,
        },
    }
    if mail.unsubscribe_url:
        found["headers"] = {
            "List-Unsubscribe": f"<{mail.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return found


def _address(mail: OutgoingMail) -> dict[str, str]:
    """A display name may hold neither `;` nor `,` nor control characters."""
    name = "".join(letter for letter in mail.to_name if letter.isprintable() and letter not in ';,<>"')
    return {"email": mail.to, "name": name[:100]} if name.strip() else {"email": mail.to}


def size(mail: OutgoingMail) -> int:
    """Bytes the mail takes of the substitution limit."""
    parts = (mail.mail.text, mail.mail.html, mail.reply_to)
    return sum(len(part.encode()) for part in parts) + 3 * len("%reply-0123456789ab%")

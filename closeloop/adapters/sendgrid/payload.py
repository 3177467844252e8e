"""The body of a send: plain dicts, one personalization per mail, its own text in through substitutions.

SendGrid allows 10,000 bytes of substitutions per personalization; a larger mail is the content of a request of its
own. The tags are made anew for each request, and no mail in it holds one.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from typing import Any

from closeloop.application.ports import HeldBatch, OutgoingMail
from closeloop.domain.invitations import CalendarPart, Method
from closeloop.domain.playbook import Sender

SUBSTITUTION_LIMIT = 9500
LARGEST = 90_000
"""Bytes of a mail; Gmail hides what comes after 102,000."""
MAILS_PER_REQUEST = 1000
CATEGORY = "closeloop"
STAGE = "stage"
CUSTOM_ARG = "action_key"
TRY = "try"
"""Beside the key, the attempt; SendGrid keeps the name `attempt` for itself."""


def body(mails: Sequence[OutgoingMail], sender: Sender, held: HeldBatch | None = None) -> dict[str, Any]:
    """One request for these mails; `held` lets them leave later, under a batch to call back."""
    tags = _tags(mails)
    text, html = (tags["text"], tags["html"]) if _fits(mails) else (mails[0].mail.text, mails[0].mail.html)
    part = mails[0].calendar
    later: dict[str, Any] = {"attachments": [_attached(part)]} if part else {}
    later |= {"send_at": int(held.leaves_at.timestamp()), "batch_id": held.id} if held else {}
    return later | {
        "from": {"email": sender.email, "name": _ascii_name(sender)},
        "reply_to": {"email": tags["reply"]},
        "personalizations": [_personalization(mail, tags, sender) for mail in mails],
        "content": [
            {"type": "text/plain", "value": text},
            {"type": "text/html", "value": html},
        ],
        "categories": [CATEGORY],
        # Tracking rewrites what people approved; opens prove nothing.
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
        },
    }


def _tags(mails: Sequence[OutgoingMail]) -> dict[str, str]:
    """Tags that no mail of the request holds, so that what is filled in is never filled in again."""
    while True:
        mark = secrets.token_hex(6)
        if not any(mark in part for mail in mails for part in (mail.mail.text, mail.mail.html, mail.mail.subject)):
            return {name: f"%{name}-{mark}%" for name in ("text", "html", "reply")}


def _attached(part: CalendarPart) -> dict[str, str]:
    """Attachments belong to a request, so such a mail is alone in its own; the type may hold no `;`, so that the
    method stands inside the object only, where calendars look for it."""
    return {
        "content": base64.b64encode(part.text.encode()).decode(),
        "filename": f"{part.method.lower()}.ics" if part.method is Method.CANCEL else "invite.ics",
        "type": "text/calendar",
        "disposition": "attachment",
    }


def _fits(mails: Sequence[OutgoingMail]) -> bool:
    """Whether the mails go in as substitutions; a larger one is the content itself, alone in its request."""
    return len(mails) > 1 or goes_with_others(mails[0])


def _ascii_name(sender: Sender, name: str | None = None) -> str:
    """SendGrid does not support other letters in the sender's name."""
    name = f"{name or sender.name} ({sender.company})"
    return name.encode("ascii", "ignore").decode()


def _personalization(mail: OutgoingMail, tags: dict[str, str], sender: Sender) -> dict[str, Any]:
    found: dict[str, Any] = {
        "to": [_address(mail)],
        "subject": mail.mail.subject,
        "custom_args": {CUSTOM_ARG: mail.action_key, TRY: str(mail.attempt), STAGE: mail.stage},
        "substitutions": _substitutions(mail, tags),
        "headers": headers(mail),
    }
    if mail.sender_email and mail.sender_email != sender.email:
        found["from"] = {"email": mail.sender_email, "name": _ascii_name(sender, mail.sender_name)}
    return {name: value for name, value in found.items() if value}


def _substitutions(mail: OutgoingMail, tags: dict[str, str]) -> dict[str, str]:
    whole = {tags["text"]: mail.mail.text, tags["html"]: mail.mail.html} if goes_with_others(mail) else {}
    return {**whole, tags["reply"]: mail.reply_to}


def headers(mail: OutgoingMail) -> dict[str, str]:
    """The ways to opt out (RFC 2369 and 8058) and the place in a conversation; each value is one line of ASCII."""
    ways = [f"<{mail.unsubscribe_url}>"] if mail.unsubscribe_url else []
    if mail.unsubscribe_address:
        ways.append(f"<mailto:{mail.unsubscribe_address}?subject=unsubscribe>")
    found = {
        "List-Unsubscribe": ", ".join(ways),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" if mail.unsubscribe_url else "",
    }
    if mail.thread is not None:
        found["Message-ID"] = mail.thread.message_id
        found["In-Reply-To"] = mail.thread.in_reply_to or ""
        found["References"] = " ".join(mail.thread.references)
    return {name: value for name, value in found.items() if value and value.isascii() and value.isprintable()}


def _address(mail: OutgoingMail) -> dict[str, str]:
    """A display name may hold neither `;` nor `,` nor control characters."""
    name = "".join(letter for letter in mail.to_name if letter.isprintable() and letter not in ';,<>"')
    return {"email": mail.to, "name": name[:100]} if name.strip() else {"email": mail.to}


def goes_with_others(mail: OutgoingMail) -> bool:
    """Whether it may share a request."""
    return mail.calendar is None and size(mail) <= SUBSTITUTION_LIMIT


def size(mail: OutgoingMail) -> int:
    """Bytes the mail takes of the substitution limit."""
    parts = (mail.mail.text, mail.mail.html, mail.reply_to)
    return sum(len(part.encode()) for part in parts) + 3 * len("%reply-0123456789ab%")

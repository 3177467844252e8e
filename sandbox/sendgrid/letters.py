"""A mail that somebody outside writes to us because the control plane says so: any words, headers and files.

It joins the conversation that its headers name, and is delivered like a buyer's reply. A mail that a server on the
way would refuse, because it is too large, is refused here with the same reason.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import json
from email.utils import format_datetime
from typing import Any

from sandbox.sendgrid import conversations, inbound
from sandbox.sendgrid.issues import is_address, strings_only
from sandbox.sendgrid.models import address_key, mail_of
from sandbox.world import World

TEXTS = {
    "from": "",
    "from_name": "",
    "to": "",
    "subject": "",
    "text": "",
    "html": "",
    "message_id": "",
    "in_reply_to": "",
    "references": "",
    "charset": "UTF-8",
    "spf": "pass",
    "dkim": "",
    "spam_score": "0.1",
}
FIELDS = {*TEXTS, "headers", "attachments"}
LINES = ("from", "from_name", "to", "subject", "message_id", "in_reply_to", "references")


class LetterError(ValueError):
    """The mail cannot be written; the text says what to send."""


def write(world: World, given: dict[str, Any]) -> dict[str, object]:
    """Write one inbound mail; where it was put. LetterError when something is wrong with it."""
    letter = _texts(given)
    headers, files = _headers(given.get("headers", {})), _files(given.get("attachments", []))
    number = world.db.execute("SELECT COALESCE(MAX(id), 0) + 1 AS n FROM sendgrid_outbox").fetchone()["n"]
    message_id = letter["message_id"] or f"<letter-{number}@{letter['from'].rpartition('@')[2]}>"
    form = _form(world, letter, headers, files, message_id)
    if len(inbound.as_mime(form)) > inbound.MAX_BYTES:
        raise LetterError("552 5.3.4 Message size exceeds fixed limit: with its attachments a mail may have 30 MB")
    mail_id = _mail_id(world, letter)
    inbound.put(world, mail_id, "letter", form)
    if mail_id:
        conversations.received(world, message_id, mail_of(world, mail_id))
    return {"message_id": message_id, "mail": mail_id or None}


def _texts(given: dict[str, Any]) -> dict[str, str]:
    for name in TEXTS:
        if not isinstance(given.get(name, ""), str):
            raise LetterError(f"{name} must be a text")
        if name in LINES and any(mark in given.get(name, "") for mark in "\r\n"):
            raise LetterError(f"{name} must be one line")
    letter = {name: str(given.get(name, default)) for name, default in TEXTS.items()}
    for name in ("from", "to"):
        if not is_address(letter[name]):
            raise LetterError(f'{name} must be an address, for example "ann@one.example"')
    try:
        if not isinstance("".encode(codecs.lookup(_python(letter["charset"])).name), bytes):
            raise LookupError
    except (LookupError, ValueError):
        raise LetterError(f"{letter['charset']!r} is no charset of mails; try UTF-8 or windows-1252") from None
    return letter


def _python(charset: str) -> str:
    return charset.lower().replace("windows-", "cp")


def _headers(given: object) -> dict[str, str]:
    if not strings_only(given) or not isinstance(given, dict):
        raise LetterError("headers must be an object of texts")
    for name, value in given.items():
        if not name or not name.isascii() or not name.isprintable() or set(name) & set(" :"):
            raise LetterError(f"{name!r} is no name of a header")
        if any(mark in value for mark in "\r\n"):
            raise LetterError(f"header {name} must be one line")
    return given


def _files(given: object) -> list[dict[str, str]]:
    if not isinstance(given, list):
        raise LetterError('attachments is a list of {"filename", "content" (base64), "type", "content_id"}')
    return [_file(each) for each in given]


def _file(given: object) -> dict[str, str]:
    if not isinstance(given, dict) or not strings_only(given) or not given.get("filename"):
        raise LetterError('an attachment is {"filename", "content" (base64), "type", "content_id"}, all texts')
    try:
        base64.b64decode(given.get("content", ""), validate=True)
    except (binascii.Error, ValueError):
        raise LetterError(f"the content of {given['filename']} is not base64") from None
    kind = given.get("type", "application/octet-stream")
    if not kind.isascii() or not kind.isprintable() or kind.count("/") != 1:
        raise LetterError(f"the type of {given['filename']} must be like image/png")
    found = {"filename": given["filename"], "type": kind, "content": given.get("content", "")}
    return {**found, "content_id": given["content_id"]} if given.get("content_id") else found


def _form(
    world: World, letter: dict[str, str], headers: dict[str, str], files: list[dict[str, str]], message_id: str
) -> dict[str, Any]:
    sender = f"{letter['from_name']} <{letter['from']}>" if letter["from_name"] else letter["from"]
    named = {
        "From": sender,
        "To": letter["to"],
        "Subject": letter["subject"],
        "Date": format_datetime(world.clock.now()),
        "Message-ID": message_id,
        "In-Reply-To": letter["in_reply_to"],
        "References": letter["references"],
        **headers,
    }
    domain = letter["from"].rpartition("@")[2]
    form: dict[str, Any] = {
        "headers": "".join(f"{name}: {value}\n" for name, value in named.items() if value),
        "dkim": letter["dkim"] or f"{{@{domain} : pass}}",
        "to": letter["to"],
        "from": sender,
        "sender_ip": "192.0.2.25",
        "subject": letter["subject"],
        "text": letter["text"],
        "envelope": json.dumps({"to": [letter["to"]], "from": letter["from"]}),
        "SPF": letter["spf"],
        "spam_score": letter["spam_score"],
        "charsets": json.dumps(
            {
                **dict.fromkeys(("to", "from", "subject"), "UTF-8"),
                "text": letter["charset"],
                "html": letter["charset"],
            }
        ),
        inbound.FILES: files,
    }
    return {**form, "html": letter["html"]} if letter["html"] else form


def _mail_id(world: World, letter: dict[str, str]) -> int:
    """The mail that this one answers: by its headers, else the last one to its sender, else none."""
    ids = conversations.ids_in(letter["in_reply_to"]) + conversations.ids_in(letter["references"])
    found = conversations.conversation_of(world, ids, address_key(letter["from"]))
    if found is not None:
        return found
    row = world.db.execute(
        "SELECT MAX(id) AS id FROM sendgrid_mails WHERE address = ?", (address_key(letter["from"]),)
    ).fetchone()
    return int(row["id"] or 0)

"""The documented rules of POST /v3/mail/send as a whole: all issues are found, not only the first."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from sandbox.sendgrid.issues import Issue, is_address, strings_only, typed
from sandbox.sendgrid.known import Known
from sandbox.sendgrid.options import account, settings
from sandbox.sendgrid.personalizations import custom_args, headers, personalizations, send_at, subject_text

FROM_REQUIRED = (
    "The from object must be provided for every email send. It is an object that requires the email "
    "parameter, "
    'but may also contain a name parameter.  e.g. {"email" : "example@example.com"}  or '
    '{"email" : "example@example.com", "name" : "Example Recipient"}.'
)
SUBJECT_REQUIRED = (
    "The subject is required. You can get around this requirement if you use a template with a subject "
    "defined "
    "or if every personalization has a subject defined."
)
CONTENT_REQUIRED = (
    "Unless a valid template_id is provided, the content parameter is required. There must be at least "
    "one defined "
    "content block. We typically suggest both text/plain and text/html blocks are included, but only one "
    "block is "
    "required."
)
CONTENT_ORDER = (
    "Following RFC 1341, section 7.2, if either text/html or text/plain are to be sent in your email: "
    "text/plain "
    "needs to be first, followed by text/html, followed by any other content."
)


def issues_of(payload: Any, now: int, known: Known | None = None) -> list[Issue]:
    """Everything that is wrong with a mail send request; an empty list means it is accepted."""
    if not isinstance(payload, dict):
        return [Issue("Bad Request")]
    found = [
        *personalizations(payload, now),
        *_sender(payload.get("from")),
        *_reply_to(payload),
        *_subject(payload),
        *_content(payload.get("content")),
        *_attachments(payload.get("attachments")),
        *_categories(payload.get("categories")),
        *headers(payload.get("headers"), "headers"),
        *custom_args(payload.get("custom_args"), "custom_args"),
        *send_at(payload.get("send_at"), "send_at", now),
        *account(payload, known or Known()),
        *settings(payload),
    ]
    return list(dict.fromkeys(found))


def _sender(sender: Any) -> Iterator[Issue]:
    if sender is None or (isinstance(sender, dict) and not sender.get("email")):
        yield Issue(FROM_REQUIRED, "from")
    elif not isinstance(sender, dict):
        yield Issue("Bad Request")
    elif not is_address(sender["email"]):
        yield Issue("The from email does not contain a valid address.", "from.email")
    elif not isinstance(sender.get("name") or "", str):
        yield Issue("Bad Request")


def _reply_to(payload: dict[str, Any]) -> Iterator[Issue]:
    single, several = payload.get("reply_to"), payload.get("reply_to_list")
    if single is not None and several is not None:
        yield Issue("The reply_to and reply_to_list parameters cannot be used together.", "reply_to_list")
    yield from typed(single, dict)
    yield from typed(several, list)
    listed = several if isinstance(several, list) else []
    for path, person in [
        ("reply_to", single),
        *((f"reply_to_list.{n}", item) for n, item in enumerate(listed)),
    ]:
        email = person.get("email") if isinstance(person, dict) else None
        if person is not None and not is_address(_filled(email, payload)):
            yield Issue("The reply_to email does not contain a valid address.", f"{path}.email")
    addresses = [str(item.get("email")) for item in listed if isinstance(item, dict)]
    if len(addresses) > 1000 or len(set(addresses)) < len(listed):
        yield Issue(
            "Each email address in the reply_to_list should be unique, and there may be 1000.",
            "reply_to_list",
        )


def _filled(email: Any, payload: dict[str, Any]) -> Any:
    """The address with the first personalization's tags filled in: a bare tag is no address yet."""
    blocks = payload.get("personalizations")
    first = blocks[0] if isinstance(blocks, list) and blocks else None
    tags = first.get("substitutions") if isinstance(first, dict) else None
    if not isinstance(email, str) or not strings_only(tags):
        return email
    for tag, value in (tags or {}).items():
        email = email.replace(tag, value)
    return email


def _subject(payload: dict[str, Any]) -> Iterator[Issue]:
    subject = payload.get("subject")
    if subject is not None:
        yield from subject_text(subject, "subject")
        return
    blocks = payload.get("personalizations")
    every = isinstance(blocks, list) and all(isinstance(b, dict) and b.get("subject") is not None for b in blocks)
    if not every or not blocks:
        yield Issue(SUBJECT_REQUIRED, "subject")


def _content(content: Any) -> Iterator[Issue]:
    if content is None or content == []:
        yield Issue(CONTENT_REQUIRED, "content")
        return
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        yield Issue("Bad Request")
        return
    types = [str(block.get("type") or "") for block in content]
    for index, block in enumerate(content):
        yield from _content_block(block, f"content.{index}")
    ranks = [{"text/plain": 0, "text/html": 1}.get(kind, 2) for kind in types]
    if ranks != sorted(ranks):
        yield Issue(CONTENT_ORDER, "content")


def _content_block(block: dict[str, Any], path: str) -> Iterator[Issue]:
    kind, value = block.get("type"), block.get("value")
    if not isinstance(kind, str) or not kind:
        yield Issue("The content type must be a string at least one character in length.", f"{path}.type")
    elif any(mark in kind for mark in ";\r\n"):
        yield Issue("The content type cannot contain ';', or CRLF characters.", f"{path}.type")
    if not isinstance(value, str) or not value:
        yield Issue("The content value must be a string at least one character in length.", f"{path}.value")


def _attachments(attachments: Any) -> Iterator[Issue]:
    yield from typed(attachments, list)
    for index, item in enumerate(attachments if isinstance(attachments, list) else []):
        path = f"attachments.{index}"
        if not isinstance(item, dict):
            yield Issue("Bad Request")
            continue
        if not _is_base64(item.get("content")):
            yield Issue("The attachment content must be base64 encoded.", f"{path}.content")
        if not isinstance(item.get("filename"), str) or not item["filename"]:
            yield Issue(
                "The attachment filename must be a string at least one character in length.",
                f"{path}.filename",
            )
        if item.get("disposition", "attachment") not in ("inline", "attachment"):
            yield Issue(
                'The disposition of an attachment can only be "inline" or "attachment".',
                f"{path}.disposition",
            )


def _is_base64(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return False


def _categories(categories: Any) -> Iterator[Issue]:
    if categories is None:
        return
    if not isinstance(categories, list) or not all(isinstance(name, str) for name in categories):
        yield Issue("The categories param must be an array of strings.", "categories")
        return
    if len(categories) > 10:
        text = (
            "There is a limit of 10 categories for each email that is sent. "
            f"You provided {len(categories)} categories."
        )
        yield Issue(text, "categories")
    if len(set(categories)) < len(categories):
        yield Issue("The categories array must have unique values.", "categories")
    for index, name in enumerate(categories):
        if len(name) > 255 or not name.isascii():
            yield Issue("Each category must be ASCII and at most 255 characters.", f"categories.{index}")

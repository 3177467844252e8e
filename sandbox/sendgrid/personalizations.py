"""The rules for each personalization of a mail send request, with `field` paths that carry its index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.sendgrid.issues import BAD_REQUEST, Issue, byte_size, is_address, strings_only, typed

LIMIT = 1000
BYTES = 10_000
SUBSTITUTION_ITEMS = 150
SCHEDULE_LIMIT = 72 * 3600
RESERVED = {
    "x-sg-id",
    "x-sg-eid",
    "received",
    "dkim-signature",
    "content-type",
    "content-transfer-encoding",
    "to",
    "from",
    "subject",
    "reply-to",
    "cc",
    "bcc",
}
TOO_MANY = (
    "The personalization block is limited to 1000 personalizations per API request. You have provided {n} "
    "personalizations. Please consider splitting this into multiple requests and resending your request."
)
TO_REQUIRED = (
    "The to array is required for all personalization objects, and must have at least one email object "
    "with a "
    "valid email address."
)
NOT_UNIQUE = (
    "Each email address in the personalization block should be unique between to, cc, and bcc. We found "
    "the first "
    "duplicate instance of [{email}] in the {path} field."
)
PAST = (
    "The send_at parameter is expecting a Unix timestamp as an integer. We will send immediately if you "
    "include a "
    "send_at timestamp that is in the past."
)


def personalizations(payload: dict[str, Any], now: int) -> Iterator[Issue]:
    """Every issue of the personalizations array."""
    blocks = payload.get("personalizations")
    if not isinstance(blocks, list) or not blocks:
        text = "The personalizations field is required and must have at least one personalization."
        yield Issue(text, "personalizations")
        return
    if len(blocks) > LIMIT:
        yield Issue(TOO_MANY.format(n=len(blocks)), "personalizations")
    if sum(len(_people(block)) for block in blocks) > LIMIT:
        text = "There is a limit of 1000 total recipients (to + cc + bcc) per request."
        yield Issue(text, "personalizations")
    for index, block in enumerate(blocks):
        yield from _block(block, f"personalizations.{index}", payload, now)


def _block(block: Any, path: str, payload: dict[str, Any], now: int) -> Iterator[Issue]:
    if not isinstance(block, dict):
        yield Issue(BAD_REQUEST)
        return
    yield from _recipients(block, path)
    yield from _own_sender(block.get("from"), path, payload.get("from"))
    if "subject" in block:
        yield from subject_text(block["subject"], f"{path}.subject")
    yield from headers(block.get("headers"), f"{path}.headers")
    yield from _substitutions(block.get("substitutions"), f"{path}.substitutions")
    yield from custom_args(block.get("custom_args"), f"{path}.custom_args", payload.get("custom_args"))
    yield from send_at(block.get("send_at"), f"{path}.send_at", now)


def _people(block: Any) -> list[tuple[str, Any]]:
    if not isinstance(block, dict):
        return []
    lists = [(kind, block.get(kind)) for kind in ("to", "cc", "bcc")]
    return [(kind, person) for kind, people in lists if isinstance(people, list) for person in people]


def _recipients(block: dict[str, Any], path: str) -> Iterator[Issue]:
    if not isinstance(block.get("to"), list) or not block["to"]:
        yield Issue(TO_REQUIRED, f"{path}.to")
    yield from typed(block.get("cc"), list)
    yield from typed(block.get("bcc"), list)
    counts: dict[str, int] = {}
    seen: set[str] = set()
    for kind, person in _people(block):
        index = counts[kind] = counts.get(kind, -1) + 1
        email = person.get("email") if isinstance(person, dict) else None
        if not is_address(email):
            yield Issue("Does not contain a valid address.", f"{path}.{kind}.{index}.email")
            continue
        if str(email).casefold() in seen:
            yield Issue(NOT_UNIQUE.format(email=email, path=f"{path}.{kind}"), f"{path}.{kind}")
        seen.add(str(email).casefold())
        if not isinstance(person.get("name") or "", str):
            yield Issue(BAD_REQUEST)
        elif any(mark in str(person.get("name") or "") for mark in ";,"):
            yield Issue("The name must not contain ';' or ','.", f"{path}.{kind}.{index}.name")


def _own_sender(own: Any, path: str, root: Any) -> Iterator[Issue]:
    if own is None:
        return
    email = own.get("email") if isinstance(own, dict) else None
    if not is_address(email):
        yield Issue("Does not contain a valid address.", f"{path}.from.email")
        return
    root_email = str(root.get("email") if isinstance(root, dict) else "")
    if str(email).rpartition("@")[2].casefold() != root_email.rpartition("@")[2].casefold():
        yield Issue("The domain of a personalization's from must be that of the root from.", f"{path}.from.email")


def _substitutions(values: Any, path: str) -> Iterator[Issue]:
    if values is None:
        return
    if not strings_only(values):
        text = "The substitution values must be an object of key/value pairs, where the values are all strings."
        yield Issue(text, path)
        return
    if byte_size(values) > BYTES:
        yield Issue("Substitutions are limited to 10000 bytes per personalization block.", path)
    if len(values) > SUBSTITUTION_ITEMS:
        yield Issue("Substitutions are limited to 150 items per personalization block.", path)


def subject_text(subject: Any, path: str) -> Iterator[Issue]:
    """A subject that is there must say something."""
    if not isinstance(subject, str) or not subject:
        yield Issue("The subject of your email must be a string at least one character in length.", path)
    elif "\r" in subject or "\n" in subject:
        yield Issue("The subject cannot contain CRLF characters.", path)


def headers(values: Any, path: str) -> Iterator[Issue]:
    """Own headers: strings, ASCII names without spaces, none of the reserved ones."""
    if values is None:
        return
    if not strings_only(values):
        yield Issue("All values of the headers object must be strings.", path)
        return
    lowered = [key.lower() for key in values]
    if len(set(lowered)) < len(lowered):
        yield Issue("The headers cannot contain duplicate keys.", path)
    for key in values:
        if not key.isascii() or not key or any(mark.isspace() for mark in key):
            yield Issue("Header keys cannot contain non-ASCII characters or empty spaces.", f"{path}.{key}")
        elif key.lower() in RESERVED:
            yield Issue("Header cannot be one of the reserved keys.", f"{path}.{key}")


def custom_args(values: Any, path: str, root: Any = None) -> Iterator[Issue]:
    """Own data: strings, not empty, with the root's no more than 10,000 bytes."""
    if values is None:
        return
    if values == {}:
        yield Issue("custom_args cannot be empty.", path)
    elif not strings_only(values):
        yield Issue("All values of custom arguments object must be strings", path)
    elif byte_size({**(root if isinstance(root, dict) else {}), **values}) > BYTES:
        text = (
            "The combined size of both global and personalization custom arguments may not exceed 10,000 "
            "bytes per "
            "personalization."
        )
        yield Issue(text, path)


def send_at(value: Any, path: str, now: int) -> Iterator[Issue]:
    """A time to leave: whole Unix seconds, at most 72 hours ahead of the sandbox's clock."""
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        yield Issue(PAST, path)
    elif value > now + SCHEDULE_LIMIT:
        yield Issue("Scheduling more than 72 hours in advance is forbidden.", path)

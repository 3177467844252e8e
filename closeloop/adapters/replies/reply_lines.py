"""Replies as lines of JSON, as other programs hand them over: read with patience, and refused with the reason.

A field may be missing, empty or in another shape that mail APIs use; what cannot be read at all is named with
what is expected. Nothing here decides what a reply means.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

from closeloop.adapters.replies.machine import header_fields
from closeloop.domain.signals import Understanding

FIELDS = "id, from, to_prospect, subject, headers, body, received_at"
_BREAKS = str.maketrans({"\r": " ", "\n": " ", "\x00": " "})


class BadLine(ValueError):
    """The line is no reply; the text says what is expected."""


@dataclass(frozen=True, slots=True)
class ReplyLine:
    """One reply as the reader takes it."""

    id: str | int
    sender: str
    prospect: str
    subject: str
    body: str
    headers: str
    """One block, as in a mail."""
    received_at: datetime


def read_line(line: str, number: int, now: datetime) -> ReplyLine:
    """The reply in this line of JSON; `now` stands for a time that neither the line nor its headers tell.

    Raises `BadLine`.
    """
    row = _object(line)
    block = _headers(row.get("headers"))
    fields = header_fields(block)
    prospect = _address(row.get("to_prospect"))
    sender = _address(row.get("from")) or _address(fields.get("from")) or prospect
    return ReplyLine(
        id=_id(row.get("id"), number),
        sender=sender,
        prospect=prospect or sender,
        subject=_text(row.get("subject"), "subject") or fields.get("subject", ""),
        body=_body(row),
        headers=block,
        received_at=_time(row.get("received_at"), fields.get("date", ""), now),
    )


def written_line(id_: str | int, found: Understanding) -> str:
    """What was understood, as one line of JSON."""
    answer = {
        "id": id_,
        "labels": [label.value for label in found.labels],
        "primary": found.primary.value,
        "confidence": round(found.confidence, 3),
        "abstained": found.abstained,
        "resume_on": found.resume_on.date().isoformat() if found.resume_on else None,
        "refers_to": found.refers_to,
        "stop": found.stop,
    }
    return json.dumps(answer, ensure_ascii=False)


def _object(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as problem:
        raise BadLine(f"no valid JSON ({_short(problem)}); each line is one object with {FIELDS}") from None
    except RecursionError:
        raise BadLine("the JSON is nested too deeply") from None
    if not isinstance(row, dict):
        raise BadLine(f"a JSON object is expected, not {_kind(row)}; it has {FIELDS}")
    if not {"body", "text", "html", "subject"} & row.keys():
        raise BadLine(f"neither `body` nor `subject` is there; a reply has {FIELDS}")
    return row


def _id(found: object, number: int) -> str | int:
    if found is None or found == "":
        return f"line {number}"
    if isinstance(found, str | int) and not isinstance(found, bool):
        return found
    raise BadLine(f"`id` is a text or a number, not {_kind(found)}")


def _text(found: object, name: str) -> str:
    if found is None:
        return ""
    if isinstance(found, str):
        return found.encode("utf-8", "replace").decode()
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return "\n".join(_text(one, name) for one in found)
    raise BadLine(f"`{name}` is a text, not {_kind(found)}")


def _body(row: dict[str, Any]) -> str:
    """Text or HTML; where both are there, the text."""
    found = row.get("body")
    parts = found if isinstance(found, dict) else {"text": found, "html": None} if found is not None else row
    return _text(parts.get("text") or parts.get("plain"), "body") or _text(parts.get("html"), "body")


def _address(found: object) -> str:
    """`Jo Dean <jo@x.example>`, `jo@x.example`, or an object with `email`."""
    if isinstance(found, dict):
        found = found.get("email") or found.get("address")
    if isinstance(found, list):
        found = found[0] if found else None
        return _address(found)
    if not isinstance(found, str):
        return ""
    return (parseaddr(found.translate(_BREAKS))[1] or found.strip()).lower()


def _headers(found: object) -> str:
    """A block of headers from a text, an object, or a list of pairs or of objects with `name` and `value`."""
    if found is None:
        return ""
    if isinstance(found, str):
        return _text(found, "headers")
    if isinstance(found, dict):
        return _block(found.items())
    if isinstance(found, list):
        return _block(_pair(one) for one in found)
    raise BadLine(f"`headers` is a text, an object or a list of pairs, not {_kind(found)}")


def _pair(found: object) -> tuple[object, object]:
    if isinstance(found, list | tuple) and len(found) == 2:
        return found[0], found[1]
    if isinstance(found, dict) and "name" in found:
        return found["name"], found.get("value")
    if isinstance(found, str):
        name, _, value = found.partition(":")
        return name, value
    raise BadLine("each of `headers` is a pair of a name and a value")


def _block(pairs: Iterable[tuple[object, object]]) -> str:
    lines = []
    for name, values in pairs:
        for value in values if isinstance(values, list) else [values]:
            lines.append(f"{name}: {'' if value is None else value}".translate(_BREAKS))
    return _text("\n".join(lines), "headers")


def _time(found: object, date_header: str, now: datetime) -> datetime:
    if found is None or found == "":
        return (_mail_date(date_header) if date_header else None) or now
    if isinstance(found, int | float) and not isinstance(found, bool):
        return _epoch(found)
    if not isinstance(found, str):
        raise BadLine(f"`received_at` is a time such as 2026-11-23T09:00:00Z, not {_kind(found)}")
    try:
        read = datetime.fromisoformat(found.strip())
    except ValueError:
        mailed = _mail_date(found)
        if mailed is None:
            raise BadLine(f"`received_at` is no time: {found[:40]!r}; write 2026-11-23T09:00:00Z") from None
        read = mailed
    return _utc(read)


def _epoch(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise BadLine(f"`received_at` is no time: {seconds}; write 2026-11-23T09:00:00Z") from None


def _mail_date(text: str) -> datetime | None:
    try:
        return _utc(parsedate_to_datetime(text.strip()))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _utc(read: datetime) -> datetime:
    """A time without a zone is taken for UTC."""
    try:
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except OverflowError:
        raise BadLine("`received_at` is out of range; write 2026-11-23T09:00:00Z") from None


def _kind(found: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(found), "a number")


def _short(problem: ValueError) -> str:
    return str(problem).split("\n")[0][:80]

"""A mail that SendGrid hands over whole (`send raw`), in the fields that it posts otherwise: text, html, headers.

Nothing that a mail holds raises here; a part that cannot be read is left out.
"""

from __future__ import annotations

from email import message_from_bytes
from email.message import Message

CALENDAR = "calendar"
LARGEST_CALENDAR = 100_000
_FIELDS = {"text/plain": "text", "text/html": "html", "text/calendar": CALENDAR}


def parts_of(raw: bytes) -> dict[str, str]:
    """`headers`, and the first part of each kind that is no attachment (a calendar may be one)."""
    mail = message_from_bytes(raw)
    found = {"headers": raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode(errors="replace")}
    for part in mail.walk():
        name = _FIELDS.get(part.get_content_type())
        attached = part.get_content_disposition() == "attachment" and name != CALENDAR
        if name is None or attached or name in found:
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and (name != CALENDAR or len(content) <= LARGEST_CALENDAR):
            found[name] = _decoded(content, part)
    return found


def _decoded(content: bytes, part: Message) -> str:
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return content.decode(errors="replace")

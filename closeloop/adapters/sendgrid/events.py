"""From SendGrid's webhooks to our signals. Unknown events are left out; the raw event is kept as evidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from closeloop.adapters.sendgrid.payload import CUSTOM_ARG, TRY
from closeloop.domain.html_words import words_of
from closeloop.domain.signals import Signal, SignalKind

KINDS = {
    "processed": SignalKind.PROCESSED,
    "delivered": SignalKind.DELIVERED,
    "open": SignalKind.OPENED,
    "click": SignalKind.CLICKED,
    "dropped": SignalKind.DROPPED,
    "spamreport": SignalKind.SPAM_REPORT,
    "unsubscribe": SignalKind.UNSUBSCRIBED,
    "group_unsubscribe": SignalKind.UNSUBSCRIBED,
}
KEPT = ("event", "reason", "status", "type", "sg_message_id", "url", "useragent", "sg_machine_open", TRY)

SAME = ("sg_message_id", "event", "type", "timestamp", "email", "url", "attempt", "useragent", "reason")
"""Two posts that agree in all of these tell of the same event."""


def event_signals(events: list[dict[str, Any]]) -> list[Signal]:
    """One signal per event we know."""
    return [signal for event in events if (signal := _signal(event)) is not None]


def _signal(event: dict[str, Any]) -> Signal | None:
    kind, occurred_at = _kind(event), _moment(event.get("timestamp"))
    if kind is None or occurred_at is None:
        return None
    key = event.get(CUSTOM_ARG)
    ours = _text(key) if isinstance(key, str) else None
    return Signal(
        id=_identity(event),
        source="sendgrid",
        kind=kind,
        occurred_at=occurred_at,
        prospect_key=_prospect_key(ours),
        action_key=ours,
        address=_text(event.get("email")).lower() or None,
        payload={name: _word(event[name]) for name in KEPT if name in event},
    )


def _identity(event: dict[str, Any]) -> str:
    """What makes an event one: SendGrid posts the same one again, sometimes under another `sg_event_id`."""
    if not event.get("sg_message_id"):
        return _text(event.get("sg_event_id")) or _fingerprint(event)
    offset = event.get("url_offset")
    place = offset.get("index") if isinstance(offset, dict) else None
    return _fingerprint({name: event.get(name) for name in SAME} | {"place": place})


def _moment(timestamp: Any) -> datetime | None:
    """Whole seconds since 1970; what is no such number, or lies outside the calendar, is no moment."""
    if not isinstance(timestamp, int) or isinstance(timestamp, bool):
        return None
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _text(value: Any) -> str:
    """Text that can be stored: JSON may hold half a character, which no database takes."""
    return "" if value is None else str(value).encode(errors="replace").decode()


def _word(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float) else _text(value)


def _kind(event: dict[str, Any]) -> SignalKind | None:
    if event.get("event") == "bounce":
        return SignalKind.BLOCKED if event.get("type") == "blocked" else SignalKind.BOUNCED
    return KINDS.get(str(event.get("event")))


def _prospect_key(action_key: str | None) -> str | None:
    """`email:<prospect>:…`; a key that is not ours names nobody."""
    parts = (action_key or "").split(":")
    return parts[1] if len(parts) >= 3 else None


def _fingerprint(event: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(event, sort_keys=True, default=str).encode()).hexdigest()[:32]


def reply_signal(
    form: Mapping[str, str], received_at: datetime, prospect_of: Callable[[str], str | None]
) -> Signal:
    """An inbound mail as a signal; it is recognised by its Message-ID, since SendGrid gives it no id."""
    headers = form.get("headers", "")
    sender = parseaddr(form.get("from", ""))[1].lower()
    recipients = _envelope_to(form)
    keys = [key for address in recipients if (key := prospect_of(_token(address)))]
    return Signal(
        id=_message_id(headers) or _fingerprint(dict(form)),
        source="inbound",
        kind=SignalKind.REPLY,
        occurred_at=received_at,
        prospect_key=keys[0] if keys else None,
        address=sender or None,
        payload={
            "subject": form.get("subject", ""),
            "text": _words(form),
            "headers": headers,
            "to": ", ".join(recipients),
        }
        | ({"calendar": form["calendar"]} if form.get("calendar") else {}),
    )


def _words(form: Mapping[str, str]) -> str:
    """Many mail programs send no plain text beside their HTML, and a no in HTML is a no."""
    text = form.get("text", "")
    return text if text.strip() else words_of(form.get("html", ""))


def _envelope_to(form: Mapping[str, str]) -> list[str]:
    """The envelope knows the token; the header's To may have been rewritten."""
    try:
        addresses = json.loads(form.get("envelope", "{}")).get("to", [])
    except (ValueError, AttributeError, RecursionError):
        addresses = []
    known = [_text(address) for address in addresses] if isinstance(addresses, list) else []
    return known or [parseaddr(form.get("to", ""))[1]]


def _token(address: str) -> str:
    """`reply+TOKEN@…` holds the token behind the plus sign."""
    return address.partition("@")[0].partition("+")[2]


def _message_id(headers: str) -> str | None:
    for line in headers.splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "message-id" and value.strip():
            return value.strip()
    return None

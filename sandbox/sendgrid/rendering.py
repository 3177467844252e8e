"""From a valid request to one rendered mail per recipient.

Substitutions apply to subject, content and reply-to, never to custom_args. Only links that stand in the
content itself are tracked: a link inside a substituted value is not rewritten, as with the real service.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.sendgrid.additions import Body, added
from sandbox.sendgrid.models import Content
from sandbox.sendgrid.suppression import BYPASSED

LINK = re.compile(r"<a\b[^>]*?\bhref=([\"'])(https?://.+?)\1[^>]*>", re.IGNORECASE)


BYPASSES = ("bypass_list_management", *BYPASSED)


@dataclass(frozen=True)
class Rendered:
    """One mail as its recipient gets it; `send_at` is None to leave at once."""

    subject: str
    content: Content
    send_at: int | None


def render(payload: dict[str, Any], x_message_id: str) -> list[Rendered]:
    """Every mail of the request, in the order of its personalizations and of to, cc, bcc in each."""
    mails: list[Rendered] = []
    for block in payload["personalizations"]:
        for kind, person in _recipients(block):
            mails.append(_mail(payload, block, kind, person, x_message_id, len(mails)))
    return mails


def in_sandbox_mode(payload: dict[str, Any]) -> bool:
    """Whether the request asks to be checked only."""
    return _switch(payload, "mail_settings", "sandbox_mode", default=False)


def _recipients(block: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for kind in ("to", "cc", "bcc"):
        for person in block.get(kind) or []:
            yield kind, person


def _mail(
    payload: dict[str, Any],
    block: dict[str, Any],
    kind: str,
    person: dict[str, str],
    x_message_id: str,
    index: int,
) -> Rendered:
    tags: dict[str, str] = block.get("substitutions") or {}
    sender = block.get("from") or payload["from"]
    bodies = {part["type"]: part["value"] for part in reversed(payload["content"])}
    html = bodies.get("text/html", "")
    headers = {**(payload.get("headers") or {}), **(block.get("headers") or {})}
    text = _fill(bodies.get("text/plain", ""), tags)
    body = added(payload, Body(text, _fill(html, tags), headers), f"{x_message_id}.{index}")
    content = Content(
        x_message_id=x_message_id,
        index=index,
        kind=kind,
        to=person["email"].strip(),
        to_name=person.get("name") or "",
        sender=sender["email"],
        sender_name=sender.get("name") or "",
        reply_to=_fill(_reply_to(payload), tags),
        text=body.text,
        html=body.html,
        headers=body.headers,
        custom_args={**(payload.get("custom_args") or {}), **(block.get("custom_args") or {})},
        categories=payload.get("categories") or [],
        **_tracking(payload, html, tags),
        attachments=[_attachment(item) for item in payload.get("attachments") or []],
        asm_group_id=(payload.get("asm") or {}).get("group_id"),
        batch_id=payload.get("batch_id") or "",
        bypass=[name for name in BYPASSES if _switch(payload, "mail_settings", name, default=False)],
    )
    subject = _fill(block.get("subject") or payload.get("subject") or "", tags)
    send_at = block.get("send_at", payload.get("send_at"))
    return Rendered(subject, content, send_at)


def _tracking(payload: dict[str, Any], html: str, tags: dict[str, str]) -> dict[str, Any]:
    clicks = _switch(payload, "tracking_settings", "click_tracking", default=True)
    opens = _switch(payload, "tracking_settings", "open_tracking", default=True)
    return {
        "tracked_links": [_fill(link, tags) for link in _links(html)] if clicks else [],
        "open_tracking": opens and bool(html),
        "subscription_tracking": _switch(payload, "tracking_settings", "subscription_tracking", default=False),
    }


def _fill(text: str, tags: dict[str, str]) -> str:
    """Replace every tag in one pass, so that a value that looks like a tag stays as it is."""
    if not tags or not text:
        return text
    names = sorted((name for name in tags if name), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, names)), lambda found: tags[found.group()], text) if names else text


def _links(html: str) -> list[str]:
    return [found.group(2) for found in LINK.finditer(html) if "clicktracking=off" not in found.group().lower()]


def _reply_to(payload: dict[str, Any]) -> str:
    listed = payload.get("reply_to_list") or []
    chosen = payload.get("reply_to") or (listed[0] if listed else {})
    return str(chosen.get("email") or "")


def _attachment(item: dict[str, str]) -> dict[str, str]:
    size = len(item["content"]) * 3 // 4
    found = {"filename": item["filename"], "type": item.get("type") or "", "bytes": str(size)}
    # Of a calendar the words are kept: the recipient's own calendar answers them.
    readable = found["type"].startswith("text/calendar")
    return found | ({"text": base64.b64decode(item["content"]).decode(errors="replace")} if readable else {})


def _switch(payload: dict[str, Any], group: str, name: str, *, default: bool) -> bool:
    setting = (payload.get(group) or {}).get(name) or {}
    return bool(setting.get("enable", default))

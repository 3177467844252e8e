"""What SendGrid itself adds to a mail: footers, its unsubscribe links and headers, and the traces of tracking.

A footer and links are part of what the recipient reads. The rewritten links and the pixel are only in
`as_received`: people who look at the inbox want to read where a link leads.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.sendgrid.models import Content

HOST = "https://u.sendgrid-sandbox.example"
LINK = re.compile(r"(<a\b[^>]*?\bhref=)([\"'])(https?://.+?)\2([^>]*>)", re.IGNORECASE)
ASM_TAGS = {
    "<%asm_group_unsubscribe_url%>": '<a href="{group}">Unsubscribe From This List</a>',
    "<%asm_group_unsubscribe_raw_url%>": "{group}",
    "<%asm_global_unsubscribe_url%>": '<a href="{all}">Unsubscribe</a>',
    "<%asm_global_unsubscribe_raw_url%>": "{all}",
    "<%asm_preferences_url%>": '<a href="{all}/preferences">Manage Email Preferences</a>',
    "<%asm_preferences_raw_url%>": "{all}/preferences",
}
ANCHOR = re.compile(r"<%(.*?)%>", re.DOTALL)


@dataclass(frozen=True)
class Body:
    """The two forms of a mail's words, and the headers SendGrid sets."""

    text: str
    html: str
    headers: dict[str, str]


def added(payload: Mapping[str, Any], body: Body, token: str) -> Body:
    """The body with what the request's settings ask SendGrid to add; `token` names the mail in links."""
    text, html = _footer(payload, body.text, body.html)
    asm = payload.get("asm") or {}
    urls = {"group": f"{HOST}/asm/unsubscribe/{token}", "all": f"{HOST}/asm/{token}"}
    for tag, form in ASM_TAGS.items() if asm else ():
        filled = form.format(**urls)
        html, text = html.replace(tag, filled), text.replace(tag, urls["group" if "group" in tag else "all"])
    settings = _setting(payload, "tracking_settings", "subscription_tracking")
    if not settings.get("enable"):
        return Body(text, html, body.headers)
    return _subscription(settings, Body(text, html, body.headers), f"{HOST}/wf/unsubscribe?upn={token}")


def as_received(content: Content) -> str:
    """The HTML with rewritten links and the pixel at its end, as the recipient's mail program gets it."""
    html, tracked = content.html, set(content.tracked_links)

    def rewritten(found: re.Match[str]) -> str:
        if found[3] not in tracked:
            return found[0]
        return f"{found[1]}{found[2]}{HOST}/ls/click?upn={_upn(content, found[3])}{found[2]}{found[4]}"

    html = LINK.sub(rewritten, html)
    if not content.open_tracking:
        return html
    pixel = f'<img src="{HOST}/wf/open?upn={_upn(content, "")}" alt="" width="1" height="1" border="0">'
    start, end, rest = html.rpartition("</body>")
    return f"{start}{pixel}{end}{rest}" if end else html + pixel


def _upn(content: Content, url: str) -> str:
    return base64.urlsafe_b64encode(f"{content.msg_id}|{url}".encode()).decode().rstrip("=")


def _footer(payload: Mapping[str, Any], text: str, html: str) -> tuple[str, str]:
    footer = _setting(payload, "mail_settings", "footer")
    if not footer.get("enable"):
        return text, html
    return text + (footer.get("text") or "") if text else "", html + (footer.get("html") or "") if html else ""


def _subscription(settings: Mapping[str, Any], body: Body, url: str) -> Body:
    headers = {
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        **body.headers,
    }
    if tag := settings.get("substitution_tag"):
        return Body(body.text.replace(tag, url), body.html.replace(tag, url), headers)
    words = settings.get("text") or "If you would like to unsubscribe, use this link: <% %>"
    form = settings.get("html") or "<p>If you would like to stop receiving these mails <% click here %>.</p>"
    linked = ANCHOR.sub(lambda found: f'<a href="{url}">{found[1].strip() or url}</a>', form)
    plain = ANCHOR.sub(lambda found: f"{found[1].strip()} {url}".strip(), words)
    text = f"{body.text}\n\n{plain}" if body.text else ""
    return Body(text, body.html + linked if body.html else "", headers)


def _setting(payload: Mapping[str, Any], group: str, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (payload.get(group) or {}).get(name) or {}
    return found

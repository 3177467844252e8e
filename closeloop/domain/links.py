"""Links of ours that lead on to another page: signed, so that nobody else can make one and lead people astray."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from html import escape, unescape

from closeloop.domain.record import Record

LONGEST = 4_000
_SIGNATURE_LENGTH = 32
_TARGET = re.compile(r"https?://[^\s\"'<>\\]+")
_HREF = re.compile(r'href="(https?://[^"]+)"')


class Link(Record):
    """Where it leads, and from which mail."""

    action_key: str
    url: str


def make_link(link: Link, secret: str) -> str:
    """The last part of the address under which we lead on to it."""
    body = json.dumps([link.action_key, link.url], separators=(",", ":")).encode()
    text = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
    return f"{text}.{_sign(text, secret)}"


def read_link(token: str, secret: str) -> Link | None:
    """None for one that was not made with this secret, or leads to no web page."""
    text, _, signature = token.rpartition(".")
    if len(token) > LONGEST or not hmac.compare_digest(signature.encode(), _sign(text, secret).encode()):
        return None
    try:
        action_key, url = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, binascii.Error):
        return None
    if not isinstance(url, str) or not isinstance(action_key, str) or not _TARGET.fullmatch(url):
        return None
    return Link(action_key=action_key, url=url)


def led_through(html: str, lead: Callable[[str], str | None]) -> str:
    """The page with each of its links as `lead` gives it; None leaves one as it is."""

    def led(found: re.Match[str]) -> str:
        address = lead(unescape(found.group(1)))
        return found.group() if address is None else f'href="{escape(address)}"'

    return _HREF.sub(led, html)


def _sign(text: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"link:{text}".encode(), hashlib.sha256).hexdigest()[:_SIGNATURE_LENGTH]

"""A sent mail as a file that any mail program opens, and its HTML made quiet for the browser's frame.

The frame is what keeps a mail from acting; making it quiet only spares the console a complaint about each thing
that the frame refuses.
"""

from __future__ import annotations

import re
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

from sandbox.agenda import moment
from sandbox.sendgrid.additions import as_received
from sandbox.sendgrid.models import Mail

SCRIPTS = re.compile(r"<(script|iframe|object)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
TAGS = re.compile(r"</?(?:script|iframe|object|embed|base|meta|link)\b[^>]*(?:>|$)", re.IGNORECASE)
PICTURES = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
ALT = re.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
HANDLERS = re.compile(r"\son\w+\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
REMOTE = re.compile(r"\s(?:src|srcset|background|poster)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>\"']+)", re.IGNORECASE)
STYLED = re.compile(r"url\(\s*[\"']?(?!data:)[^)]*\)|@import[^;]*;?", re.IGNORECASE)


def quiet(html: str) -> str:
    """The HTML without what a frame refuses: scripts, and pictures and styles from elsewhere."""
    before = None
    while before != html:
        # What is taken out may bring together what was apart.
        before, html = html, _quieter(html)
    return html


def _quieter(html: str) -> str:
    html = TAGS.sub("", SCRIPTS.sub("", html))
    html = HANDLERS.sub("", PICTURES.sub(_left_out, html))
    html = STYLED.sub("none", html)
    return REMOTE.sub(lambda found: found[0] if found[1].strip("\"' ").startswith("data:") else "", html)


def _left_out(found: re.Match[str]) -> str:
    """A picture from elsewhere as its words; one that comes with the mail stays."""
    tag = found[0]
    if re.search(r"\bsrc\s*=\s*[\"']?\s*data:", tag, re.IGNORECASE):
        return tag
    alt = ALT.search(tag)
    words = (alt[1] or alt[2] or "") if alt else ""
    return f'<em style="opacity:.6">[picture: {words}]</em>' if words else ""


def as_eml(mail: Mail) -> bytes:
    """The mail as its recipient's server gets it, with SendGrid's links and pixel."""
    content = mail.content
    parts = [_part(content.text, "plain")] if content.text else []
    parts += [_part(as_received(content), "html")] if content.html else []
    whole: Message = parts[0] if len(parts) == 1 else MIMEMultipart("alternative", _subparts=parts)
    for name, value in _headers(mail):
        whole[name] = value
    return whole.as_bytes()


def _part(words: str, subtype: str) -> MIMEText:
    """Quoted-printable, so that a person can read the source too."""
    charset = Charset("utf-8")
    charset.body_encoding = QP
    part = MIMEText("", subtype, "utf-8")
    del part["Content-Transfer-Encoding"]
    part.set_payload(words, charset)
    return part


def _headers(mail: Mail) -> list[tuple[str, str]]:
    content = mail.content
    own = {
        "From": _person(content.sender_name, content.sender),
        "To": _person(content.to_name, content.to),
        "Subject": _encoded(mail.subject),
        "Reply-To": content.reply_to,
        "Date": format_datetime(moment(mail.leaves_at)),
        "Message-ID": content.message_id,
        "X-SG-ID": content.msg_id,
    }
    theirs = {name: _encoded(value) for name, value in content.headers.items() if name.lower() != "message-id"}
    return [(name, value) for name, value in {**own, **theirs}.items() if value]


def _person(name: str, address: str) -> str:
    address = address if address.isascii() else _encoded(address)
    return formataddr((_encoded(name), address)) if name and "=?" not in address else address


def _encoded(text: str) -> str:
    line = " ".join(text.split())
    return line if line.isascii() else Header(line, "utf-8").encode(linesep="\n", maxlinelen=10_000)

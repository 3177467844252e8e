"""Inbound mail as SendGrid's Inbound Parse posts it: decoded fields, or the whole mail in `email`.

A stored inbound mail is its parsed form with the attachments beside it; the words of text and html go out in the
charset that the form names for them, as bytes. A mail over 30 MB never gets as far as this.
"""

from __future__ import annotations

import base64
import json
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

import httpx

from sandbox import agenda
from sandbox.sendgrid import policies, signing
from sandbox.world import World

MAX_BYTES = 30 * 1024 * 1024
FILES = "files"
"""Where a stored form keeps its attachments: filename, type, content (base64) and content_id of each."""
COMMON = ("dkim", "to", "cc", "from", "sender_ip", "envelope", "subject", "SPF")
REPORT = (
    "Spam detection software, running on the system, has scored this mail {score} of the 5.0 points that make it"
    " spam.\n"
)


def recipients(form: dict[str, Any]) -> list[str]:
    """The addresses of the envelope."""
    return [str(address) for address in json.loads(form["envelope"])["to"]]


def put(world: World, mail_id: int, label: str, form: dict[str, Any]) -> None:
    """Let an inbound mail wait for its delivery."""
    world.db.execute(
        "INSERT INTO sendgrid_outbox (at, target, name, mail_id, url, body) VALUES (?, 'parse', ?, ?, '', ?)",
        (agenda.now(world), label, mail_id, json.dumps(form, ensure_ascii=False)),
    )


def request(
    world: World, client: httpx.AsyncClient, settings: dict[str, Any], form: dict[str, Any]
) -> httpx.Request:
    """The post of one inbound mail under a parse setting."""
    parts = _raw_parts(form) if settings["send_raw"] else _parsed_parts(form)
    if settings["spam_check"]:
        score = form.get("spam_score", "0.1")
        parts |= {"spam_score": (None, score), "spam_report": (None, REPORT.format(score=score))}
    built = client.build_request("POST", settings["url"], files=parts, headers={"User-Agent": "Sendlib/1.0"})
    policy = settings.get("security_policy")
    if policy and policies.signs(world, policy):
        built.headers.update(signing.headers(world, policies.key_name(policy), built.read()))
    return built


Part = tuple[str | None, str | bytes] | tuple[str | None, bytes, str]


def _parsed_parts(form: dict[str, Any]) -> dict[str, Any]:
    charsets, files = json.loads(form["charsets"]), form.get(FILES, [])
    shown = ("headers", *COMMON, "text", "html", "charsets")
    parts: dict[str, Part] = {
        name: (None, _encoded(form[name], charsets.get(name, "UTF-8"))) for name in shown if name in form
    }
    parts["attachments"] = (None, str(len(files)))
    info, by_id = {}, {}
    for number, file in enumerate(files, 1):
        name = f"attachment{number}"
        parts[name] = (file["filename"], base64.b64decode(file["content"]), file["type"])
        info[name] = {"filename": file["filename"], "name": file["filename"], "type": file["type"]}
        if file.get("content_id"):
            info[name]["content-id"] = file["content_id"]
            by_id[file["content_id"]] = name
    if files:
        parts["attachment-info"] = (None, json.dumps(info))
    if by_id:
        parts["content-ids"] = (None, json.dumps(by_id))
    return parts


def _raw_parts(form: dict[str, Any]) -> dict[str, Any]:
    parts: dict[str, Part] = {name: (None, str(form[name])) for name in COMMON if name in form}
    charsets = {name: charset for name, charset in json.loads(form["charsets"]).items() if name in parts}
    parts["email"] = (None, as_mime(form))
    parts["charsets"] = (None, json.dumps(charsets))
    return parts


def as_mime(form: dict[str, Any]) -> bytes:
    """The whole mail as its sender's program wrote it."""
    charsets, files = json.loads(form["charsets"]), form.get(FILES, [])
    body: MIMEBase = MIMEText(form.get("text", ""), "plain", charsets.get("text", "UTF-8").lower())
    if form.get("html"):
        html = MIMEText(form["html"], "html", charsets.get("html", "UTF-8").lower())
        body = MIMEMultipart("alternative", _subparts=[body, html])
    if files:
        body = MIMEMultipart("mixed", _subparts=[body, *map(_attached, files)])
    own = {"content-type", "mime-version", "content-transfer-encoding"}
    for name, value in header_pairs(form["headers"]):
        if name.lower() not in own:
            body[name] = value
    return body.as_bytes()


def header_pairs(block: str) -> list[tuple[str, str]]:
    """The headers of a block, continuation lines folded back."""
    pairs: list[tuple[str, str]] = []
    for line in block.splitlines():
        if line[:1] in (" ", "\t") and pairs:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} {line.strip()}")
        elif ":" in line:
            name, _, value = line.partition(":")
            pairs.append((name.strip(), value.strip()))
    return pairs


def _attached(file: dict[str, str]) -> MIMEBase:
    kind, _, subtype = file["type"].partition("/")
    part = MIMEBase(kind or "application", subtype or "octet-stream")
    part.set_payload(file["content"])
    part["Content-Transfer-Encoding"] = "base64"
    inline = "inline" if file.get("content_id") else "attachment"
    part.add_header("Content-Disposition", inline, filename=file["filename"])
    if file.get("content_id"):
        part["Content-ID"] = f"<{file['content_id']}>"
    return part


def _encoded(text: str, charset: str) -> bytes:
    python = charset.lower().replace("windows-", "cp")
    return text.encode(python, "replace")

"""What happened to one mail, moment by moment, as an operator reads it in SendGrid's activity feed."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.agenda import moment
from sandbox.sendgrid.models import Mail
from sandbox.world import World

TITLES = {
    "processed": "Processed",
    "delivered": "Delivered",
    "deferred": "Deferred",
    "open": "Opened",
    "click": "Clicked",
    "dropped": "Dropped",
    "cancel_drop": "Discarded",
    "bounce": "Bounced",
    "blocked": "Blocked",
    "spamreport": "Reported as spam",
    "unsubscribe": "Unsubscribed",
    "group_unsubscribe": "Left the group",
}
GOOD, BAD = {"delivered", "reply"}, {"dropped", "cancel_drop", "bounce", "blocked", "spamreport", "unsubscribe"}


@dataclass(frozen=True)
class Moment:
    """One thing that happened, with what it says and how the webhook took it."""

    at: datetime
    title: str
    detail: str = ""
    tone: str = ""
    told: str = ""


def timeline(world: World, mail: Mail) -> list[Moment]:
    """Everything that happened to a mail, oldest first."""
    accepted = Moment(moment(mail.accepted_at), "Accepted", f"request {mail.content.x_message_id}")
    rows = world.db.execute(
        "SELECT at, target, name, url, body, settled_at, attempts, problem FROM sendgrid_outbox WHERE mail_id = ?"
        " ORDER BY at, id",
        (mail.id,),
    ).fetchall()
    found = [accepted]
    if mail.leaves_at > mail.accepted_at:
        found.append(Moment(moment(mail.leaves_at), "Due to leave", "by its send_at"))
    return sorted([*found, *(_moment(row) for row in rows)], key=lambda one: one.at)


def _moment(row: sqlite3.Row) -> Moment:
    body = json.loads(row["body"])
    name = {"parse": "reply", "one_click": "unsubscribe"}.get(row["target"], row["name"])
    tone = "good" if name in GOOD else "bad" if name in BAD or row["target"] == "one_click" else ""
    return Moment(moment(row["at"]), _title(row, body), _detail(row, body), tone, _told(row))


def _title(row: sqlite3.Row, body: dict[str, Any]) -> str:
    if row["target"] == "parse":
        return "Replied"
    if row["target"] == "one_click":
        return "Opted out with one click"
    if row["target"] == "visit":
        return "Link followed by a filter" if row["name"] == "scan" else "Link followed"
    return "Opened by a machine" if body.get("sg_machine_open") else TITLES.get(row["name"], row["name"])


def _detail(row: sqlite3.Row, body: dict[str, Any]) -> str:
    if row["target"] == "parse":
        return " ".join(str(body["text"]).split())[:160]
    said = [str(body[key]) for key in ("url", "reason", "response", "useragent") if body.get(key)]
    return "\n".join([row["url"], *said] if row["url"] else said)


def _told(row: sqlite3.Row) -> str:
    """How the webhook took it, where that is worth a word."""
    if row["settled_at"] is None:
        return f"waiting for its webhook, {row['attempts']} tries: {row['problem']}" if row["attempts"] else ""
    return str(row["problem"]) if row["problem"] and row["target"] != "visit" else ""

"""The mails SendGrid accepted: one row per recipient, rendered, whatever became of it.

A row is never deleted and never sent twice; its `status` only moves forward (queued, processed, then
delivered, bounced or dropped).
"""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from sandbox import agenda
from sandbox.world import World


@dataclass(frozen=True)
class Content:
    """All that one recipient gets, as rendered, with what the trackers may see of it."""

    x_message_id: str
    index: int
    kind: str
    to: str
    to_name: str
    sender: str
    sender_name: str
    reply_to: str
    text: str
    html: str
    headers: dict[str, str]
    custom_args: dict[str, str]
    categories: list[str]
    tracked_links: list[str] = field(default_factory=list)
    open_tracking: bool = True
    subscription_tracking: bool = False
    attachments: list[dict[str, str]] = field(default_factory=list)
    asm_group_id: int | None = None
    batch_id: str = ""
    bypass: list[str] = field(default_factory=list)

    @property
    def msg_id(self) -> str:
        """The id of this one mail in events, Activity and Logs; up to the first dot it is the X-Message-Id."""
        return f"{self.x_message_id}.recvd-sandbox-{self.index}.0"

    @property
    def smtp_id(self) -> str:
        return f"<{self.x_message_id}@geopod-ismtpd-sandbox>"

    @property
    def message_id(self) -> str:
        """The Message-ID a mail program shows: the sender's own header, else SendGrid's."""
        return next((v for k, v in self.headers.items() if k.lower() == "message-id"), self.smtp_id)

    def header(self, name: str) -> str:
        """A header by any spelling of its name, or the empty string."""
        return next((v for k, v in self.headers.items() if k.lower() == name.lower()), "")


@dataclass(frozen=True)
class Mail:
    """One accepted mail to one recipient. Times are Unix seconds on the sandbox's clock."""

    id: int
    address: str
    accepted_at: int
    leaves_at: int
    status: str
    subject: str
    content: Content


def address_key(email: str) -> str:
    """The form under which an address is one person: the same for every spelling of case and outer space."""
    return email.strip().casefold()


def next_message_id(world: World) -> str:
    """The X-Message-Id of the next accepted request: 22 characters, the same sequence for the same seed."""
    row = world.db.execute("SELECT COALESCE(MAX(n), 0) + 1 AS n FROM sendgrid_requests").fetchone()
    digest = hashlib.sha256(f"{world.seed}|request|{row['n']}".encode()).digest()[:16]
    x_message_id = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    world.db.execute("INSERT INTO sendgrid_requests VALUES (?, ?)", (row["n"], x_message_id))
    return x_message_id


def add_mail(world: World, *, subject: str, content: Content, leaves_at: int) -> Mail:
    """Store one accepted mail as queued."""
    address, accepted_at = address_key(content.to), agenda.now(world)
    cursor = world.db.execute(
        "INSERT INTO sendgrid_mails (address, accepted_at, leaves_at, status, subject, content) VALUES "
        "(?, ?, ?, ?, ?, ?)",
        (address, accepted_at, leaves_at, "queued", subject, json.dumps(vars(content), ensure_ascii=False)),
    )
    return Mail(cursor.lastrowid or 0, address, accepted_at, leaves_at, "queued", subject, content)


def mail_of(world: World, mail_id: int) -> Mail:
    """The mail with this row id; LookupError when there is none."""
    row = world.db.execute("SELECT * FROM sendgrid_mails WHERE id = ?", (mail_id,)).fetchone()
    if row is None:
        raise LookupError(f"there is no mail {mail_id}")
    return as_mail(row)


def as_mail(row: sqlite3.Row) -> Mail:
    """A row of `sendgrid_mails` as a Mail."""
    fields: dict[str, Any] = dict(row)
    return Mail(**{**fields, "content": Content(**json.loads(fields["content"]))})


def set_status(world: World, mail: Mail, status: str) -> None:
    """Move a mail's status forward."""
    world.db.execute("UPDATE sendgrid_mails SET status = ? WHERE id = ?", (status, mail.id))

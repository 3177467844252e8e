"""Who wrote what to whom, in order: by person, and by conversation as mail programs group it.

A person's thread holds everything between the sender and one address; a conversation follows Message-ID,
In-Reply-To and References, whoever writes in it.
"""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr

from sandbox.agenda import moment
from sandbox.inbox.reading import MARKS, Filter, Line, lines_of
from sandbox.sendgrid.models import address_key, as_mail
from sandbox.world import World

QUOTE = re.compile(
    r"\n\n(?=On .{1,200} wrote:\n|Am .{1,200} schrieb .{1,200}:\n|El .{1,200} escribió:\n"
    r"|เมื่อ .{1,200}:\n|-----Original)"
)
LAST_REPLY = (
    "(SELECT MAX(o.at) FROM sendgrid_outbox o WHERE o.target = 'parse'"
    " AND o.mail_id IN (SELECT x.id FROM sendgrid_mails x WHERE x.address = m.address))"
)
SILENT = "('processed', 'delivered', 'deferred')"


@dataclass(frozen=True)
class Turn:
    """One thing in a thread: a sent mail, a reply, or a short note such as an open."""

    at: datetime
    kind: str
    title: str
    line: Line | None = None
    text: str = ""
    quoted: str = ""
    html: str = ""
    headers: str = ""
    sender: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Thread:
    """All that passed between the sender and one person, or in one conversation, oldest first."""

    address: str
    name: str
    persona: str
    turns: list[Turn] = field(default_factory=list)
    conversation: int = 0

    @property
    def lines(self) -> list[Line]:
        return [turn.line for turn in self.turns if turn.line is not None]

    @property
    def replies(self) -> list[Turn]:
        return [turn for turn in self.turns if turn.kind == "reply"]

    @property
    def latest_words(self) -> str:
        """What the person said last, or the subject of the last mail to somebody who never wrote."""
        return " ".join(self.replies[-1].text.split())[:140] if self.replies else self.lines[-1].mail.subject

    @property
    def last_at(self) -> datetime:
        return self.turns[-1].at

    @property
    def subject(self) -> str:
        return self.lines[0].mail.subject

    @property
    def mark(self) -> str:
        """The strongest thing the person ever did; where they did nothing, what became of the last mail."""
        order = ["", "queued", "on its way", *dict.fromkeys(MARKS.values())]
        strongest = max((line.mark for line in self.lines), key=order.index, default="")
        did_nothing = order.index(strongest) <= order.index("delivered")
        return self.lines[-1].mark if did_nothing and self.lines else strongest


def count_people(world: World, wanted: Filter) -> int:
    """To how many addresses a wanted mail went."""
    where, values = wanted.where()
    row = world.db.execute(
        f"SELECT COUNT(DISTINCT m.address) AS n FROM sendgrid_mails m WHERE {where}", values
    ).fetchone()
    return int(row["n"])


def people(world: World, wanted: Filter, offset: int = 0, limit: int = -1) -> list[Thread]:
    """The threads of people to whom a wanted mail went, the latest mail or reply first."""
    where, values = wanted.where()
    rows = world.db.execute(
        f"SELECT m.address FROM sendgrid_mails m WHERE {where} GROUP BY m.address"
        f" ORDER BY MAX(MAX(m.leaves_at), COALESCE({LAST_REPLY}, 0)) DESC, m.address LIMIT ? OFFSET ?",
        (*values, limit, offset),
    ).fetchall()
    return [thread(world, row["address"]) for row in rows]


def thread(world: World, address: str) -> Thread:
    """The thread of one person; LookupError when nothing was ever sent there."""
    key = address_key(address)
    rows = world.db.execute("SELECT * FROM sendgrid_mails WHERE address = ? ORDER BY id", (key,)).fetchall()
    if not rows:
        raise LookupError(f"nothing was sent to {address}")
    return _made(world, key, rows)


def count_conversations(world: World, wanted: Filter) -> int:
    """In how many conversations there is a wanted mail."""
    where, values = wanted.where()
    row = world.db.execute(
        "SELECT COUNT(DISTINCT c.conversation) AS n FROM sendgrid_mails m"
        f" JOIN sendgrid_conversations c ON c.mail_id = m.id WHERE {where}",
        values,
    ).fetchone()
    return int(row["n"])


def conversations(world: World, wanted: Filter, offset: int, limit: int) -> list[Thread]:
    """The conversations with a wanted mail, the latest mail first."""
    where, values = wanted.where()
    rows = world.db.execute(
        "SELECT c.conversation FROM sendgrid_mails m JOIN sendgrid_conversations c ON c.mail_id = m.id"
        f" WHERE {where} GROUP BY c.conversation ORDER BY MAX(m.leaves_at) DESC, c.conversation LIMIT ? OFFSET ?",
        (*values, limit, offset),
    ).fetchall()
    return [conversation(world, row["conversation"]) for row in rows]


def conversation(world: World, number: int) -> Thread:
    """One conversation; LookupError when there is none of that number."""
    rows = world.db.execute(
        "SELECT m.* FROM sendgrid_mails m JOIN sendgrid_conversations c ON c.mail_id = m.id"
        " WHERE c.conversation = ? ORDER BY m.id",
        (min(number, 2**62),),
    ).fetchall()
    if not rows:
        raise LookupError(f"there is no conversation {number}")
    return _made(world, rows[0]["address"], rows, number)


def conversation_of(world: World, mail_id: int) -> int:
    """The conversation a mail belongs to; 0 for one that was sent before conversations were kept."""
    row = world.db.execute(
        "SELECT conversation FROM sendgrid_conversations WHERE mail_id = ?", (mail_id,)
    ).fetchone()
    return int(row["conversation"]) if row else 0


def _made(world: World, key: str, rows: list[sqlite3.Row], number: int = 0) -> Thread:
    lines = lines_of(world, [as_mail(row) for row in rows])
    sent = [Turn(line.at, "mail", line.mail.subject, line) for line in lines]
    turns = sorted([*sent, *_answers(world, [line.mail.id for line in lines])], key=lambda turn: turn.at)
    person = world.db.execute("SELECT persona, name FROM buyers_people WHERE address = ?", (key,)).fetchone()
    name = person["name"] if person else lines[0].mail.content.to_name
    number = number or conversation_of(world, lines[-1].mail.id)
    return Thread(key, name or key, person["persona"] if person else "", turns, number)


def _answers(world: World, mail_ids: list[int]) -> list[Turn]:
    found: list[Turn] = []
    for start in range(0, len(mail_ids), 500):
        part = mail_ids[start : start + 500]
        rows = world.db.execute(
            "SELECT at, target, name, body FROM sendgrid_outbox"
            f" WHERE mail_id IN ({','.join('?' * len(part))}) AND target != 'visit' AND name NOT IN {SILENT}"
            " ORDER BY id",
            part,
        ).fetchall()
        found += [_answer(row) for row in rows]
    return found


def _answer(row: sqlite3.Row) -> Turn:
    body = json.loads(row["body"])
    if row["target"] == "parse":
        new, *quoted = QUOTE.split(body["text"], maxsplit=1)
        return Turn(
            moment(row["at"]),
            "reply",
            body["subject"],
            text=new,
            quoted="".join(quoted),
            html=body.get("html", ""),
            headers=body["headers"],
            sender=parseaddr(body["from"])[0] or parseaddr(body["from"])[1],
            files=tuple(file["filename"] for file in body.get("files", ())),
        )
    name = row["name"] if row["target"] == "event" else "one_click"
    title = "opened by a machine" if body.get("sg_machine_open") else MARKS.get(name, name)
    return Turn(moment(row["at"]), "note", title, text=body.get("url") or body.get("reason", ""))

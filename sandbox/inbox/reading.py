"""What the inbox shows, read from the mails and the outbox: mails, people and their threads.

Reading never changes anything: a person looking at the inbox leaves no trace in the simulation.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.agenda import moment
from sandbox.buyers.script import stage_of
from sandbox.sendgrid.models import Mail, address_key, as_mail, mail_of
from sandbox.world import World

QUOTE = re.compile(
    r"\n\n(?=On .{1,200} wrote:\n|Am .{1,200} schrieb .{1,200}:\n|El .{1,200} escribió:\n"
    r"|เมื่อ .{1,200}:\n|-----Original)"
)
# What happened to a mail, from the weakest to the strongest word for it.
MARKS = {
    "delivered": "delivered",
    "open": "opened",
    "click": "clicked",
    "reply": "replied",
    "dropped": "dropped",
    "bounce": "bounced",
    "one_click": "opted out",
    "unsubscribe": "opted out",
    "spamreport": "spam report",
}


@dataclass(frozen=True)
class Line:
    """One mail in a list, with the strongest thing that happened to it."""

    mail: Mail
    at: datetime
    stage: str
    mark: str

    @property
    def snippet(self) -> str:
        """The first words of the text, for the list."""
        return " ".join(self.mail.content.text.split())[:140]


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


@dataclass(frozen=True)
class Thread:
    """All that passed between the sender and one person, oldest first."""

    address: str
    name: str
    persona: str
    turns: list[Turn] = field(default_factory=list)

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
    def mark(self) -> str:
        """The strongest thing the person ever did; where they did nothing, what became of the last mail."""
        order = ["", "queued", "on its way", *dict.fromkeys(MARKS.values())]
        strongest = max((line.mark for line in self.lines), key=order.index, default="")
        did_nothing = order.index(strongest) <= order.index("delivered")
        return self.lines[-1].mark if did_nothing and self.lines else strongest


def count_mails(world: World, search: str) -> int:
    """How many mails went to addresses that contain the search words."""
    row = world.db.execute(
        "SELECT COUNT(*) AS n FROM sendgrid_mails WHERE instr(address, ?) > 0", (address_key(search),)
    ).fetchone()
    return int(row["n"])


def newest(world: World, search: str, offset: int, limit: int) -> list[Line]:
    """Mails to addresses that contain the search words, newest first."""
    rows = world.db.execute(
        "SELECT * FROM sendgrid_mails WHERE instr(address, ?) > 0 ORDER BY leaves_at DESC, id DESC LIMIT "
        "? OFFSET ?",
        (address_key(search), limit, offset),
    ).fetchall()
    return _lines(world, [as_mail(row) for row in rows])


def one_mail(world: World, mail_id: int) -> Line:
    """One mail with its mark; LookupError when there is none."""
    return _lines(world, [mail_of(world, mail_id)])[0]


def threads(world: World, search: str = "", limit: int = -1) -> list[Thread]:
    """The threads of people whose address contains the search words, the latest activity first."""
    rows = world.db.execute(
        "SELECT address FROM sendgrid_mails WHERE instr(address, ?) > 0"
        " GROUP BY address ORDER BY MAX(leaves_at) DESC, address LIMIT ?",
        (address_key(search), limit),
    ).fetchall()
    found = [thread(world, row["address"]) for row in rows]
    return sorted(found, key=lambda one: one.last_at, reverse=True)


def thread(world: World, address: str) -> Thread:
    """The thread of one person; LookupError when nothing was ever sent there."""
    key = address_key(address)
    rows = world.db.execute("SELECT * FROM sendgrid_mails WHERE address = ? ORDER BY id", (key,)).fetchall()
    if not rows:
        raise LookupError(f"nothing was sent to {address}")
    lines = _lines(world, [as_mail(row) for row in rows])
    sent = [Turn(line.at, "mail", line.mail.subject, line) for line in lines]
    turns = sorted([*sent, *_answers(world, key)], key=lambda turn: turn.at)
    person = world.db.execute("SELECT persona, name FROM buyers_people WHERE address = ?", (key,)).fetchone()
    name = person["name"] if person else lines[0].mail.content.to_name
    return Thread(key, name or key, person["persona"] if person else "", turns)


def _answers(world: World, key: str) -> list[Turn]:
    rows = world.db.execute(
        "SELECT o.at, o.target, o.name, o.body FROM sendgrid_outbox o JOIN sendgrid_mails m ON m.id = "
        "o.mail_id"
        " WHERE m.address = ? AND o.name NOT IN ('processed', 'delivered') ORDER BY o.id",
        (key,),
    ).fetchall()
    return [_answer(row) for row in rows]


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
        )
    name = row["name"] if row["target"] == "event" else "one_click"
    return Turn(moment(row["at"]), "note", MARKS.get(name, name), text=body.get("url") or body.get("reason", ""))


def _lines(world: World, mails: list[Mail]) -> list[Line]:
    seen = _what_happened(world, [mail.id for mail in mails])
    return [
        Line(
            mail,
            moment(mail.leaves_at),
            stage_of(mail.content.categories),
            _mark(mail, seen.get(mail.id, ())),
        )
        for mail in mails
    ]


def _what_happened(world: World, ids: list[int]) -> dict[int, set[str]]:
    happened: dict[int, set[str]] = {}
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        marks = ",".join("?" * len(part))
        rows = world.db.execute(
            f"SELECT mail_id, target, name FROM sendgrid_outbox WHERE mail_id IN ({marks})", part
        )
        for row in rows:
            name = {"parse": "reply", "one_click": "one_click"}.get(row["target"], row["name"])
            happened.setdefault(row["mail_id"], set()).add(name)
    return happened


def _mark(mail: Mail, happened: Iterable[str]) -> str:
    if mail.status == "queued":
        return "queued"
    names = set(happened)
    return next((word for name, word in reversed(MARKS.items()) if name in names), "on its way")

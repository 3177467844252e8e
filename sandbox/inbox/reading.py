"""The lists of the inbox: mails, with the strongest thing that happened to each, found by words, state and stage.

Reading never changes anything: a person looking at the inbox leaves no trace in the simulation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sandbox.agenda import moment
from sandbox.buyers.script import stage_of
from sandbox.sendgrid.models import Mail, address_key, as_mail, mail_of
from sandbox.world import World

# What happened to a mail, from the weakest to the strongest word for it.
MARKS = {
    "delivered": "delivered",
    "open": "opened",
    "click": "clicked",
    "reply": "replied",
    "cancel_drop": "cancelled",
    "dropped": "dropped",
    "blocked": "blocked",
    "bounce": "bounced",
    "one_click": "opted out",
    "unsubscribe": "opted out",
    "group_unsubscribe": "opted out",
    "spamreport": "spam report",
}
_HAS = "EXISTS (SELECT 1 FROM sendgrid_outbox o WHERE o.mail_id = m.id AND {0})"
STATES = {
    "replied": _HAS.format("o.target = 'parse'"),
    "opened": _HAS.format("o.name = 'open'"),
    "clicked": _HAS.format("o.name = 'click'"),
    "opted out": _HAS.format("(o.target = 'one_click' OR o.name IN ('unsubscribe', 'group_unsubscribe'))"),
    "spam report": _HAS.format("o.name = 'spamreport'"),
    "bounced": "m.status IN ('bounced', 'blocked')",
    "dropped": "m.status IN ('dropped', 'cancelled')",
    "queued": "m.status = 'queued'",
}


@dataclass(frozen=True)
class Filter:
    """What a person looks for: words in address, subject or text; a state; a stage."""

    words: str = ""
    state: str = ""
    stage: str = ""

    def where(self) -> tuple[str, list[str]]:
        """The SQL condition over `sendgrid_mails m` and its values."""
        parts, values = ["1"], []
        for word in self.words.split():
            parts.append("(instr(m.address, ?) OR instr(lower(m.subject), ?) OR instr(lower(m.content), ?))")
            values += [address_key(word), word.lower(), word.lower()]
        if self.state in STATES:
            parts.append(STATES[self.state])
        if self.stage:
            parts.append("EXISTS (SELECT 1 FROM json_each(m.content, '$.categories') c WHERE c.value = ?)")
            values.append(self.stage)
        return " AND ".join(parts), values


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


def count_mails(world: World, wanted: Filter | None = None) -> int:
    """How many mails there are, or how many are wanted."""
    where, values = (wanted or Filter()).where()
    row = world.db.execute(f"SELECT COUNT(*) AS n FROM sendgrid_mails m WHERE {where}", values).fetchone()
    return int(row["n"])


def newest(world: World, wanted: Filter, offset: int, limit: int) -> list[Line]:
    """The wanted mails, newest first."""
    where, values = wanted.where()
    rows = world.db.execute(
        f"SELECT m.* FROM sendgrid_mails m WHERE {where} ORDER BY m.leaves_at DESC, m.id DESC LIMIT ? OFFSET ?",
        (*values, limit, offset),
    ).fetchall()
    return lines_of(world, [as_mail(row) for row in rows])


def one_mail(world: World, mail_id: int) -> Line:
    """One mail with its mark; LookupError when there is none."""
    if not 0 < mail_id < 2**63:
        raise LookupError(f"there is no mail {mail_id}")
    return lines_of(world, [mail_of(world, mail_id)])[0]


def lines_of(world: World, mails: list[Mail]) -> list[Line]:
    """Mails as lines, in their order."""
    seen = _what_happened(world, [mail.id for mail in mails])
    return [
        Line(mail, moment(mail.leaves_at), stage_of(mail.content), _mark(mail, seen.get(mail.id, ())))
        for mail in mails
    ]


def _what_happened(world: World, ids: list[int]) -> dict[int, set[str]]:
    happened: dict[int, set[str]] = {}
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        marks = ",".join("?" * len(part))
        rows = world.db.execute(
            f"SELECT mail_id, target, name FROM sendgrid_outbox WHERE mail_id IN ({marks}) AND target != 'visit'",
            part,
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

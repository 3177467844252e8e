"""What is kept about the buyers: where each stands, what each plans, and the truth of every act.

An act is written the moment it happens and never changed; it is what the product's understanding is judged
by.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from sandbox import agenda
from sandbox.buyers.personas import Outcome
from sandbox.sendgrid.models import Mail
from sandbox.world import World

TABLES = (
    """CREATE TABLE IF NOT EXISTS buyers_people (
        address TEXT PRIMARY KEY, persona TEXT NOT NULL, name TEXT NOT NULL, beat INTEGER NOT NULL,
        waited INTEGER NOT NULL, mails INTEGER NOT NULL, busy INTEGER NOT NULL, ends TEXT NOT NULL,
        away_until INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS buyers_plans (
        id INTEGER PRIMARY KEY, address TEXT NOT NULL, mail_id INTEGER NOT NULL, deed TEXT NOT NULL,
        outcome TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS buyers_acts (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, email TEXT NOT NULL, persona TEXT NOT NULL,
        act TEXT NOT NULL, label TEXT NOT NULL, stop INTEGER NOT NULL, ends TEXT NOT NULL,
        stage TEXT NOT NULL, message_key TEXT NOT NULL, x_message_id TEXT NOT NULL,
        resume_on TEXT NOT NULL, refers_to TEXT NOT NULL, reply_id TEXT NOT NULL)""",
)
NAMES = ("buyers_people", "buyers_plans", "buyers_acts")
STOPS = {"unsubscribe", "legal", "left_company", "wrong_person"}


@dataclass
class Standing:
    """Where one person is in the story. `busy` while something is planned that the next beat must wait
    for."""

    address: str
    persona: str
    name: str
    beat: int = 0
    waited: int = 0
    mails: int = 0
    busy: int = 0
    ends: str = ""
    away_until: int = 0


@dataclass(frozen=True)
class Plan:
    """Something a person is going to do about a mail."""

    id: int
    address: str
    mail_id: int
    deed: str
    outcome: Outcome


def open_tables(world: World) -> None:
    """Create what is missing; harmless when it is there."""
    for statement in TABLES:
        world.db.execute(statement)


def reset(world: World) -> None:
    """Forget every person, plan and act."""
    for name in NAMES:
        world.db.execute(f"DELETE FROM {name}")


def standing_of(world: World, address: str) -> Standing | None:
    """Where a person stands, or None for somebody who never got a mail."""
    row = world.db.execute("SELECT * FROM buyers_people WHERE address = ?", (address,)).fetchone()
    return Standing(**dict(row)) if row else None


def keep_standing(world: World, standing: Standing) -> None:
    """Store where a person stands now."""
    world.db.execute(
        "INSERT OR REPLACE INTO buyers_people VALUES"
        " (:address, :persona, :name, :beat, :waited, :mails, :busy, :ends, :away_until)",
        vars(standing),
    )


def add_plan(world: World, address: str, mail_id: int, deed: str, outcome: Outcome, at: int) -> None:
    """Put a deed on the agenda for second `at`."""
    cursor = world.db.execute(
        "INSERT INTO buyers_plans (address, mail_id, deed, outcome) VALUES (?, ?, ?, ?)",
        (address, mail_id, deed, json.dumps(vars(outcome))),
    )
    agenda.put(world, agenda.Due(at, address, "act", cursor.lastrowid or 0))


def take_plan(world: World, plan_id: int) -> Plan:
    """Remove and return a plan whose moment has come."""
    row = world.db.execute("SELECT * FROM buyers_plans WHERE id = ?", (plan_id,)).fetchone()
    world.db.execute("DELETE FROM buyers_plans WHERE id = ?", (plan_id,))
    return Plan(row["id"], row["address"], row["mail_id"], row["deed"], Outcome(**json.loads(row["outcome"])))


def forget_plans(world: World, address: str) -> None:
    """Drop all that a person still planned; used when the person has said the last word."""
    rows = world.db.execute("SELECT id FROM buyers_plans WHERE address = ?", (address,)).fetchall()
    for row in rows:
        world.db.execute("DELETE FROM sandbox_agenda WHERE kind = 'act' AND ref = ?", (row["id"],))
    world.db.execute("DELETE FROM buyers_plans WHERE address = ?", (address,))


def add_act(
    world: World,
    standing: Standing,
    mail: Mail,
    act: str,
    outcome: Outcome,
    *,
    stage: str = "",
    resume_on: str = "",
    refers_to: str = "",
    reply_id: str = "",
) -> None:
    """Write down what a person did and meant, at the sandbox's present moment."""
    stop = act in ("bounce", "spam", "opt_out") or outcome.label in STOPS or outcome.ends == "stop"
    values = (
        agenda.now(world),
        mail.content.to,
        standing.persona,
        act,
        outcome.label,
        int(stop),
        outcome.ends,
        stage,
        mail.content.custom_args.get("action_key", ""),
        mail.content.x_message_id,
        resume_on,
        refers_to,
        reply_id,
    )
    world.db.execute(f"INSERT INTO buyers_acts VALUES (NULL{', ?' * len(values)})", values)


def acts(world: World) -> list[dict[str, object]]:
    """The truth of every act so far, in the order in which they happened."""
    rows = world.db.execute("SELECT * FROM buyers_acts ORDER BY at, email, id").fetchall()
    return [_act(row) for row in rows]


def _act(row: sqlite3.Row) -> dict[str, object]:
    at = agenda.moment(row["at"]).isoformat()
    empty_to_none = {
        key: row[key] or None for key in ("ends", "stage", "message_key", "resume_on", "refers_to", "reply_id")
    }
    return {
        "at": at,
        "email": row["email"],
        "persona": row["persona"],
        "act": row["act"],
        "label": row["label"] or None,
        "stop": bool(row["stop"]),
        "x_message_id": row["x_message_id"],
        **empty_to_none,
    }

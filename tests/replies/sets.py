"""The labelled replies under tests/data/replies, as values.

`known` are those the rules were written from; `train` taught the model and the rules; `validation` fitted the
calibration; `test` is frozen: nothing was ever tuned on it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from closeloop.adapters.replies.letter import Mail
from closeloop.adapters.replies.reader import RuleReplyReader
from closeloop.adapters.replies.second_opinion import RulesSay
from closeloop.domain.signals import Label, Understanding

FOLDER = Path(__file__).parents[1] / "data" / "replies"
TRAINED_ON = ("train", "known", "fresh")
FROZEN = "test"
SENDER = "clara@orland.example"
SUBJECT = "Re: A question about how your team works today"
RECEIVED = "2026-11-23T09:00:00Z"


@dataclass(frozen=True)
class Reply:
    """A reply and what a careful person says it means."""

    id: str
    language: str
    subject: str
    body: str
    headers: str
    sender: str
    received_at: datetime
    labels: frozenset[Label]
    primary: Label
    resume_on: date | None
    refers_to: dict[str, str] | None
    stop: bool


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.jsonl"


@cache
def read(name: str) -> tuple[Reply, ...]:
    """All replies of a set."""
    return tuple(_reply(json.loads(line)) for line in path_of(name).read_text(encoding="utf-8").splitlines())


def _reply(row: dict[str, Any]) -> Reply:
    return Reply(
        id=row["id"],
        language=row.get("language") or row["id"][:2],
        subject=row.get("subject", SUBJECT),
        body=row["body"],
        headers=row.get("headers", ""),
        sender=row.get("from", SENDER),
        received_at=datetime.fromisoformat(row.get("received_at", RECEIVED)),
        labels=frozenset(map(Label, row["labels"])),
        primary=Label(row["primary"]),
        resume_on=date.fromisoformat(row["resume_on"]) if row.get("resume_on") else None,
        refers_to=row.get("refers_to"),
        stop=row["stop"],
    )


@cache
def reader() -> RuleReplyReader:
    return RuleReplyReader()


def understood(reply: Reply) -> Understanding:
    return reader().understand(
        subject=reply.subject,
        text=reply.body,
        headers=reply.headers,
        sender=reply.sender,
        received_at=reply.received_at,
    )


def rules_alone(reply: Reply) -> RulesSay:
    """What the rules say without the model."""
    return reader().rules_alone(Mail(reply.subject, reply.body, reply.headers, reply.sender, reply.received_at))

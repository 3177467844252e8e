"""The labelled replies that the rules were written from, as values; each test measures another side of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from closeloop.adapters.replies.reader import RuleReplyReader
from closeloop.domain.signals import Label, Understanding
from tests.replies.sets import path_of

FILE = path_of("known")
READER = RuleReplyReader()
RECEIVED = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
SENDER = "clara@orland.example"


@dataclass(frozen=True)
class Labelled:
    """A reply and what a careful person says it means."""

    id: str
    language: str
    labels: frozenset[Label]
    primary: Label
    resume_on: date | None
    refers_to: dict[str, str] | None
    stop: bool
    found: Understanding


def understand(text: str, *, subject: str = "Re: A question", headers: str = "") -> Understanding:
    return READER.understand(subject=subject, text=text, headers=headers, sender=SENDER, received_at=RECEIVED)


@cache
def labelled() -> tuple[Labelled, ...]:
    return tuple(_labelled(json.loads(line)) for line in FILE.read_text(encoding="utf-8").splitlines())


def _labelled(row: dict[str, Any]) -> Labelled:
    found = READER.understand(
        subject=row["subject"],
        text=row["body"],
        headers=row["headers"],
        sender=SENDER,
        received_at=datetime.fromisoformat(row["received_at"]),
    )
    return Labelled(
        id=row["id"],
        language=row["id"][:2],
        labels=frozenset(map(Label, row["labels"])),
        primary=Label(row["primary"]),
        resume_on=date.fromisoformat(row["resume_on"]) if row["resume_on"] else None,
        refers_to=row["refers_to"],
        stop=row["stop"],
        found=found,
    )

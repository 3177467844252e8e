"""Actions: rows of the outbox, their keys, their states and the only moves between them.

The key is built from stable ids and counters alone. It holds no date text, no playbook version and nothing
random, so planning the same touch twice, in any process, is one row.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any

from pydantic import Field

from closeloop.domain.record import Moment, Record
from closeloop.domain.stage import Stage


class ActionKind(StrEnum):
    """What an action does in the outside world."""

    EMAIL = "email"
    TASK = "task"
    CONVERT = "convert"
    FILE = "file"
    EVENT = "event"
    CAMPAIGN = "campaign"


class ActionState(StrEnum):
    """Where an action is. Only the moves in `MOVES` exist."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    """a worker has it, and committed that before any network call"""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    """the last look found a reason not to"""
    UNCERTAIN = "uncertain"
    """it may have happened: settled by evidence, never by doing it again"""


MOVES: dict[ActionState, frozenset[ActionState]] = {
    ActionState.PLANNED: frozenset(
        {
            ActionState.CLAIMED,
            ActionState.SKIPPED,
            ActionState.ACCEPTED,  # proof came late that an earlier attempt did it after all
        }
    ),
    ActionState.CLAIMED: frozenset(
        {
            ActionState.ACCEPTED,
            ActionState.REJECTED,
            ActionState.SKIPPED,
            ActionState.UNCERTAIN,
            ActionState.PLANNED,  # a retry: we know that it did not happen
        }
    ),
    ActionState.UNCERTAIN: frozenset(
        {
            ActionState.ACCEPTED,
            ActionState.REJECTED,
            ActionState.PLANNED,
            ActionState.SKIPPED,  # its worker was heard of after all: the last look had found a reason not to
        }
    ),
    ActionState.ACCEPTED: frozenset(),
    ActionState.REJECTED: frozenset(),
    ActionState.SKIPPED: frozenset(),
}


def may_move(old: ActionState, new: ActionState) -> bool:
    """True when the ledger may write this move."""
    return new in MOVES[old]


class Action(Record):
    """Something to do once. `payload` is plain JSON, complete enough to carry the action out."""

    key: str
    kind: ActionKind
    prospect_key: str
    stage: Stage
    due_at: Moment
    payload: dict[str, Any] = Field(default_factory=dict)
    words: str | None = None
    """`words_of` an e-mail: the ledger takes the same words to the same person only once."""


class ClaimedAction(Action):
    """An action a worker holds, with the attempt it is on (1 for the first)."""

    attempt: int


class Settlement(Record):
    """How a claimed action ended, or what evidence says of it. `retry_at` only with PLANNED."""

    key: str
    attempt: int
    """The claim this is about: `ClaimedAction.attempt` as it was claimed or read. A later claim is not touched."""
    state: ActionState
    detail: str = ""
    provider_id: str | None = None
    retry_at: Moment | None = None


def action_key(kind: ActionKind, prospect_key: str, *parts: str | int) -> str:
    """`email:00Q…:approach:1:2` and the like; refuses parts that could make two keys look alike."""
    texts = [kind.value, prospect_key, *(str(part) for part in parts)]
    if any(":" in text or not text for text in texts):
        raise ValueError(f"an action key is made of plain ids and counters, not of {texts}")
    return ":".join(texts)


def words_of(subject: str, text: str) -> str:
    """The mark by which a mail that says the same, to the letter, is known again."""
    return hashlib.sha256(f"{subject}\n{text}".encode()).hexdigest()

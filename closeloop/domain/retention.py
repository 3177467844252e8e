"""How long what people wrote, and what was written to them, is kept in full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from closeloop.domain.record import Record

BLANKED = "blanked"
"""In a payload: its words were taken out."""
NO_LONGER = "(no longer kept)"
BODY = frozenset({"text", "html", "subject", "description", "asked", "calendar"})
"""Of an action: the words of a mail, and of the Task that logs it."""
KEPT_OF_A_SIGNAL = frozenset({"try", "reason", "status", "type"})
"""Without these, news about a mail in doubt could not be told from news about another attempt."""

EVENTS_DAYS_AT_LEAST = 8
"""An event is known again by its row: Salesforce repeats a message for up to seven days, a stream for three."""


class Retention(Record):
    """Windows in days; None keeps for ever. What is older is blanked: keys, hashes, states and times stay."""

    replies_days: int | None = Field(default=None, ge=1)
    """What came in: replies, events, clicks."""
    mail_bodies_days: int | None = Field(default=None, ge=1)
    """Mails that went out or were called off, and their logs."""
    receipts_days: int | None = Field(default=None, ge=1)
    """The values seen at the last look before a send; its verdict and time stay."""
    events_days: int | None = Field(default=None, ge=EVENTS_DAYS_AT_LEAST)
    """That records of the CRM changed. Nothing of such a row stays."""


def without_body(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What stays of an action's payload."""
    return {name: NO_LONGER if name in BODY else value for name, value in payload.items()} | {BLANKED: True}


def without_words(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What stays of a signal's payload."""
    return {name: value for name, value in payload.items() if name in KEPT_OF_A_SIGNAL} | {BLANKED: True}

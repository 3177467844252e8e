"""The seven stages and where a prospect stands in them."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """The seven stages, in order."""

    PROSPECTING = "prospecting"
    PREPARATION = "preparation"
    APPROACH = "approach"
    PRESENTATION = "presentation"
    OBJECTIONS = "objections"
    CLOSING = "closing"
    FOLLOW_UP = "follow_up"

    @property
    def number(self) -> int:
        """1 for prospecting to 7 for follow-up."""
        return _NUMBERS[self]


_NUMBERS = {stage: number for number, stage in enumerate(Stage, 1)}


class Standing(StrEnum):
    """What the process may still do with a prospect."""

    OPEN = "open"
    """worked now"""
    NURTURE = "nurture"
    """sleeps until its date, then the follow-up stage wakes it"""
    CUSTOMER = "customer"
    """bought; follow-up never ends"""
    LOST = "lost"
    """said no for now; win-back has a date"""
    DISQUALIFIED = "disqualified"
    """does not fit; kept, never written to"""
    STOPPED = "stopped"
    """opted out, legal, left, bounced: no automated mail ever again"""

    @property
    def may_be_written_to(self) -> bool:
        return self not in {Standing.DISQUALIFIED, Standing.STOPPED}


class Profile(StrEnum):
    """How far a contact has been understood: lead, then prospect, then opportunity."""

    LEAD = "lead"
    PROSPECT = "prospect"
    OPPORTUNITY = "opportunity"

"""How a deal ended, and why: one word that can be counted, and the words behind it."""

from __future__ import annotations

from enum import StrEnum

from closeloop.domain.record import Moment, Record
from closeloop.domain.signals import Label


class Why(StrEnum):
    """The reason of an ending, as it is counted."""

    ORDER = "order"
    """won: they said yes when we asked"""
    BY_PEOPLE = "by_people"
    """a person closed it in the CRM and gave no reason"""
    PRICE = "price"
    TIMING = "timing"
    AUTHORITY = "authority"
    NEED = "need"
    COMPETITOR = "competitor"
    TRUST = "trust"
    PRODUCT = "product"
    BRUSH_OFF = "brush_off"
    NO_ANSWER = "no_answer"
    OPTED_OUT = "opted_out"
    UNREACHABLE = "unreachable"
    """the address bounced, or the person left"""
    NO_FIT = "no_fit"
    OTHER = "other"
    """a person's own words, in the CRM"""

    @property
    def in_words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Why.ORDER: "said yes when we asked",
    Why.BY_PEOPLE: "closed by a person, no reason given",
    Why.PRICE: "price",
    Why.TIMING: "timing",
    Why.AUTHORITY: "who decides",
    Why.NEED: "no need",
    Why.COMPETITOR: "uses something else",
    Why.TRUST: "trust",
    Why.PRODUCT: "something is missing",
    Why.BRUSH_OFF: "said no, without a reason",
    Why.NO_ANSWER: "no answer any more",
    Why.OPTED_OUT: "does not want our mails",
    Why.UNREACHABLE: "cannot be reached any more",
    Why.NO_FIT: "does not fit",
    Why.OTHER: "in a person's own words",
}


class Ending(Record):
    """Won or lost, and why."""

    won: bool
    why: Why
    words: str
    """What was said or seen, in full."""
    at: Moment
    after: str | None = None
    """The close that was tried last, such as `scarcity`."""


def objected(label: str) -> Why:
    """The reason of a deal that an objection ended."""
    return Why(label.removeprefix("objection_"))


def stopped(reason: str, *, opted_out: bool, no_fit: bool) -> Why:
    """The reason of a deal that ended because nobody may be written to any more."""
    if opted_out:
        return Why.OPTED_OUT
    if no_fit:
        return Why.NO_FIT
    gone = ("bounced", Label.LEFT_COMPANY.in_words, Label.WRONG_PERSON.in_words, "refused the message")
    return Why.UNREACHABLE if any(word in reason for word in gone) else Why.OTHER

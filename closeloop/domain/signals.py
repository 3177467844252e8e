"""Signals: what the outside world told us, each stored once and applied once."""

from __future__ import annotations

from datetime import date, time
from enum import StrEnum
from typing import Any

from pydantic import Field

from closeloop.domain.record import Moment, Record, Share


class SignalKind(StrEnum):
    """A closed set; anything else is refused at the door."""

    REPLY = "reply"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    BLOCKED = "blocked"
    DROPPED = "dropped"
    SPAM_REPORT = "spam_report"
    UNSUBSCRIBED = "unsubscribed"
    PROCESSED = "processed"
    CRM_CHANGED = "crm_changed"


class Label(StrEnum):
    """What a reply says. The meaning of each is in the README's table of reply labels."""

    INTERESTED = "interested"
    MEETING = "meeting"
    QUESTION = "question"
    OBJECTION_PRICE = "objection_price"
    OBJECTION_TIMING = "objection_timing"
    OBJECTION_AUTHORITY = "objection_authority"
    OBJECTION_NEED = "objection_need"
    OBJECTION_COMPETITOR = "objection_competitor"
    OBJECTION_TRUST = "objection_trust"
    OBJECTION_PRODUCT = "objection_product"
    BRUSH_OFF = "brush_off"
    NOT_NOW = "not_now"
    REFERRAL = "referral"
    WRONG_PERSON = "wrong_person"
    LEFT_COMPANY = "left_company"
    OUT_OF_OFFICE = "out_of_office"
    AUTO_REPLY = "auto_reply"
    UNSUBSCRIBE = "unsubscribe"
    LEGAL = "legal"
    BOUNCE = "bounce"
    OTHER = "other"

    @property
    def in_words(self) -> str:
        """As people say it, behind a colon: `replied: has left the company`."""
        return _IN_WORDS[self]

    @property
    def is_objection(self) -> bool:
        return self.value.startswith("objection_") or self is Label.BRUSH_OFF

    @property
    def is_automatic(self) -> bool:
        return self in {Label.OUT_OF_OFFICE, Label.AUTO_REPLY}


_IN_WORDS = {
    Label.INTERESTED: "is interested",
    Label.MEETING: "a meeting",
    Label.QUESTION: "a question",
    Label.OBJECTION_PRICE: "the price",
    Label.OBJECTION_TIMING: "a bad moment",
    Label.OBJECTION_AUTHORITY: "somebody else decides",
    Label.OBJECTION_NEED: "no need",
    Label.OBJECTION_COMPETITOR: "uses another supplier",
    Label.OBJECTION_TRUST: "doubts about us",
    Label.OBJECTION_PRODUCT: "something is missing in the product",
    Label.BRUSH_OFF: "a short no",
    Label.NOT_NOW: "not now",
    Label.REFERRAL: "named a colleague",
    Label.WRONG_PERSON: "is the wrong person",
    Label.LEFT_COMPANY: "has left the company",
    Label.OUT_OF_OFFICE: "is away",
    Label.AUTO_REPLY: "an automatic reply",
    Label.UNSUBSCRIBE: "asked us to stop",
    Label.LEGAL: "a legal demand",
    Label.BOUNCE: "could not be delivered",
    Label.OTHER: "something the rules do not know",
}
STOPPING_LABELS = frozenset({Label.UNSUBSCRIBE, Label.LEGAL, Label.LEFT_COMPANY, Label.WRONG_PERSON})
STOPPING_KINDS = frozenset({SignalKind.BOUNCED, SignalKind.SPAM_REPORT, SignalKind.UNSUBSCRIBED})


SignalId = tuple[str, str]
"""Source and the source's own id: two sources may well use the same one."""


class Signal(Record):
    """One inbound fact. `id` is the source's own id: the same fact of a source is never applied twice."""

    id: str
    source: str
    """`sendgrid`, `inbound`, `gateway` or `crm`."""
    kind: SignalKind
    occurred_at: Moment
    prospect_key: str | None = None
    action_key: str | None = None
    address: str | None = None
    payload: dict[str, Any] = Field(default_factory=dict)
    """For a reply: `subject`, `text`, `headers`, `to`. Otherwise the source's own words."""

    @property
    def identity(self) -> SignalId:
        return self.source, self.id


def name_of_signal(signal: Signal) -> str:
    """Its identity as one word, for places where a name is kept as text."""
    return f"{signal.source}:{signal.id}"


class Proposed(Record):
    """A day for a meeting, as the customer named or accepted it."""

    on: date
    at: time | None = None
    """The hour on the customer's own clock, whose time zone nobody wrote down; None when none was named."""


class Understanding(Record):
    """What a reply means."""

    labels: tuple[Label, ...]
    primary: Label
    confidence: Share
    abstained: bool = False
    resume_on: Moment | None = None
    refers_to: dict[str, str] | None = None
    """`name` and/or `email` of the colleague a referral or an absence note points to."""
    proposed_for: Proposed | None = None
    """When a meeting is proposed or accepted for; None where no day was named."""
    stop: bool = False
    said: str = ""
    """The person's own words, quotes and signature cut."""

"""Signals: what the outside world told us, each stored once and applied once."""

from __future__ import annotations

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
    def is_objection(self) -> bool:
        return self.value.startswith("objection_") or self is Label.BRUSH_OFF

    @property
    def is_automatic(self) -> bool:
        return self in {Label.OUT_OF_OFFICE, Label.AUTO_REPLY}


STOPPING_LABELS = frozenset({Label.UNSUBSCRIBE, Label.LEGAL, Label.LEFT_COMPANY, Label.WRONG_PERSON})
STOPPING_KINDS = frozenset({SignalKind.BOUNCED, SignalKind.SPAM_REPORT, SignalKind.UNSUBSCRIBED})


class Signal(Record):
    """One inbound fact. `id` is the source's own id: the same id is never applied twice."""

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


class Understanding(Record):
    """What a reply means."""

    labels: tuple[Label, ...]
    primary: Label
    confidence: Share
    abstained: bool = False
    resume_on: Moment | None = None
    refers_to: dict[str, str] | None = None
    """`name` and/or `email` of the colleague a referral or an absence note points to."""
    stop: bool = False
    said: str = ""
    """The person's own words, quotes and signature cut."""

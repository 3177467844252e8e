"""Approvals: what a person must say yes to before it happens, until when, and what silence means.

Invariant: an approval is decided once. It names what was asked by its mark, and what may happen by the mark of what
was approved, so that nothing but the approved words (or the approved deck) ever leaves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from closeloop.domain.business_days import Place, add_business_days, is_business_day, local
from closeloop.domain.record import Moment, Record, Share

OPENS, CLOSES = 9, 17
"""Business hours, by the clock of the house."""


class ApprovalKind(StrEnum):
    """What is asked about."""

    DECK = "deck"
    FIRST_MAIL = "first_mail"
    INDUCEMENT = "inducement"
    REPLY = "reply"

    @property
    def in_words(self) -> str:
        return {
            "deck": "a draft presentation",
            "first_mail": "a first mail",
            "inducement": "an extra for deciding now",
            "reply": "an answer to a reply that was not understood for certain",
        }[self.value]


class ApprovalState(StrEnum):
    """Where an approval is. Only a waiting one can be decided."""

    WAITING = "waiting"
    APPROVED = "approved"
    EDITED = "edited"
    """approved in the words of whoever approved it"""
    REJECTED = "rejected"
    EXPIRED = "expired"
    """nobody answered in time, and the playbook rejects then"""

    @property
    def is_yes(self) -> bool:
        return self in {ApprovalState.APPROVED, ApprovalState.EDITED}


class OnDeadline(StrEnum):
    """What happens when nobody answers in time."""

    APPROVE = "approve"
    REJECT = "reject"
    HOLD = "hold"
    """It goes on waiting; the one who is asked gets a second Task."""


class ApprovalRule(Record):
    """One thing that needs an approval."""

    ask: Annotated[str, Field(pattern=r"^(owner|005\w{12}(\w{3})?)$")] = "owner"
    """`owner` of the prospect, or the id of one Salesforce user; who gets the Task."""
    hours: Annotated[int, Field(ge=1, le=400)] = 16
    """Business hours to answer in: Monday to Friday, 9 to 17 in the time zone of `sending`."""
    on_deadline: OnDeadline = OnDeadline.HOLD


class FromAmount(ApprovalRule):
    """Asked only from this value of the account or deal on, in the currency of the product."""

    from_amount: Decimal = Field(default=Decimal(0), ge=0)


class UncertainReply(ApprovalRule):
    """Asked where a reply was understood with less certainty than this."""

    below: Share = 0.8


class Approvals(Record):
    """The playbook's section `approvals`. What is left out needs none."""

    deck: FromAmount | None = None
    """A draft presentation, before the prospect moves on to the approach."""
    first_mail: FromAmount | None = None
    """The first mail that somebody at an account of this value gets from us."""
    inducement: FromAmount | None = None
    """A mail that offers the extra of `closing.inducement`."""
    reply: UncertainReply | None = None
    """A mail that answers what the person wrote."""

    def rule(self, kind: ApprovalKind) -> ApprovalRule | None:
        found: ApprovalRule | None = getattr(self, kind.value)
        return found


class Approval(Record):
    """What is asked of a person, and what they said."""

    id: str
    kind: ApprovalKind
    prospect_key: str
    action_key: str | None = None
    """The mail that waits for it; None for a deck."""
    deck: str | None = None
    """Path of the draft, relative to the home folder."""
    asked_mark: str
    """Of the words, or the file, as they were when somebody was asked."""
    asked_at: Moment
    deadline: Moment | None
    """None once it has passed and the playbook holds."""
    on_deadline: OnDeadline
    ask: str = "owner"
    amount: Decimal | None = None
    state: ApprovalState = ApprovalState.WAITING
    mark: str | None = None
    """Of what may happen now; None while nobody has said yes."""
    decided_by: str | None = None
    decided_at: Moment | None = None
    reason: str = ""

    @property
    def said(self) -> str:
        """How it ended, in words; empty while it waits."""
        if self.state is ApprovalState.WAITING or self.decided_at is None:
            return ""
        why = f": {self.reason}" if self.reason else ""
        verb = {"edited": "approved with changes", "expired": "not approved in time"}.get(self.state, self.state)
        return f"{verb} by {self.decided_by} on {self.decided_at:%Y-%m-%d at %H:%M} UTC{why}"


class Answer(NamedTuple):
    """What somebody said to an approval."""

    id: str
    state: ApprovalState
    by: str
    at: datetime
    reason: str
    mark: str | None
    """Of what they approved."""


def approval_id(thing: str) -> str:
    """The short name of the approval of this thing (the key of a mail, or a draft): the same in any process."""
    return f"ap-{hashlib.sha256(thing.encode()).hexdigest()[:10]}"


def mail_mark(payload: Mapping[str, Any]) -> str:
    """By which the words of a mail are known again, to the letter: subject, text and HTML."""
    whole = "\x00".join(str(payload.get(part, "")) for part in ("subject", "text", "html"))
    return hashlib.sha256(whole.encode()).hexdigest()


def file_mark(content: bytes) -> str:
    """By which a deck is known again."""
    return hashlib.sha256(content).hexdigest()


def deadline(asked_at: datetime, hours: int, time_zone: str) -> datetime:
    """So many business hours after the question."""
    place = Place(None, time_zone)
    moment, left = _open(asked_at, place), timedelta(hours=hours)
    while left > (room := _closing(moment, place) - moment):
        left -= room
        moment = _open(_closing(moment, place), place)
    return moment + left


def _open(moment: datetime, place: Place) -> datetime:
    """This moment if the house works then, else the next at which it does."""
    here = local(moment, place)
    if here.hour >= CLOSES:
        moment += timedelta(days=1)
    if here.hour >= CLOSES or here.hour < OPENS or not is_business_day(moment, place):
        day = add_business_days(moment, 0, place)
        opened = local(day, place).replace(hour=OPENS, minute=0, second=0, microsecond=0)
        return opened.astimezone(moment.tzinfo)
    return moment


def _closing(moment: datetime, place: Place) -> datetime:
    closed = local(moment, place).replace(hour=CLOSES, minute=0, second=0, microsecond=0)
    return closed.astimezone(moment.tzinfo)

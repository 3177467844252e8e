"""Decisions: the answers of the rules. Each names its rule and its reasons, so that `why` can tell the story."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import Field

from closeloop.domain.appointments import Appointment
from closeloop.domain.endings import Why
from closeloop.domain.prospect import NextStep, Objection
from closeloop.domain.record import Moment, Record
from closeloop.domain.stage import Profile, Stage, Standing


class Channel(StrEnum):
    """How a touch reaches the prospect. All but e-mail become Tasks for the owner."""

    EMAIL = "email"
    CALL = "call"
    SOCIAL = "social"
    MEETING = "meeting"


class Decision(Record):
    """What the rules answer for one prospect."""

    rule: str
    """`<stage>.<rule>`, the name a person finds in the playbook and the code."""
    reasons: tuple[str, ...] = Field(min_length=1)


class Touch(Decision):
    """Carry out one outbound step."""

    channel: Channel
    template: str
    """E-mail: the template's name. Otherwise the Task's subject."""
    step: int
    sequence: str
    then_wait_until: Moment
    asks_for_order: bool = False
    """True when the touch is a close."""
    is_answer: bool = False
    """True when it answers what the person just wrote: it has its own window and no cap."""
    track: str | None = None
    """The track of follow-up it belongs to."""
    variant: str | None = None
    """Name of the wording, where the step has several."""
    props: dict[str, Any] = Field(default_factory=dict)
    """What the rule adds to the template's properties (which objection, which close, which dates)."""


class Qualified(Decision):
    """The prospect fits and is worth the next stage."""

    score: int
    unknown: tuple[str, ...] = ()


class Advance(Decision):
    """Move to another stage."""

    to: Stage
    due_at: Moment | None
    profile: Profile | None = None
    next_step: NextStep | None = None
    amount: Decimal | None = None
    objection: Objection | None = None
    appointment: Appointment | None = None
    """The meeting that the next step is, as it goes into calendars."""


class Draft(Decision):
    """Build the draft presentation from these pains."""

    pains: tuple[str, ...]


class Park(Decision):
    """Sleep until a date, under this standing (nurture, lost or customer)."""

    standing: Standing
    until: Moment | None


class Stop(Decision):
    """No automated mail ever again; `standing` says whether by no fit or by their wish."""

    standing: Standing
    opted_out: bool = False


class Close(Decision):
    """The deal ended."""

    won: bool
    why: Why
    on: date
    come_back_at: Moment | None


class Arrange(Decision):
    """What became of a meeting: moved, answered, called off."""

    appointment: Appointment
    next_step: NextStep
    due_at: Moment | None
    tells_crm: bool = False
    """The Event must follow; False where the CRM, or nobody, said anything that changes it."""


class SetNextStep(Decision):
    """An open deal had no next step that still lies ahead: now it has one, with the reason it is not agreed."""

    next_step: NextStep
    due_at: Moment | None
    subject: str | None = None
    """The owner's Task, where only a person can agree on more."""


class Suggest(Decision):
    """A stalled deal: what its owner is advised to do, once for each cause."""

    cause: str
    subject: str
    evidence: str


class Felt(Decision):
    """A customer said how satisfied they are."""

    satisfied: bool
    due_at: Moment | None
    subject: str | None = None
    """The owner's Task, where they are not."""


class HandOver(Decision):
    """The owner left; somebody goes on, or has to be chosen."""

    to_id: str | None
    to_name: str
    former: str


class Hold(Decision):
    """Do nothing now; look again at `until` (None: only a signal helps)."""

    until: Moment | None = None


class AskHuman(Decision):
    """A person must look: the owner gets a Task with this subject."""

    subject: str
    until: Moment | None = None
    answers_objection: bool = False
    """True when the person answers the open objection in our place."""

"""The playbook's section `closing`: the three closes, what each may promise, and when it is chosen.

Invariant: scarcity has a proof (a last day, seats or stock), an extra has a worth, and whatever else the rules say,
there is always the alternative choice, which promises nothing.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from closeloop.domain.deal_terms import Kind, TermLine, TermRules
from closeloop.domain.record import Record
from closeloop.domain.signals import Label
from closeloop.domain.state_of_mind import Mood
from closeloop.domain.texts import Text

Days = Annotated[int, Field(ge=0, le=730)]


class CloseKind(StrEnum):
    """The three closes."""

    ALTERNATIVE = "alternative"
    INDUCEMENT = "inducement"
    SCARCITY = "scarcity"

    @property
    def template(self) -> str:
        return f"close_{self.value}"

    @property
    def in_words(self) -> str:
        return {
            "alternative": "alternative-choice close",
            "inducement": "extra-inducement close",
            "scarcity": "standing-room-only close",
        }[self.value]


class CloseRule(Record):
    """When one of the closes is chosen. What is left out is no condition."""

    use: CloseKind
    moods: tuple[Mood, ...] = ()
    """The state of mind is one of these."""
    from_amount: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    below_amount: Annotated[Decimal, Field(gt=0)] | None = None
    from_ask: Annotated[int, Field(ge=1, le=10)] = 1
    """1 for the first time that we ask for the order."""
    after: tuple[CloseKind, ...] = ()
    """All of these were tried in this deal."""
    objections: tuple[Label, ...] = ()
    """One of these was raised."""
    unless_objections: tuple[Label, ...] = ()
    """None of these was."""
    price_spoken: bool | None = None
    """Whether they have heard a price or spoken of it."""

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.below_amount is not None and self.below_amount <= self.from_amount:
            raise ValueError(f"no deal is below {self.below_amount} and at least {self.from_amount}")
        if wrong := [one.value for one in (*self.objections, *self.unless_objections) if not one.is_objection]:
            raise ValueError(f"{', '.join(wrong)} is no objection; use objection_* or brush_off")
        return self

    @property
    def is_for_everybody(self) -> bool:
        return self == CloseRule(use=self.use)


class Scarcity(Record):
    """A proof that something really ends: without it nobody is told to hurry."""

    what: Text
    ends_on: date | None = None
    """The last day on which it can be had."""
    seats_left: Annotated[int, Field(ge=1)] | None = None
    stock_left: Annotated[int, Field(ge=1)] | None = None
    counted_on: date | None = None
    """The day seats or stock were counted: each deal won since takes one. Without it, each deal ever won does."""

    @model_validator(mode="after")
    def _is_proved(self) -> Self:
        if self.ends_on is None and self.count is None:
            raise ValueError("scarcity needs a proof: `ends_on`, `seats_left` or `stock_left`")
        if self.seats_left is not None and self.stock_left is not None:
            raise ValueError("scarcity counts either seats or stock: leave out `seats_left` or `stock_left`")
        return self

    @property
    def count(self) -> int | None:
        """Seats or pieces on the day they were counted."""
        return self.seats_left if self.seats_left is not None else self.stock_left

    def left(self, won: int) -> int | None:
        """Seats or pieces now that so many deals were won; None where nothing is counted."""
        return None if self.count is None else max(0, self.count - won)


class Inducement(Record):
    """Something extra for deciding now, within a budget."""

    what: Text
    worth: Decimal = Field(gt=0)
    kind: Kind = Kind.SERVICES
    from_amount: Decimal = Field(ge=0)
    """Only for deals of at least this amount."""
    budget_per_month: Annotated[Decimal, Field(ge=0)] | None = None
    """What all extras that are offered in a calendar month may be worth together; none: no limit."""
    days_to_decide: Annotated[int, Field(ge=3, le=90)] = 14
    """Calendar days that the offer stands."""


def _usual_terms() -> TermRules:
    return TermRules(give=(TermLine(kind=Kind.SERVICES, price="rest"),))


_SPECIAL = (CloseRule(use=CloseKind.INDUCEMENT, from_ask=2), CloseRule(use=CloseKind.SCARCITY, from_ask=2))
EVERYBODY = CloseRule(use=CloseKind.ALTERNATIVE)


class Closing(Record):
    """The three closes and when each may be used."""

    alternatives: tuple[Text, Text]
    """The two ways to say yes of the alternative-choice close."""
    inducement: Inducement | None = None
    scarcity: Scarcity | None = None
    choice: Annotated[tuple[CloseRule, ...], Field(min_length=1)] = (*_SPECIAL, EVERYBODY)
    """The first that fits and whose close may be used; the last one is the alternative choice, for everybody."""
    terms: TermRules = Field(default_factory=_usual_terms)
    valid_days: Annotated[int, Field(ge=7, le=365)] = 30
    """Calendar days that a quote holds."""
    notes: tuple[Text, ...] = ()
    """What a quote says below its totals, such as taxes and the terms of payment."""
    wait_days: Days
    maximum_asks: Annotated[int, Field(ge=1, le=10)]
    come_back_days: Days

    @model_validator(mode="after")
    def _ends_with_everybody(self) -> Self:
        if self.choice[-1] != EVERYBODY:
            raise ValueError("the last rule of closing.choice is `{use: alternative}`, without a condition")
        early = [rule for rule in self.choice[:-1] if rule.is_for_everybody and rule.use is CloseKind.ALTERNATIVE]
        if early:
            raise ValueError("closing.choice: what stands behind `{use: alternative}` is never reached")
        return self

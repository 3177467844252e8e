"""What a sales team decides about its decks: the plan, the next step, how value grows, how old is too old."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from closeloop.domain.record import Record, Share
from closeloop.domain.texts import Text


class DeckRules(Record):
    """The playbook's section `deck`."""

    plan: tuple[Text, ...] = ()
    """`Week 1: connect a copy of the data`: what happens and when, in order; a plain one when there is none."""
    next_step: Text | None = None
    """What the last page asks for."""
    ramp: Annotated[tuple[Share, ...], Field(min_length=1, max_length=12)] = (0.4, 0.9, 1.0)
    """The share of the full saving in each year of the value chart."""
    stale_after_days: Annotated[int, Field(ge=30)] = 1_830
    """A fact older than this is not said to a customer."""

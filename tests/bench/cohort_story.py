"""The story of a cohort: everybody goes through all seven stages, in step, over three weeks of simulated days.

Only what people would do is scripted, which is their replies: plain mails, stored as the gateway stores them and
understood by the product's own reader. Everything else is decided, sent and written by the passes that ops run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from closeloop.application.services import Services
from closeloop.domain.business_days import add_business_days
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Signal, SignalKind
from closeloop.domain.stage import Standing

INTERESTED = "Thank you, this is interesting for us. Please tell me more."
TOO_DEAR = "That is too expensive for us."
CONVINCED = "Good answer, thank you. I am interested, let us go on."
ORDER = "Yes, let us go ahead. Please send the order form."


@dataclass(frozen=True)
class Day:
    """One working day of the cohort: how long after the last one, what everybody answers, what then happens."""

    after: int
    """Business days."""
    reply: str | None
    leads_to: str


STORY = (
    Day(0, None, "prospecting, preparation, approach: the first mail"),
    Day(1, INTERESTED, "presentation: the Lead is converted, the invitation goes out"),
    Day(1, TOO_DEAR, "objections: answered at once"),
    Day(1, CONVINCED, "closing: agreed to decide"),
    Day(1, None, "closing: the order is asked for"),
    Day(1, ORDER, "follow-up: the deal is won"),
    Day(14, None, "follow-up: the first mail to the customer"),
)


EVERYTHING = "all"
"""The flow of a day: every pass once."""
A_WHILE = timedelta(minutes=10)
"""Before the first day, so that our first writes are later than the Leads and the next pull reads them back."""


def live_through(
    work: Services,
    begin: datetime,
    move_to: Callable[[datetime], None],
    run: Callable[[str, datetime], None],
) -> None:
    """Every day of the story: time moves, people answer, the flow runs."""
    today = begin + A_WHILE
    for number, day in enumerate(STORY):
        today = add_business_days(today, day.after)
        move_to(today)
        if day.reply:
            work.ledger.receive(_replies(work.ledger.all_prospects(), day.reply, number, today), today)
        run(EVERYTHING, today)


def _replies(people: Iterable[Prospect], text: str, number: int, now: datetime) -> list[Signal]:
    """One from everybody who was written to and may be written to again."""
    return [
        Signal(
            id=f"reply-{number}-{person.key}",
            source="inbound",
            kind=SignalKind.REPLY,
            occurred_at=now,
            prospect_key=person.key,
            address=person.email,
            payload={"subject": "Re: invoices", "text": text},
        )
        for person in people
        if person.mails and person.standing is Standing.OPEN
    ]

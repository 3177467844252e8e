"""What the code itself says in a mail, in each language of its own: days, money, sources, greetings.

A language needs three things before anybody is written to in it: its tongue here, its templates, and every text
of the playbook. English is the first tongue; the others say the same in their own way.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from closeloop.domain import greeting
from closeloop.domain.fact_words import spoken
from closeloop.domain.objections import PLAIN_WORDS
from closeloop.domain.prospect import Fact
from closeloop.domain.sources import dated_source


class Tongue:
    """English."""

    language = "en"

    def greeting(self, first_name: str | None, last_name: str | None) -> str:
        return greeting.greeting(first_name, last_name, self.language)

    def day(self, on: date) -> str:
        """A day near by: `Friday, 9 January`."""
        return f"{on:%A, %-d %B}"

    def day_and_hour(self, moment: datetime) -> str:
        """`Friday, 9 January at 10:00`, on the clock that the moment is told in."""
        return f"{self.day(moment.date())} at {moment:%H:%M}"

    def full_date(self, on: date) -> str:
        """`30 April 2026`."""
        return f"{on:%-d %B %Y}"

    def money(self, amount: Decimal, currency: str) -> str:
        """`EUR 12,500`; cents only when there are some."""
        return f"{currency} {digits(amount)}"

    def fact(self, fact: Fact) -> str:
        """The value of a fact, as it stands in a sentence."""
        return spoken(fact)

    def source(self, fact: Fact) -> str:
        """Where a fact was read, and for which period it holds."""
        return dated_source(fact)

    def filled(self, sentence: str, company: str, value: str) -> str:
        """A sentence of the playbook with its two blanks filled in; what is filled in is not read again."""
        parts = sentence.replace("{company}", "\0").replace("{value}", "\1")
        return parts.translate({0: company, 1: value})

    def proof(self, proof: str, source: str) -> str:
        return f"{proof} ({source})"

    def objection(self, label: str) -> str:
        """What is in the way, in plain words that fit behind `about`."""
        return PLAIN_WORDS[label]

    def room_left(self, what: str, left: int | None, until: date | None, *, pieces: bool = False) -> str:
        """The scarcity that the playbook proves: what is left, and its last day."""
        room = None if left is None else f"{left} left in stock" if pieces else f"{left} left"
        end = f"until {self.full_date(until)}" if until else None
        return f"{what}: {', '.join(part for part in (room, end) if part)}"

    def agenda(self, company: str, product: str) -> tuple[str, ...]:
        """What a first meeting is about."""
        return (
            f"What we understood about {company}, and what we got wrong",
            f"Where {product} would help, and where not",
            "The numbers behind it",
            "What happens next",
        )

    def particles(self, particle: str | None) -> tuple[str, str]:
        """How this writer politely ends a statement and a question; empty where the language has no such word."""
        return "", ""


def digits(amount: Decimal) -> str:
    """`12,500`; cents only when there are some."""
    return f"{amount:,.{0 if amount == amount.to_integral_value() else 2}f}"


ENGLISH = Tongue()

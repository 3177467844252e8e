"""What a draft presentation says: pure content, every claim with its source; adapters turn it into slides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from closeloop.domain.messages import PainProps, SenderProps
from closeloop.domain.record import Record


class Evidence(Record):
    """A fact a slide may show, with where it comes from and how old it is."""

    label: str
    value: str
    source: str
    as_of: str | None = None


class ValuePoint(Record):
    """One year of the value chart."""

    year: int
    saving: Decimal
    cost: Decimal


class DeckContent(Record):
    """A tailored presentation: agenda, their situation, so-what pages, value, plan, next step."""

    prospect_key: str
    title: str
    audience: str
    """`Anna Okafor, Head of Finance, Volvo`; only what is known."""
    company: str
    on: date
    language: str
    sender: SenderProps
    agenda: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    pains: tuple[PainProps, ...]
    currency: str
    value: tuple[ValuePoint, ...]
    assumptions: tuple[str, ...]
    plan: tuple[str, ...]
    """`Week 1: connect the ledger` and so on."""
    next_step: str
    questions: tuple[str, ...]
    """Speaker notes: what to ask, because it is unknown."""


class Finding(Record):
    """A reason why a draft may not be shown."""

    slide: int
    problem: str
    broken: bool = False
    """True when building failed: a fault of the program or the master, not of what the draft says."""

"""How old a fact is, and whether too old to be said: by the period its source gives, else by when it was read."""

from __future__ import annotations

import re
from datetime import date

from closeloop.domain.prospect import Fact

_YEAR = re.compile(r"\b(19|20)\d\d\b")
TIMELESS = frozenset({"founded", "company_type", "industry", "headquarters", "country", "listed"})
"""Facts that do not wear out by the year; when they were read says enough."""


def day_of(fact: Fact) -> date:
    """The last day for which the value is known to hold: of `2024`, its 31 December."""
    read = fact.observed_at.date()
    if not fact.as_of or fact.name in TIMELESS:
        return read
    try:
        return date.fromisoformat(fact.as_of[:10])
    except ValueError:
        years = [int(found.group()) for found in _YEAR.finditer(fact.as_of)]
        return date(max(years), 12, 31) if years else read


def too_old(fact: Fact, on: date, days: int) -> bool:
    """Whether the value is older than so many days."""
    return (on - day_of(fact)).days > days

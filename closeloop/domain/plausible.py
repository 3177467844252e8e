"""Whether a fact can be true at all. What no company can be (a million staff times ten, founded next year, a page
of HTML for an industry) is kept with its source and never believed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from closeloop.domain.countries import country_code
from closeloop.domain.firmographics import LARGEST_EMPLOYER
from closeloop.domain.prospect import Fact, FactValue

LARGEST_REVENUE = Decimal(10) ** 13
OLDEST = 500
LONGEST_TEXT = 600
_STRANGE = re.compile(r"[<>{}\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069]")
"""Markup, template tags, control and direction marks: no such thing is a company's fact."""


def implausible(fact: Fact, now: datetime) -> str | None:
    """Why this cannot be true; None when it can."""
    check = _CHECKS.get(fact.name)
    return check(fact.value, now) if check else _text(fact.value)


def _employees(value: FactValue, _now: datetime) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return None if whole and 0 < int(value) <= LARGEST_EMPLOYER else "is no number of people"


def _revenue(value: FactValue, _now: datetime) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return "is no amount"
    amount = Decimal(value)
    return None if amount.is_finite() and 0 < amount <= LARGEST_REVENUE else "is no amount a company takes"


def _founded(value: FactValue, now: datetime) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return None if whole and OLDEST <= int(value) <= now.year else "is no year of the past"


def _country(value: FactValue, _now: datetime) -> str | None:
    return None if isinstance(value, str) and country_code(value) else "is no country"


def _flag(value: FactValue, _now: datetime) -> str | None:
    return None if isinstance(value, bool) else "is neither yes nor no"


def _text(value: FactValue) -> str | None:
    if not isinstance(value, str):
        return None
    if not value.strip():
        return "is empty"
    if len(value) > LONGEST_TEXT:
        return f"has {len(value)} characters"
    return "holds signs that no such text has" if _STRANGE.search(value) else None


_CHECKS: dict[str, Callable[[FactValue, datetime], str | None]] = {
    "employees": _employees,
    "annual_revenue_usd": _revenue,
    "founded": _founded,
    "country": _country,
    "listed": _flag,
    "accepts_mail": _flag,
}

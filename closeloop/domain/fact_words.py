"""A fact's value in words: with its unit, its currency and its thousands."""

from __future__ import annotations

from decimal import Decimal

from closeloop.domain.prospect import Fact


def spoken(fact: Fact) -> str:
    """A fact's value as a person writes it: `12,700`, `US$ 3.8 billion`, `Manufacturing`."""
    value = fact.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if fact.name == "annual_revenue_usd" and isinstance(value, int | Decimal):
        return _large_dollars(Decimal(value))
    if fact.name == "founded":
        return str(value)
    if isinstance(value, int | Decimal):
        return f"{value:,.0f}"
    return str(value)


def _large_dollars(value: Decimal) -> str:
    for size, word in ((Decimal(10) ** 9, "billion"), (Decimal(10) ** 6, "million")):
        if value >= size:
            return f"US$ {value / size:.1f} {word}"
    return f"US$ {value:,.0f}"

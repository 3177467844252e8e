"""The fixed words of a deck in the reader's language, and how that language writes dates and money.

English stands in for a language that `words.toml` does not hold; nothing is ever translated by guess.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "words.toml"
_FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `say` fills a phrase, `note` a line for the speaker."""

    tag: str
    table: Mapping[str, Any]

    def say(self, key: str, **values: object) -> str:
        return str(self.table[key]).format(**values)

    def note(self, key: str, **values: object) -> str:
        return str(self.table["notes"][key]).format(**values)

    def day(self, on: date) -> str:
        """A date written out; in Thai with the year of the Buddhist era."""
        months: list[str] = self.table["months"]
        return self.say("date", day=on.day, month=months[on.month - 1], year=self.year(on.year))

    def year(self, year: int) -> str:
        """A year as this language counts them."""
        return str(year + int(self.table["era"]))

    def age(self, as_of: str | None, seen: date | None) -> str:
        """How old a claim is: the period its source gives, else the day it was read; empty when nobody knows."""
        if as_of:
            return self._period(as_of)
        return self.say("seen", date=self._short(seen)) if seen else ""

    def _period(self, as_of: str) -> str:
        if not int(self.table["era"]):
            return as_of
        try:
            return self.year(int(as_of)) if len(as_of) == 4 else self._short(date.fromisoformat(as_of))
        except ValueError:  # a period in words, such as `first half of 2026`
            return as_of

    def _short(self, on: date) -> str:
        return self.say("short_date", iso=on.isoformat(), day=on.day, month=on.month, year=self.year(on.year))

    def money(self, currency: str, amount: Decimal) -> str:
        """`EUR 540,000`, and from ten million on `EUR 12.4 million`."""
        sign = "-" if amount < 0 else ""
        size = abs(amount)
        for unit, name in ((Decimal(10) ** 9, "billion"), (Decimal(10) ** 6, "million")):
            if size >= 10 * unit:
                amount_in_units = f"{size / unit:,.1f}".removesuffix(".0")
                return f"{currency} {sign}{amount_in_units} {self.say(name)}".strip()
        return f"{currency} {sign}{size:,.0f}".strip()


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def words_for(language: str) -> Words:
    """The words for a language such as `th` or `en-GB`."""
    primary = language.replace("_", "-").split("-")[0].lower()
    table = _tables().get(primary, _tables()[_FALLBACK])
    return Words(tag=table["tag"], table=table)

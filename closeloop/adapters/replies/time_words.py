"""The words of one language for days, months and spans, compiled from its rule file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any


class TimeWords:
    """The words of one language as lookups, and its expressions compiled."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        """`raw` is the `dates` part of a rule file. Raises `KeyError` or `re.error` for a broken one."""
        self.months = _numbered(raw["months"])
        self.weekdays = _numbered(raw["weekdays"])
        self.numbers: dict[str, float] = {str(word): float(n) for word, n in raw["numbers"].items()}
        self.units: dict[str, str] = {str(word): unit for word, unit in raw["units"].items()}
        self.seasons: dict[str, int | str] = raw["seasons"]
        self.after_season: dict[str, int] = raw["after_season"]
        self.nth: dict[str, int] = {str(word): n for word, n in raw["nth"].items()}
        self.parts: dict[str, int] = raw["parts"]
        self.patterns = [
            (name, re.compile(self._filled(pattern)))
            for name, patterns in raw["patterns"].items()
            for pattern in patterns
        ]
        self.last_day = re.compile(raw["last_day"])
        self.not_until = re.compile(raw["not_until"])
        self.after = re.compile(raw["after"])
        self.comes_back = re.compile(raw["return"])
        self.comes_back_after = re.compile(raw["return_after"])
        """What may stand behind a day of return: `on Monday I am back`."""
        self.day_first: bool | None = raw.get("day_first")
        """True where `03/02` is always in February; None where writers differ."""
        self.clock = [re.compile(pattern) for pattern in raw["clock"]]
        """Hours of the day, in the groups `hour`, `minute`, `am`, `pm` and `noon`."""
        self.refused_before = re.compile(raw["refused_before"])
        self.refused_after = re.compile(raw["refused_after"])
        named = [*self.months, *self.weekdays, *self.seasons, *self.units, *map(str, raw["time_words"])]
        self.when = (
            rf"(?:\S{{1,40}}\s){{0,4}}?\W?(?:{_choice(named)}|q[1-4]|h[12]|20\d\d|25\d\d|\d{{1,2}}[./]\d{{1,2}})"
        )
        """The expression of `@when`: up to four words, and then one that names a time."""
        self.any_time = re.compile(rf"\d|{_choice(named)}")

    def _filled(self, pattern: str) -> str:
        choices: dict[str, Iterable[object]] = {
            "MONTH": self.months,
            "WEEKDAY": self.weekdays,
            "NUMBER": self.numbers,
            "UNIT": self.units,
            "SEASON": self.seasons,
        }
        for name, words in choices.items():
            more = r"\d{1,3}|" if name == "NUMBER" else ""
            pattern = re.sub(
                rf"(?<!\w)(?<!<){name}(?!\w)", (f"(?:{more}{_choice(words)})").replace("\\", r"\\"), pattern
            )
        return pattern


def _numbered(entries: list[str]) -> dict[str, int]:
    """Words of an ordered list to their number from 1; several spellings stand in one entry."""
    return {word: number for number, entry in enumerate(entries, 1) for word in str(entry).split()}


def _choice(words: Iterable[object]) -> str:
    return "|".join(re.escape(str(word)) for word in sorted(words, key=lambda word: -len(str(word))))

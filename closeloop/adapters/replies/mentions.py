"""The points in time that a sentence names, as days seen from today.

A named day is that day; a period its first day; `in two weeks` counts from today. A year that is not said is the
one that brings the day next.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from closeloop.adapters.replies.time_words import TimeWords

_NUMERIC = re.compile(
    r"(?<![\d.:,/€$])(?:(?P<iso>20\d\d|25\d\d)-(?P<iso_month>\d\d)-(?P<iso_day>\d\d)"
    r"|(?P<first>\d{1,2})(?P<mark>[./])\s?(?P<second>\d{1,2})(?:(?:\.|/)\s?(?P<year>\d{4}|\d\d(?!\d))?)?)(?![\d:%])"
)
_BUDDHIST_YEARS = 543
_SHORT_BUDDHIST = 60
"""`69` is 2569, which is 2026; nobody plans for 2069."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One point in time in a sentence. `exact` is False for a period, which is its first day."""

    on: date
    start: int
    end: int
    exact: bool
    last: date | None = None
    """The last day of a period that is counted or of which the end is meant: `for a week`, `the end of March`."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a reader of dates needs: the match, today, and the language's words."""

    found: re.Match[str]
    today: date
    words: TimeWords
    past: int

    def group(self, name: str) -> str | None:
        return self.found.groupdict().get(name)


def mentions(
    sentence: str, words: TimeWords, today: date, *, past: int = 0, day_first: bool | None = None
) -> list[Mention]:
    """All points in time of a sentence in order; where two readings overlap, the more exact one counts.

    `day_first` says whether `03/02` is in February, where the language leaves that open.
    """
    found: list[Mention] = []
    for mention in _read(sentence, words, today, past, words.day_first or day_first):
        if all(mention.end <= other.start or mention.start >= other.end for other in found):
            found.append(mention)
    return sorted(found, key=lambda mention: mention.start)


def without_repeats(sentence: str, found: list[Mention]) -> list[Mention]:
    """Without the weekday of `Tuesday, 1 December`: the date says it better."""
    return [
        mention
        for mention, after in zip(found, [*found[1:], None], strict=False)
        if after is None or not (after.exact and _SAME_DAY.fullmatch(sentence[mention.end : after.start]))
    ]


_SAME_DAY = re.compile(r"[\s,(]*(?:(?:the|den|dem|der|el|dia)\s|ที่\s*)?")
"""What stands between the weekday and the date of one and the same day."""


def _read(sentence: str, words: TimeWords, today: date, past: int, day_first: bool | None) -> Iterator[Mention]:
    for found in _NUMERIC.finditer(sentence):
        day = _numeric(found, today, past, day_first)
        if day is not None:
            yield Mention(day, found.start(), found.end(), exact=True)
    for name, expression in words.patterns:
        for found in expression.finditer(sentence):
            seen = _Seen(found, today, words, past)
            day = _READERS[name](seen)
            if day is not None:
                yield Mention(day, found.start(), found.end(), exact=name in _EXACT, last=_last(name, seen, day))


def _last(name: str, seen: _Seen, day: date) -> date | None:
    if name == "relative":
        return day - timedelta(days=1)
    closing = name == "end" or (name == "month" and seen.words.parts.get(seen.group("part") or "", 1) >= _CLOSING)
    if not closing or (name == "end" and seen.words.units.get(seen.group("unit") or "") == "week"):
        return None
    return day.replace(day=monthrange(day.year, day.month)[1])


_CLOSING = 25


def _numeric(found: re.Match[str], today: date, past: int, day_first: bool | None) -> date | None:
    """`14.03.`, `14/03/2027`, `2027-03-14`; where `12/01` may be two days, the one that comes first."""
    if found.group("iso"):
        return _day(_year(found.group("iso")), int(found.group("iso_month")), int(found.group("iso_day")))
    first, second, year = int(found.group("first")), int(found.group("second")), found.group("year")
    european = _dated(year, second, first, today, past)
    if found.group("mark") == ".":
        return (
            european
            if year or found.group().endswith(".") or second > 9 or len(found.group("second")) == 2
            else None
        )
    american = _dated(year, first, second, today, past)
    if day_first is not None:
        return (european or american) if day_first else (american or european)
    both = [day for day in (european, american) if day is not None]
    return min([day for day in both if day >= today - timedelta(days=past)] or both, default=None)


def _dated(year: str | None, month: int, day: int, today: date, past: int) -> date | None:
    """The day in the year that is said, otherwise the next such day (or one not longer past than `past` days)."""
    if year:
        return _day(_year(year), month, day)
    for candidate in (today.year - 1, today.year, today.year + 1, today.year + 2):
        found = _day(candidate, month, day)
        if found is not None and found >= today - timedelta(days=past):
            return found
    return None


def _year(said: str) -> int:
    year = int(said)
    if year < 100:
        year += 2500 if year >= _SHORT_BUDDHIST else 2000
    return year - _BUDDHIST_YEARS if year > 2400 else year


def _day(year: int, month: int, day: int) -> date | None:
    valid = 1 <= month <= 12 and 1900 <= year <= 2200 and 1 <= day <= monthrange(year, month)[1]
    return date(year, month, day) if valid else None


def _named_day(seen: _Seen) -> date | None:
    day, month = int(seen.group("day") or 0), seen.group("month")
    if month is None:
        return _day_of_month(day, seen.today)
    return _dated(seen.group("year"), seen.words.months[month], day, seen.today, seen.past)


def _day_of_month(day: int, today: date) -> date | None:
    """`the 14th`: of this month if it is still to come, otherwise of the next."""
    found = _day(today.year, today.month, day)
    if found is not None and found >= today:
        return found
    after = _add_months(today, 1)
    return _day(after.year, after.month, day)


def _relative(seen: _Seen) -> date | None:
    if seen.group("half"):
        return _clamped(seen.today, 6)
    said = " ".join((seen.group("number") or "1").split())
    number = float(said) if said.isdigit() else seen.words.numbers[said]
    return _later(seen.today, number, seen.words.units[seen.group("unit") or ""])


def _later(today: date, number: float, unit: str) -> date | None:
    days = {"day": 1, "week": 7, "fortnight": 14}.get(unit)
    if number > 400:
        return None
    if days is not None:
        return today + timedelta(days=round(days * number))
    return _clamped(today, round({"month": 1, "quarter": 3, "year": 12}[unit] * number))


def _clamped(today: date, months: int) -> date:
    """The same day some months later, or the last day of a shorter month."""
    first = _add_months(today, months)
    return first.replace(day=min(today.day, monthrange(first.year, first.month)[1]))


def _add_months(today: date, months: int) -> date:
    """The first day of the month that is so many months away."""
    index = today.year * 12 + today.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _next(seen: _Seen) -> date | None:
    today, unit = seen.today, seen.words.units.get(seen.group("unit") or "", seen.group("unit"))
    if unit == "week":
        return today + timedelta(days=7 - today.weekday())
    if unit == "month":
        return _add_months(today, 1)
    if unit == "quarter":
        return _add_months(today, 3 - (today.month - 1) % 3)
    if unit == "year":
        return date(today.year + 1, 1, 1)
    return today + timedelta(days=14 if unit == "fortnight" else 1)


def _quarter(seen: _Seen) -> date | None:
    number = int(seen.group("quarter") or seen.words.nth[seen.group("nth") or ""])
    return _period(seen, number * 3 - 2)


def _half(seen: _Seen) -> date | None:
    number = int(seen.group("half") or seen.words.nth[seen.group("nth") or ""])
    return _period(seen, 1 if number == 1 else 7)


def _month(seen: _Seen) -> date | None:
    day = seen.words.parts.get(seen.group("part") or "", 1)
    return _period(seen, seen.words.months[seen.group("month") or ""], day)


def _period(seen: _Seen, month: int, day: int = 1) -> date | None:
    """The first day of a period in the year that is said, otherwise the next that is still to begin."""
    if seen.group("year"):
        return _day(_year(seen.group("year") or ""), month, day)
    return _dated(None, month, day, seen.today + timedelta(days=1), 0)


def _weekday(seen: _Seen) -> date | None:
    ahead = (seen.words.weekdays[seen.group("weekday") or ""] - 1 - seen.today.weekday()) % 7 or 7
    return seen.today + timedelta(days=ahead)


def _season(seen: _Seen) -> date | None:
    name = seen.group("season") or ""
    after = seen.words.after.search(seen.found.string[: seen.found.start()]) is not None
    begins = seen.words.after_season.get(name, seen.words.seasons[name]) if after else seen.words.seasons[name]
    if isinstance(begins, int):
        return _period(seen, begins)
    days = [_FEASTS[begins](year) for year in (seen.today.year, seen.today.year + 1)]
    return next(day + timedelta(days=2 if after else 0) for day in days if day > seen.today)


def _easter(year: int) -> date:
    """Easter Sunday, by the rule of Butcher and Meeus."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def _week(seen: _Seen) -> date | None:
    number = int(seen.group("week") or 0)
    if not 1 <= number <= 52:
        return None
    found = date.fromisocalendar(seen.today.year, number, 1)
    return found if found > seen.today else date.fromisocalendar(seen.today.year + 1, number, 1)


def _end(seen: _Seen) -> date | None:
    """`the end of the month`: its last week, when whoever is meant still works."""
    unit = seen.words.units.get(seen.group("unit") or "", "month")
    if unit == "week":
        return seen.today + timedelta(days=(4 - seen.today.weekday()) % 7)
    months = {"month": 1, "quarter": 3 - (seen.today.month - 1) % 3, "year": 13 - seen.today.month}[unit]
    return max(_add_months(seen.today, months) - timedelta(days=7), seen.today + timedelta(days=1))


_FEASTS: dict[str, Callable[[int], date]] = {"easter": _easter, "christmas": lambda year: date(year, 12, 25)}
_EXACT = {"day", "relative", "weekday", "tomorrow"}
_READERS: dict[str, Callable[[_Seen], date | None]] = {
    "day": _named_day,
    "relative": _relative,
    "next": _next,
    "quarter": _quarter,
    "half": _half,
    "month": _month,
    "weekday": _weekday,
    "season": _season,
    "week": _week,
    "year": lambda seen: date(_year(seen.group("year") or ""), 1, 1),
    "tomorrow": lambda seen: seen.today + timedelta(days=1),
    "end": _end,
}

"""Date literals (TODAY, LAST_N_DAYS:30, THIS_QUARTER …) as a first day and the day after the last.

Invariant: periods are half-open and never empty; weeks begin on Sunday, as in an en_US org; the time zone
is UTC.
"""

from __future__ import annotations

from datetime import date, timedelta

_FIXED = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
_UNITS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")
Period = tuple[date, date]


def period(text: str, today: date) -> Period | None:
    """The days that a literal such as `LAST_N_DAYS:7` means, or None if there is no such literal."""
    name, _, count = text.replace("FISCAL_", "").partition(":")
    if count:
        return _counted(name, int(count), today)
    if name in _FIXED:
        day = today + timedelta(days=_FIXED[name])
        return day, day + timedelta(days=1)
    if name in ("LAST_90_DAYS", "NEXT_90_DAYS"):
        return _counted(f"{name[:4]}_N_DAYS", 90, today)
    which, _, unit = name.partition("_")
    if which not in ("LAST", "THIS", "NEXT") or unit not in _UNITS[1:]:
        return None
    start = _shift(_start(today, unit), unit, {"LAST": -1, "THIS": 0, "NEXT": 1}[which])
    return start, _shift(start, unit, 1)


def _counted(name: str, count: int, today: date) -> Period | None:
    which, _, rest = name.partition("_N_")
    if which in ("LAST", "NEXT") and rest.rstrip("S") in _UNITS:
        return _last(rest.rstrip("S"), count, today) if which == "LAST" else _next(rest.rstrip("S"), count, today)
    unit = name.removeprefix("N_").removesuffix("S_AGO")
    if name == f"N_{unit}S_AGO" and unit in _UNITS:
        start = _shift(_start(today, unit), unit, -count)
        return start, _shift(start, unit, 1)
    return None


def _last(unit: str, count: int, today: date) -> Period:
    start = _start(today, unit)
    # The last N days reach up to now; the last N weeks or months end before the present one.
    end = today + timedelta(days=1) if unit == "DAY" else start
    return _shift(start, unit, -count), end


def _next(unit: str, count: int, today: date) -> Period:
    start = _shift(_start(today, unit), unit, 1)
    return start, _shift(start, unit, count)


def _start(day: date, unit: str) -> date:
    if unit == "WEEK":
        return day - timedelta(days=(day.weekday() + 1) % 7)
    if unit == "MONTH":
        return day.replace(day=1)
    if unit == "QUARTER":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if unit == "YEAR" else day


def _shift(day: date, unit: str, count: int) -> date:
    if unit in ("DAY", "WEEK"):
        return day + timedelta(days=count * (7 if unit == "WEEK" else 1))
    months = day.year * 12 + day.month - 1 + count * {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit]
    return date(months // 12, months % 12 + 1, 1)

"""The dates buyers name: which day is meant, and how it is written in their language.

A named day is that day, a period its first day, "in N weeks" counts from the writing, and after a last day
of absence comes the next weekday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.buyers.chance import Chance

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "th": "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม",
}
DAY_FORMS = {
    "en": "{day} {month} {year}",
    "de": "{day}. {month} {year}",
    "es": "{day} de {month} de {year}",
    "th": "{day} {month} {year}",
}


@dataclass(frozen=True)
class Named:
    """A date as said in a reply: the fields for the wording and the day that is meant."""

    fields: dict[str, str]
    resume_on: date


def name_date(chance: Chance, when: str, today: date, language: str, *name: object) -> Named:
    """Draw a date of the kind `when` and say it in the language."""
    if when == "weeks":
        weeks = chance.between(2, 5, "weeks", *name)
        return Named({"weeks": str(weeks)}, today + timedelta(weeks=weeks))
    if when == "month":
        first = _first_of_next_month(today + timedelta(days=10))
        return Named({"month": _month(first, language)}, first)
    if when == "quarter":
        first = _first_of_next_quarter(today)
        return Named({"quarter": f"Q{(first.month + 2) // 3} {first.year}"}, first)
    if when == "last_day":
        last = today + timedelta(days=chance.between(3, 10, "absence", *name))
        return Named({"day": say_day(last, language)}, weekday_from(last + timedelta(days=1)))
    span = (3, 12) if when == "back_on" else (10, 30)
    day = weekday_from(today + timedelta(days=chance.between(*span, "day", *name)))
    return Named({"day": say_day(day, language)}, day)


def slot(chance: Chance, now: datetime, language: str, *name: object) -> str:
    """A proposed time two to six days ahead, on a weekday, at a plausible hour."""
    day = weekday_from(now.date() + timedelta(days=chance.between(2, 6, "slot", *name)))
    hour, minute = chance.between(9, 16, "slot hour", *name), chance.pick((0, 30), "slot minute", *name)
    joint = {"en": " at ", "de": " um ", "es": " a las ", "th": " เวลา "}[language]
    return f"{say_day(day, language)}{joint}{hour}:{minute:02}"


def say_day(day: date, language: str) -> str:
    """A day with its year, so that nothing is left to guess."""
    return DAY_FORMS[language].format(day=day.day, month=_month(day, language), year=day.year)


def weekday_from(day: date) -> date:
    """The day itself, or the Monday after it at a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)


def _month(day: date, language: str) -> str:
    return MONTHS[language].split()[day.month - 1]


def _first_of_next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _first_of_next_quarter(day: date) -> date:
    month = (day.month - 1) // 3 * 3 + 4
    return date(day.year + (month > 12), (month - 1) % 12 + 1, 1)

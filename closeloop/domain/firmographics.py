"""Company facts as an encyclopedia writes them, to values with the period they hold for.

A text that cannot be read beyond doubt gives None: a missing fact is asked for, a wrong one is believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from closeloop.domain.countries import country_code, country_of_address
from closeloop.domain.record import Record

LARGEST_EMPLOYER = 10_000_000


class Headcount(Record):
    """People employed, as a whole number, and the year the source gives for it."""

    value: int
    as_of: str | None = None


_GROUPED = re.compile(r"\d{1,3}(?:[,. \u00a0\u202f]\d{3})+|\d+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_FISCAL = re.compile(r"\bJ?FY\s*'?(\d\d)(?!\d)", re.IGNORECASE)
PARENTHESES = re.compile(r"\([^()]*\)?")


def read_year(text: str) -> str | None:
    """The last year that the first dated parenthesis names; else the only year in the text."""
    for note in PARENTHESES.findall(text):
        if years := _years(note):
            return years[-1]
    everywhere = set(_years(text))
    return everywhere.pop() if len(everywhere) == 1 else None


def _years(text: str) -> list[str]:
    return _YEAR.findall(text) or [f"20{year}" for year in _FISCAL.findall(text)]


# --- employees ------------------------------------------------------------------------------------

_QUALIFIER = re.compile(
    r"^\s*(?:(?:c\.|ca\.?|circa|approximately|approx\.?|about|around|over|more than|at least|nearly|[~≈>])"
    r"\s*)?",
    re.IGNORECASE,
)
_COUNT = re.compile(rf"(?P<number>{_GROUPED.pattern})(?P<tail>(?:\([^()]*\)?|(?![\w-]+\s*:\s*\d)[^\d(])*)")
_CITED_PAGE = re.compile(r" : \d{1,3}(?=\s*(?:\(|$))")
_LABEL = re.compile(r"(?P<label>[A-Za-z .&-]+?)\s*:\s*(?=\d)")
_HARMLESS = re.compile(
    r"[\s+\[\].,]*(?:employees|people|staff|persons|worldwide|globally|fte|including subsidiaries"
    r"|in|as of|during|average)?[\s+\[\].,:\d]*",
    re.IGNORECASE,
)
_WHOLE_GROUP = re.compile(r"(?<!non-)(?<!non)\b(?:consolidated|group|including .*subsidiaries)", re.IGNORECASE)


def _whole(number: str) -> int | None:
    digits = re.sub(r"\D", "", number)
    value = int(digits) if len(digits) < 10 else 0
    return value if 0 < value <= LARGEST_EMPLOYER else None


class _Count(Record):
    value: int | None
    said: str
    """Label before and words after the number."""


def _counts(text: str) -> list[_Count] | None:
    """Every number outside parentheses with its words; None where other words carry the text."""
    rest, found = _QUALIFIER.sub("", _CITED_PAGE.sub("", text), count=1), list[_Count]()
    while rest.strip():
        label = _LABEL.match(rest)
        match = _COUNT.match(rest, label.end() if label else 0)
        if not match:
            return None
        said = f"{label['label'] if label else ''} {match['tail']}"
        if not (found and _YEAR.fullmatch(match["number"]) and not label):
            found.append(_Count(value=_whole(match["number"]), said=said))
        rest = rest[match.end() :]
        rest = rest if rest[:1].isdigit() else rest.lstrip()
    return found


def _outside(said: str) -> str:
    return PARENTHESES.sub("", said)


def _chosen(counts: list[_Count]) -> _Count | None:
    """The one number that speaks for the whole company, when several are given."""
    first, *others = counts
    if not others:
        return first
    if sum(c.value or 0 for c in others) == first.value:
        return first
    groups = [c for c in counts if _WHOLE_GROUP.search(c.said)]
    if len(groups) == 1:
        return groups[0]
    years = [read_year(c.said) for c in counts]
    return first if all(years) and all(str(y) < str(years[0]) for y in years[1:]) else None


def read_employees(text: str | int | None) -> Headcount | None:
    """How many people work there: "c. 60,500 (2025)" is 60,500 as of 2025.

    Bounds ("more than 23,800") count as their number. Ranges, headcounts with franchises and texts with
    several numbers of which none is plainly the company's own are None.
    """
    if text is None or isinstance(text, int):
        return Headcount(value=text) if text and 0 < text <= LARGEST_EMPLOYER else None
    counts = _counts(text)
    chosen = _chosen(counts) if counts else None
    if chosen is None or chosen.value is None or _is_doubtful(chosen, text, len(counts or ())):
        return None
    return Headcount(value=chosen.value, as_of=read_year(chosen.said) or read_year(text))


def _is_doubtful(count: _Count, text: str, how_many: int) -> bool:
    said = count.said.casefold()
    inner = " ".join(PARENTHESES.findall(text))
    rival = "consolidated" in inner and re.search(r"\d[,.]\d{3}\s+consolidated", inner)
    lone = how_many == 1 and not _HARMLESS.fullmatch(_outside(said))
    return "franchise" in said or bool(rival) or lone


# --- founded --------------------------------------------------------------------------------------

_FOUNDED = re.compile(r"(?<!\d)(?:1[0-9]|20)\d\d(?!\d)")


def read_founded(text: str | int | None) -> int | None:
    """The year of founding. Several years count only when the first named is also the earliest."""
    years = [int(year) for year in _FOUNDED.findall(str(text or ""))]
    return years[0] if years and years[0] == min(years) else None


# --- headquarters ---------------------------------------------------------------------------------

_COORDINATES = re.compile(r"\(?\s*\d+(?:°|\.\d{3,}°).*$")


def read_address_line(text: str | None) -> str | None:
    """A headquarters line without coordinates, citations and stray spaces; None for "No headquarters"."""
    plain = _COORDINATES.sub("", _CITED_PAGE.sub("", (text or "").replace("\ufeff", "")))
    plain = " ".join(plain.replace(" ,", ",").split()).strip(" ,;/")
    return plain if plain and not plain.casefold().startswith("no headquarters") else None


def company_country(company: Mapping[str, Any]) -> str | None:
    """Where it is run from: the one country of its headquarters, else the one its entry names."""
    return country_of_address(company.get("headquarters") or "") or country_code(company.get("country") or "")

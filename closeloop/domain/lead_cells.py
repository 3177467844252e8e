"""Single cells of a lead file: what is repaired, and what makes a cell unfit.

Text that only looks dangerous (templates, queries, HTML) is data and stays as it is. What a spreadsheet would
run, or what would break a mail header, is refused in names and made harmless in descriptions.
"""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

from closeloop.domain.countries import country_code
from closeloop.domain.firmographics import read_employees
from closeloop.domain.money import read_money

LIMITS = {"first_name": 40, "last_name": 80, "title": 128, "company": 255, "website": 255, "industry": 40,
          "lead_source": 40, "description": 32_000}  # fmt: skip
"""Lengths of Salesforce Lead fields, in UTF-16 units as Salesforce counts."""
LARGEST_REVENUE = 10**17

_BLANKS = frozenset(
    {"", "-", "--", "–", "—", ".", "?", "n/a", "#n/a", "na.", "[not provided]", "[[unknown]]", "(not set)"}
)
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")


def tidy(text: str) -> str:
    """Without surplus spaces, line breaks and invisible marks; a placeholder such as `n/a` becomes empty."""
    plain = " ".join(_INVISIBLE.sub("", text).split())
    return "" if plain.casefold() in _BLANKS else plain


def tidy_lines(text: str) -> str:
    """As `tidy`, with the line breaks of a longer text kept."""
    lines = [" ".join(line.split()) for line in _INVISIBLE.sub("", text).splitlines()]
    plain = "\n".join(lines).strip()
    return "" if plain.casefold() in _BLANKS else plain


def has_control_characters(text: str) -> bool:
    """True for what nobody types: control characters (tabs and line breaks aside) and undecodable bytes."""
    return not text.isprintable() and any(
        unicodedata.category(c) in {"Cc", "Cs"} and c not in "\t\n\r\x85" for c in text
    )


def storable(text: str) -> str:
    """The text with control characters and undecodable bytes as �: safe for databases and terminals."""
    return "".join("\ufffd" if has_control_characters(c) else c for c in text) if not text.isprintable() else text


def looks_like_formula(text: str) -> bool:
    """True for what a spreadsheet would calculate: `=…`, and `+ - @` before a call, a pipe or a number."""
    start = text.lstrip()
    return start.startswith("=") or bool(re.match(r"[+\-@]\s*(?:[\w.]*\s*[(|!]|\d|cmd\b)", start))


def harmless(text: str) -> str:
    """A text that no spreadsheet runs when the CRM exports it again."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) and not text.startswith("- ") else text


def length(text: str) -> int:
    """Salesforce's count: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """The longest beginning within `limit` UTF-16 units that ends in no half sign and no space."""
    if length(text) <= limit:
        return text
    kept = text.encode("utf-16-le", "surrogatepass")[: limit * 2].decode("utf-16-le", "ignore")
    while kept and (kept[-1] in "\u200d\ufe0f" or kept[-1].isspace()):
        kept = kept[:-1]
    return kept


def split_name(full: str) -> tuple[str | None, str]:
    """First and last name of a full one: "Okafor, Anna", "Ana de la Vega"; a single word is the last name."""
    name = re.sub(
        r"^(?:(?:mr|mrs|ms|dr|prof|herr|frau|mme|m|sr|sra)\.?\s+)+(?=\S+\s+\S)", "", full, flags=re.IGNORECASE
    )
    name = re.sub(r",?\s+(?:ph\.?d\.?|mba|jr\.?|cpa|esq\.?)$", "", name, flags=re.IGNORECASE)
    if "," in name:
        last, _, first = (part.strip() for part in name.partition(","))
        return (first or None, last) if last else (None, first)
    words = name.split()
    particle = next((n for n, word in enumerate(words[:-1]) if n and word.isalpha() and word.islower()), None)
    at = particle if particle is not None else max(len(words) - 1, 0)
    return " ".join(words[:at]) or None, " ".join(words[at:])


def read_phone(text: str, country: str | None) -> str | None:
    """E.164, or None when it is no valid number. `country` (alpha-2) is for numbers without `+`."""
    try:
        number = phonenumbers.parse(text[:60], country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_country(text: str) -> str | None:
    """Alpha-2 of a country cell."""
    return country_code(text)


def read_headcount(text: str) -> int | None:
    """People employed, from "1,200", "approx. 1.200" or "1200+"; a range is None."""
    found = read_employees(text)
    return found.value if found else None


def read_revenue(text: str) -> int | None:
    """Annual revenue in the CRM's own currency: a number with or without `$`. Other currencies are None."""
    plain = re.sub(r"^(?:approx\.?|about|ca?\.|~)\s*", "", text.strip(), flags=re.IGNORECASE)
    found = read_money(plain if "$" in plain or not plain[:1].isdigit() else f"$ {plain}")
    if found is None or found.currency != "USD" or found.amount > LARGEST_REVENUE:
        return None
    return int(found.amount)

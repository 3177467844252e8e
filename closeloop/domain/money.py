"""Amounts of money as people write them, with their currency. Doubt gives None, never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from closeloop.domain.firmographics import PARENTHESES, read_year
from closeloop.domain.record import Record


class Money(Record):
    """An amount in whole units of an ISO 4217 currency, and the year the source gives for it."""

    amount: Decimal
    currency: str
    as_of: str | None = None


_CURRENCY_WORDS = """
USD us$, us $, $us, usd, usd$, united states dollar, united states dollars, us dollar, us dollars
EUR eur, €, euro, euros
GBP gbp, £
JPY jp¥, jpy, yen
CNY cn¥, cny, rmb
CHF chf
SEK sek
NOK nok
DKK dkk
CAD cad, ca$, c$
AUD aud, a$
INR inr
HKD hkd, hk$
SGD sgd, s$
THB thb, ฿
PLN pln
BRL brl, r$
MXN mxn
$ $, dollars
¥ ¥
kr kr
"""
_SCALE_WORDS = """
3 k, thousand
6 m, mn, mio, mln, million
9 b, bn, billion, billon
12 tn, trillion
"""


def _read_words(table: str) -> dict[str, str]:
    rows = (line.split(" ", 1) for line in table.strip().splitlines())
    return {word: meaning for meaning, words in rows for word in words.split(", ")}


_CURRENCIES = _read_words(_CURRENCY_WORDS)
_SCALES = {word: Decimal(10) ** int(power) for word, power in _read_words(_SCALE_WORDS).items()}
_BY_COUNTRY = {
    "¥": {"JP": "JPY", "CN": "CNY"},
    "kr": {"SE": "SEK", "NO": "NOK", "DK": "DKK"},
}
"""Signs that several currencies share, and where each is plain."""
_OTHER_DOLLARS = "AR AU BM BZ CA CL CO DO FJ GY HK JM KY LR MO MX NA NZ SG SR TT TW UY ZW"
"""Where a bare `$` may be a dollar or peso of the country's own."""


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_MONEY = re.compile(
    rf"(?P<before>{_either(_CURRENCIES)})?(?:\s*\$)?\s*(?P<number>\d[\d.,]*)\s*(?P<scale>(?:{_either(_SCALES)})\b)?"
    rf"\.?\s*(?P<after>(?:{_either(_CURRENCIES)})(?!\w|\s*\d))?",
    re.IGNORECASE,
)


def _decimal(number: str, scaled: bool) -> Decimal | None:
    """3,200.7 and 6,8 and 2.172; a lone group of three behind a dot is a fraction only before "billion"."""
    number = number.rstrip(".,")
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d{1,2})?", number):
        return Decimal(number.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(\.\d{3}){2,}(,\d+)?|\d{1,3}\.\d{3},\d+|\d+,\d{1,2}", number):
        return Decimal(number.replace(".", "").replace(",", "."))
    if re.fullmatch(r"\d+\.\d{3,}", number) and scaled:
        return Decimal(number)
    return None


def _currency(before: str | None, after: str | None, country: str | None) -> str | None:
    named = [_CURRENCIES[word.casefold()] for word in (after, before) if word]
    plain = {code for code in named if len(code) == 3}
    if plain:
        return plain.pop() if len(plain) == 1 else None
    if not named or (country or "--") in _OTHER_DOLLARS:
        return None
    return "USD" if named[0] == "$" else _BY_COUNTRY[named[0]].get(country or "")


def _amount(match: re.Match[str], country: str | None) -> Money | None:
    scale = (match["scale"] or "").casefold()
    number = _decimal(match["number"], bool(scale))
    currency = _currency(match["before"], match["after"], country)
    if not number or currency is None or len(match["number"]) > 24:
        return None
    return Money(amount=number * _SCALES.get(scale, Decimal(1)), currency=currency)


def read_money(text: str | None, country: str | None = None) -> Money | None:
    """A yearly amount: "£ 3,200.7 million (2024)" is 3,200,700,000 GBP as of 2024.

    `country` (alpha-2) says whose ¥, kr or bare $ it is. The text must begin with the amount; the same
    amount in a second currency may follow. Several years out of order, or no currency, are None.
    """
    match = _MONEY.match((text or "").strip())
    if not match or text is None or re.match(r"\s*[\d–-]", match.string[match.end() :]):
        return None
    rest = match.string[match.end() :]
    found = _amount(match, country)
    if found is None or not _is_settled(rest) or _has_later_amount(rest, found.currency, country):
        return None
    return found.model_copy(update={"as_of": read_year(rest)})


def _is_settled(rest: str) -> bool:
    """What follows the amount is a note, not a sentence about something else."""
    words = re.sub(r"\bnet sales\b|\bJPY\b|\bFY\b|\bUSD\b", "", PARENTHESES.sub("", rest))
    return not re.search(r"[^\W\d_]{4,}", re.sub(_MONEY, "", words))


def _has_later_amount(rest: str, currency: str, country: str | None) -> bool:
    first = read_year(rest)
    for other in _MONEY.finditer(rest):
        money = _amount(other, country)
        year = read_year(rest[other.end() :])
        if money and money.currency == currency and first and year and year > first:
            return True
    return False


def in_dollars(money: Money, rates: Mapping[str, Decimal]) -> Decimal | None:
    """Whole US dollars at the given rates (dollars for one unit); None for a currency without a rate."""
    rate = Decimal(1) if money.currency == "USD" else rates.get(money.currency)
    return (money.amount * rate).quantize(Decimal(1)) if rate else None

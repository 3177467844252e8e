"""A quote as it is shown: every word and every amount as text, the same for the page and for the PDF."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from closeloop.adapters.decks.pages import sentence
from closeloop.domain.currencies import decimals, total
from closeloop.domain.deal_terms import Kind, PricedLine
from closeloop.domain.languages import tongue_of
from closeloop.domain.messages import SenderProps
from closeloop.domain.quotes import Quote

_FILE = Path(__file__).parent / "words.toml"
_FALLBACK = "en"


@cache
def _languages() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """One line."""

    what: str
    kind: str
    quantity: str
    price: str
    amount: str
    note: str = ""
    """Below the amount, such as what a line at no charge is worth."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one side gives, and its total."""

    heading: str
    rows: tuple[Row, ...]
    total: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The whole document."""

    words: Mapping[str, str]
    number: str
    issued: str
    valid: str
    company: str
    person: str
    seller: tuple[str, ...]
    """Company, then who writes and where it is."""
    summary: str
    sides: tuple[Side, Side]
    cash: str
    cash_amount: str
    notes: tuple[str, ...]
    accept_how: str
    footer: str


def shown(quote: Quote) -> Shown:
    """The quote in its language."""
    words = _languages().get(quote.language) or _languages()[_FALLBACK]
    day = tongue_of(quote.language).full_date
    seller, until = quote.seller, day(quote.valid_until)
    return Shown(
        words=words,
        number=quote.number,
        issued=day(quote.issued_on),
        valid=until,
        company=quote.company,
        person=quote.person,
        seller=(seller.company, f"{seller.name}, {seller.role}", _address(seller), seller.website),
        summary=words["summary"].format(total=_money(quote.terms.total, quote), day=until),
        sides=_sides(quote, words),
        cash=words["cash_back" if quote.terms.cash < 0 else "cash_due"].format(company=quote.company),
        cash_amount=_money(abs(quote.terms.cash), quote),
        notes=quote.notes,
        accept_how=words["accept_how"].format(email=quote.seller_email),
        footer=words["footer"].format(seller=seller.company, number=quote.number, day=until),
    )


def _address(seller: SenderProps) -> str:
    """Without the name that stands above it."""
    return seller.postal_address.removeprefix(seller.company).lstrip(", ")


def _sides(quote: Quote, words: Mapping[str, str]) -> tuple[Side, Side]:
    terms, ours, theirs = quote.terms, quote.seller.company, quote.company
    give = tuple(_row(line, quote, words, quote.product) for line in terms.give)
    take = tuple(_row(line, quote, words, words["cash_line"]) for line in terms.take)
    taken = _money(total(line.counts for line in terms.take), quote)
    return (
        Side(heading=words["give"].format(seller=ours), rows=give, total=_money(terms.total, quote)),
        Side(heading=words["take"].format(company=theirs), rows=take, total=taken),
    )


def _row(line: PricedLine, quote: Quote, words: Mapping[str, str], unnamed: str) -> Row:
    kind = words["in_kind" if line.kind is Kind.IN_KIND else line.kind.value]
    otherwise = words["balance"] if line.kind is Kind.CASH and unnamed == quote.product else unnamed
    amount = _digits(line.amount, quote)
    return Row(
        what=sentence(line.what or otherwise),
        kind=kind,
        quantity=f"{line.quantity.normalize():f}",
        price=_digits(line.price, quote),
        amount=words["free"] if line.free else amount,
        note=words["worth"].format(amount=_money(line.amount, quote)) if line.free else "",
    )


def _digits(amount: Decimal, quote: Quote) -> str:
    """With the decimals of the currency, and more where the amount has more."""
    least, exponent = decimals(quote.terms.currency), amount.normalize().as_tuple().exponent
    places = max(least, -exponent if isinstance(exponent, int) else 0)
    return f"{amount:,.{places}f}"


def _money(amount: Decimal, quote: Quote) -> str:
    return f"{quote.terms.currency} {_digits(amount, quote)}"

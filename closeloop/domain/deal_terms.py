"""What a deal exchanges: goods, services, cash and kind, on either side, with totals that balance to the cent.

Nine ways to deal: what each side gives is goods, services, or payment, and payment is cash or kind. Any line may
stand on either side, so a deal may also mix them.

Invariant: every line is rounded once, to the smallest unit of the currency; both sides sum to the same amount; what
is missing on one side is a line of cash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import product
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from closeloop.domain.currencies import rounded, smallest, total
from closeloop.domain.record import Record
from closeloop.domain.texts import Text

REST = "rest"
MOST_LINES = 10
"""On each side: more do not fit on one page that anybody reads."""


class Kind(StrEnum):
    """What a line is made of."""

    GOODS = "goods"
    SERVICES = "services"
    CASH = "cash"
    IN_KIND = "kind"
    """Payment that is no money: a reference, a case study, a machine taken back."""


class Medium(StrEnum):
    """Goods, services, or payment by cash or kind: three for each side, so nine ways to deal."""

    GOODS = "goods"
    SERVICES = "services"
    PAYMENT = "cash or kind"


_MEDIUM = {
    Kind.GOODS: Medium.GOODS,
    Kind.SERVICES: Medium.SERVICES,
    Kind.CASH: Medium.PAYMENT,
    Kind.IN_KIND: Medium.PAYMENT,
}
COMBINATIONS = tuple(product(Medium, Medium))
"""What we give, and what they give for it."""
Amount = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=4)]
"""So that a quantity times a price has no more digits than a Decimal multiplies exactly."""


class TermLine(Record):
    """One line of the terms, as the playbook gives it."""

    kind: Kind
    what: Text | None = None
    """None: the product itself, or the payment."""
    quantity: Amount = Decimal(1)
    price: Amount | Literal["rest"]
    """For one, in the currency of the product; `rest`: whatever is missing to the amount of the deal."""
    from_amount: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    """Only in deals of at least this amount."""

    @model_validator(mode="after")
    def _the_rest_is_one(self) -> Self:
        if self.price == REST and (self.quantity != 1 or self.from_amount):
            raise ValueError("a line with `price: rest` is in every deal, once: it has no quantity or from_amount")
        return self

    def value(self, currency: str) -> Decimal:
        """Of a line with a price of its own."""
        return rounded(self.quantity * Decimal(self.price), currency)


class TermRules(Record):
    """What is exchanged in every deal."""

    give: Annotated[tuple[TermLine, ...], Field(min_length=1, max_length=MOST_LINES)]
    """What we give. One line is the rest: what the deal is about."""
    take: Annotated[tuple[TermLine, ...], Field(max_length=MOST_LINES)] = ()
    """What the customer gives. Without a line that is the rest, what is missing is paid in cash."""

    @model_validator(mode="after")
    def _one_rest(self) -> Self:
        if sum(line.price == REST for line in self.give) != 1:
            raise ValueError("`give` needs exactly one line with `price: rest`, what the deal is about")
        if sum(line.price == REST for line in self.take) > 1:
            raise ValueError("`take` may have one line with `price: rest`")
        return self

    def too_much_from(self, least: Decimal, currency: str) -> Decimal | None:
        """The smallest deal from `least` on whose fixed lines leave nothing for the rest; None: there is none."""
        fixed = [line for line in self.give if line.price != REST]
        least = max(least, smallest(currency))
        for amount in sorted({least, *(max(least, line.from_amount) for line in fixed)}):
            if total(line.value(currency) for line in fixed if line.from_amount <= amount) >= amount:
                return amount
        return None


class PricedLine(Record):
    """One line of a deal, with its amount in the currency of the deal."""

    kind: Kind
    what: str
    """Empty for the product itself, and for a payment that has no other name."""
    quantity: Decimal = Decimal(1)
    price: Decimal
    """For one, as agreed: it may have more digits than the currency."""
    amount: Decimal
    """Quantity times price, rounded once."""
    free: bool = False
    """Given on top: what it is worth is told, and nobody pays for it."""

    @property
    def counts(self) -> Decimal:
        """What it adds to the total."""
        return Decimal(0) if self.free else self.amount


class Terms(Record):
    """A deal, balanced."""

    currency: str
    give: tuple[PricedLine, ...]
    take: tuple[PricedLine, ...]

    @property
    def total(self) -> Decimal:
        """What each side gives, in all."""
        return total(line.counts for line in self.give)

    @property
    def cash(self) -> Decimal:
        """What the customer pays in money; below zero, we pay."""
        paid = (line.amount for line in self.take if line.kind is Kind.CASH)
        return total(paid) - total(line.counts for line in self.give if line.kind is Kind.CASH)

    @property
    def combinations(self) -> frozenset[tuple[Medium, Medium]]:
        """Which of the nine ways to deal this is; several where a side mixes them."""
        ours = {_MEDIUM[line.kind] for line in self.give}
        return frozenset(product(ours, {_MEDIUM[line.kind] for line in self.take}))


def terms_of(amount: Decimal, rules: TermRules, currency: str, extras: Iterable[PricedLine] = ()) -> Terms:
    """The terms of a deal of this amount. `ValueError` when the fixed lines leave nothing for what it is about."""
    whole = rounded(amount, currency)
    ours = [line for line in rules.give if line.from_amount <= whole]
    theirs = [line for line in rules.take if line.from_amount <= whole]
    rest = whole - _fixed(ours, currency)
    if rest <= 0:
        raise ValueError(f"the fixed lines of closing.terms.give leave nothing of the deal of {whole} {currency}")
    give = [_priced(line, rest, currency) for line in ours]
    due = whole - _fixed(theirs, currency)
    take = [_priced(line, due, currency) for line in theirs if line.price != REST or due > 0]
    if due > 0 and not any(line.price == REST for line in theirs):
        take.append(_cash(due))
    if due < 0:
        give.append(_cash(-due))
    return Terms(currency=currency, give=(*give, *extras), take=tuple(take))


def _fixed(lines: Sequence[TermLine], currency: str) -> Decimal:
    return total(line.value(currency) for line in lines if line.price != REST)


def _priced(line: TermLine, rest: Decimal, currency: str) -> PricedLine:
    if line.price == REST:
        return PricedLine(kind=line.kind, what=line.what or "", price=rest, amount=rest)
    price, amount = Decimal(line.price), line.value(currency)
    return PricedLine(kind=line.kind, what=line.what or "", quantity=line.quantity, price=price, amount=amount)


def _cash(amount: Decimal) -> PricedLine:
    return PricedLine(kind=Kind.CASH, what="", price=amount, amount=amount)

"""How many decimals a currency has, and amounts rounded to them, exactly and as invoices do.

Invariant: an amount that was rounded is a whole number of the currency's smallest unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

USUAL_DECIMALS = 2
_OTHERS = """
0 BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF
3 BHD IQD JOD KWD LYD OMR TND
4 CLF UYW
"""
"""ISO 4217: every other currency has two."""


def _read(table: str) -> dict[str, int]:
    rows = (line.split() for line in table.strip().splitlines())
    return {code: int(decimals) for decimals, *codes in rows for code in codes}


_DECIMALS = _read(_OTHERS)


def decimals(currency: str) -> int:
    """Digits behind the point: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _DECIMALS.get(currency, USUAL_DECIMALS)


@cache
def smallest(currency: str) -> Decimal:
    """The smallest amount that can be paid."""
    return Decimal(1).scaleb(-decimals(currency))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the smallest unit, a half away from zero."""
    return amount.quantize(smallest(currency), ROUND_HALF_UP)


def is_exact(amount: Decimal, currency: str) -> bool:
    """Whether the amount can be paid to the letter."""
    return amount == rounded(amount, currency)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, exact: no float, and no precision that a long list could run out of."""
    found = Decimal(0)
    for amount in amounts:
        found += amount
    return found


def written(amount: Decimal, currency: str) -> str:
    """`EUR 12,500.00`: always with the decimals of its currency."""
    return f"{currency} {rounded(amount, currency):,.{decimals(currency)}f}"

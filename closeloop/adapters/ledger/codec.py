"""Models to stored text and back.

Invariant: what is read equals what was saved, and saves as the same text again; text that was never saved so is
`RowDamaged`, without a word of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from closeloop.adapters.ledger.failures import RowDamaged
from closeloop.domain.prospect import Fact, Prospect

_DECIMAL = "$decimal"
"""JSON has one word for text and for decimals, so a decimal fact is stored as `{"$decimal": "0.35"}`."""
_FACTS = TypeAdapter(tuple[Fact, ...])


def plain(value: Any) -> Any:
    """The same value as JSON would give it back: lists for tuples, text for dates and decimals."""
    return from_json(to_json(value))


def dump_json(value: Any) -> str:
    """JSON text for a column of free content."""
    return to_json(value).decode()


def load_json(text: str) -> Any:
    """What `dump_json` wrote."""
    try:
        return from_json(text)
    except ValueError:
        raise RowDamaged from None


def dump_prospect(prospect: Prospect) -> str:
    """The whole prospect as JSON text; equal prospects with facts in the same order give equal text."""
    if not any(isinstance(fact.value, Decimal) for fact in prospect.facts.values()):
        return prospect.model_dump_json()
    content = prospect.model_dump()
    for fact in content["facts"].values():
        _tag(fact)
    return dump_json(content)


def load_prospect(text: str) -> Prospect:
    """The prospect that `dump_prospect` wrote."""
    try:
        if _DECIMAL not in text:
            return Prospect.model_validate_json(text)
        content = load_json(text)
        for fact in content["facts"].values():
            _untag(fact)
        return Prospect.model_validate(content)
    except (ValueError, KeyError, TypeError, ArithmeticError):
        raise RowDamaged from None


def dump_facts(facts: Iterable[Fact]) -> str:
    """Facts of one account as a JSON list."""
    content = [fact.model_dump() for fact in facts]
    for fact in content:
        _tag(fact)
    return dump_json(content)


def load_facts(text: str) -> tuple[Fact, ...]:
    """The facts that `dump_facts` wrote."""
    try:
        content = load_json(text)
        for fact in content:
            _untag(fact)
        return _FACTS.validate_python(content)
    except (ValueError, KeyError, TypeError, ArithmeticError):
        raise RowDamaged from None


def _tag(fact: dict[str, Any]) -> None:
    if isinstance(fact["value"], Decimal):
        fact["value"] = {_DECIMAL: str(fact["value"])}


def _untag(fact: dict[str, Any]) -> None:
    """A fact's own value is never an object, so an object is a tag; text that only looks like one is text."""
    if isinstance(fact["value"], dict):
        fact["value"] = Decimal(fact["value"][_DECIMAL])

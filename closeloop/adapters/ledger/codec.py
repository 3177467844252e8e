"""Models to stored text and back.

Invariant: what is read equals what was saved, and saves as the same text again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pydantic_core import from_json, to_json

from closeloop.domain.prospect import Fact, Prospect

_DECIMAL = "$decimal"
"""JSON has one word for text and for decimals, so a decimal fact is stored as `{"$decimal": "0.35"}`."""


def plain(value: Any) -> Any:
    """The same value as JSON would give it back: lists for tuples, text for dates and decimals."""
    return from_json(to_json(value))


def dump_json(value: Any) -> str:
    """JSON text for a column of free content."""
    return to_json(value).decode()


def load_json(text: str) -> Any:
    """What `dump_json` wrote."""
    return from_json(text)


def dump_prospect(prospect: Prospect) -> str:
    """The whole prospect as JSON text; equal prospects with facts in the same order give equal text."""
    if not any(isinstance(fact.value, Decimal) for fact in prospect.facts.values()):
        return prospect.model_dump_json()
    content = prospect.model_dump(mode="json")
    content["facts"] = {name: _fact_out(fact) for name, fact in prospect.facts.items()}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def load_prospect(text: str) -> Prospect:
    """The prospect that `dump_prospect` wrote."""
    if _DECIMAL not in text:
        return Prospect.model_validate_json(text)
    content = json.loads(text)
    facts = {name: _fact_in(fact) for name, fact in content.pop("facts").items()}
    return Prospect.model_validate_json(json.dumps(content)).model_copy(update={"facts": facts})


def dump_facts(facts: Iterable[Fact]) -> str:
    """Facts of one account as a JSON list."""
    return json.dumps([_fact_out(fact) for fact in facts], ensure_ascii=False, separators=(",", ":"))


def load_facts(text: str) -> tuple[Fact, ...]:
    """The facts that `dump_facts` wrote."""
    return tuple(_fact_in(content) for content in json.loads(text))


def _fact_out(fact: Fact) -> dict[str, Any]:
    content = fact.model_dump(mode="json")
    if isinstance(fact.value, Decimal):
        content["value"] = {_DECIMAL: str(fact.value)}
    return content


def _fact_in(content: dict[str, Any]) -> Fact:
    value = content["value"]
    if not isinstance(value, dict):
        return Fact.model_validate_json(json.dumps(content))
    number = Decimal(value[_DECIMAL])
    return Fact.model_validate_json(json.dumps(content | {"value": ""})).model_copy(update={"value": number})

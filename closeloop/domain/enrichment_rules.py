"""The playbook's section `enrichment`: who is asked for which fact, when it is enough, and what that may cost.

Invariant: only sources that exist can be named, so a misspelled order is refused instead of asking nobody.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import Field

from closeloop.domain.record import Record, Share

Source = Literal["registry", "mx", "website", "pdl", "apollo", "hunter"]
"""Sources that are asked. What people tell us (the CRM, an import, a reply) is there already."""
SOURCES: tuple[Source, ...] = get_args(Source)
PEOPLE = ("crm", "import", "reply")
Days = Annotated[int, Field(ge=1, le=3_650)]
Credits = Annotated[Decimal, Field(ge=0, decimal_places=2)]


class FieldRule(Record):
    """What differs for one fact; what is left out is as for all the others."""

    order: tuple[Source, ...] | None = None
    stop_at: Share | None = None
    ttl_days: Days | None = None


class CreditLimits(Record):
    """What the sources that cost may cost, in their credits."""

    per_run: Credits = Decimal(200)
    per_month: Credits = Decimal(2_000)


class EnrichmentRules(Record):
    """How facts about accounts are found and chosen."""

    order: tuple[Source, ...] = ("registry", "mx", "website", "pdl", "apollo", "hunter")
    """Asked one after the other, each only for what is not yet known well enough; one left out is never asked."""
    trust: tuple[Source, ...] = ("registry", "website", "pdl", "apollo", "hunter", "mx")
    """Whom to believe when sources that are equally sure differ; people always come first."""
    stop_at: Share = 0.8
    """So sure of a fact, nobody further is asked."""
    say_at: Share = 0.7
    """Less sure than this, a fact is kept and scored but said to nobody."""
    agree_within: Share = 0.15
    """Numbers that differ by no more than this share are the same."""
    ttl_days: Days = 90
    """An answer is good for so long."""
    miss_ttl_days: Days = 30
    """A source that knew nothing of an account is not asked again for so long."""
    credits: CreditLimits = CreditLimits()
    fields: dict[str, FieldRule] = {}
    """What differs for single facts, by the fact's name."""

    def order_of(self, fact: str) -> tuple[Source, ...]:
        """Whom to ask for this fact, in order."""
        rule = self.fields.get(fact)
        return self.order if rule is None or rule.order is None else rule.order

    def stop_of(self, fact: str) -> float:
        rule = self.fields.get(fact)
        return self.stop_at if rule is None or rule.stop_at is None else rule.stop_at

    def ttl_of(self, fact: str) -> int:
        """Days for which an answer about this fact is good."""
        rule = self.fields.get(fact)
        return self.ttl_days if rule is None or rule.ttl_days is None else rule.ttl_days

    @property
    def longest_ttl(self) -> int:
        return max([self.ttl_days, *(rule.ttl_days or 0 for rule in self.fields.values())])


def answer_key(account: str, source: Source) -> str:
    """Under which a source's answer about an account is remembered; the registry's bears the account's own name."""
    return account if source == "registry" else f"{account} @{source}"


def answer_keys(account: str) -> set[str]:
    """Under which anything may be remembered about an account."""
    return {answer_key(account, source) for source in SOURCES}

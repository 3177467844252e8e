"""Whether two records are one person: evidence for and against, added up, each with its points.

The points are log-odds: their sum `s` is the likelihood `1 / (1 + e^-s)`. Invariant: a verdict can always be said
in the words of its evidence, and what a record does not tell counts neither way.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from closeloop.domain.company_names import likeness
from closeloop.domain.identity_traits import Traits
from closeloop.domain.person_likeness import name_evidence, slip, writes
from closeloop.domain.person_names import PersonName
from closeloop.domain.record import Record

START = -6.0
"""Before any evidence two records are two people: what speaks for one has to outweigh this."""
HOPELESS = -3.0
"""Names that speak so strongly against it are not looked at further, unless the mailbox is the same."""


class Verdict(StrEnum):
    """What becomes of a pair."""

    SAME = "same"
    ASK = "ask"
    OTHER = "other"


class IdentityRules(Record):
    """From which likelihood two records are one person, and from which a human is asked."""

    same: Annotated[float, Field(gt=0.5, le=1)] = 0.92
    ask: Annotated[float, Field(gt=0, le=1)] = 0.80

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.ask > self.same:
            raise ValueError("identity.ask must not be higher than identity.same")
        return self

    def verdict(self, score: float) -> Verdict:
        if score >= self.same:
            return Verdict.SAME
        return Verdict.ASK if score >= self.ask else Verdict.OTHER


class Evidence(NamedTuple):
    """One reason for or against, in words that fit into a list."""

    says: str
    points: float

    def __str__(self) -> str:
        return f"{self.says} ({self.points:+.1f})"


class Likeness(NamedTuple):
    """How likely two records are one, and why."""

    score: float
    evidence: tuple[Evidence, ...]

    def __str__(self) -> str:
        return f"{self.score:.2f}: {', '.join(map(str, self.evidence))}"


def compare(one: Traits, other: Traits) -> Likeness:
    """How likely these two records are one person."""
    found = [Evidence(*pair) for pair in name_evidence(one, other)]
    same_mailbox = bool(one.mailbox) and one.mailbox == other.mailbox
    if sum(points for _, points in found) > HOPELESS or same_mailbox:
        found += _mailbox(one, other)
        found += _company(one, other)
        found += _phone(one, other)
        found += _country(one, other)
    return likely(START, found)


def likely(start: float, found: list[Evidence]) -> Likeness:
    """The sum as a likelihood, with the strongest evidence first."""
    total = start + sum(points for _, points in found)
    return Likeness(1 / (1 + math.exp(-total)), tuple(sorted(found, key=lambda one: -abs(one.points))))


def _mailbox(one: Traits, other: Traits) -> list[Evidence]:
    if not one.mailbox or not other.mailbox:
        return []
    if one.mailbox == other.mailbox:
        return [Evidence("same mailbox", 10.0) if one.is_personal else Evidence("same shared mailbox", 1.5)]
    if not one.is_personal or not other.is_personal:
        return []
    if one.local == other.local:
        if one.numbered != other.numbered:
            return [Evidence("addresses that differ in their number", -7.0)]
        return [Evidence("same name before the @", 2.5)]
    return _different_locals(one, other)


def _different_locals(one: Traits, other: Traits) -> list[Evidence]:
    """Two ways to write one name are evidence; names a letter apart, each with its address, are two people."""
    here = bool(one.domain) and one.domain == other.domain
    if here and one.numbered != other.numbered and (one.numbered == "" or other.numbered == ""):
        return [Evidence("only one address has a number", -3.0)]
    by_one, by_other = (
        {n for n, who in enumerate((one, other)) if writes(name, who.local)} for name in (one.name, other.name)
    )
    if _misspelt(one.name, other.name) and len(by_one) < 2 and len(by_other) < 2:
        own = 0 in by_one and 1 in by_other
        return [Evidence("each has an address of their own name", -5.0)] if here and own else []
    if by_one | by_other == {0, 1}:
        return [Evidence("addresses that fit both names", 2.0)]
    return [Evidence("other addresses at the same company", -0.6)] if here else []


def _misspelt(one: PersonName, other: PersonName) -> bool:
    """Whether a slip of the pen is all that keeps the names apart."""
    given = (
        bool(one.given and other.given) and one.given[0] != other.given[0] and slip(one.given[0], other.given[0])
    )
    return given or slip("".join(one.surname), "".join(other.surname))


def _company(one: Traits, other: Traits) -> list[Evidence]:
    alike = likeness(one.company, other.company) if one.company and other.company else None
    if one.domain and one.domain == other.domain:
        apart = alike is not None and alike < 0.6
        return [Evidence("same company domain", 2.0 if apart else 3.2)]
    if alike is None:
        return []
    if alike < 0.8:
        return [Evidence("other company", -4.0)]
    far = bool(one.domain and other.domain) and _label(one.domain) != _label(other.domain)
    places = one.company.places != other.company.places if one.company and other.company else False
    points = (3.2 if alike == 1 else 2.5 if alike >= 0.93 else 1.5) - (2.0 if far else 0) - (0.7 if places else 0)
    says = "same company name" if alike == 1 else "similar company name"
    return [Evidence(f"{says}, other domain" if far else says, points)]


def _label(domain: str) -> str:
    return domain.partition(".")[0]


def _phone(one: Traits, other: Traits) -> list[Evidence]:
    if not one.phone or not other.phone:
        return []
    if one.phone[-9:] == other.phone[-9:]:
        return [Evidence("same phone", 2.5)]
    return [Evidence("other phone", -0.4)]


def _country(one: Traits, other: Traits) -> list[Evidence]:
    if not one.country or not other.country:
        return []
    return [Evidence("same country", 0.2) if one.country == other.country else Evidence("other country", -1.2)]

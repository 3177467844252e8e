"""What a draft presentation says: pure content, every claim with its source; adapters turn it into slides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from closeloop.domain.messages import PainProps, SenderProps
from closeloop.domain.record import Record


class Evidence(Record):
    """A fact a slide may show, with where it comes from and how old it is."""

    label: str
    value: str
    source: str
    as_of: str | None = None
    """The period that the source gives for the value."""
    seen: date | None = None
    """When it was read, which is its age where the source gives no period."""
    fact: str = ""
    """The name of the fact, by which a later change is known."""
    problem: str | None = None
    """Why it may not be said, such as its age; then no deck that says it is shown."""


class ValuePoint(Record):
    """One year of the value chart."""

    year: int
    saving: Decimal
    cost: Decimal


class DeckContent(Record):
    """A tailored presentation: agenda, their goals and situation, so-what pages, value, plan, next step."""

    prospect_key: str
    title: str
    audience: str
    """`Anna Okafor, Head of Finance, Volvo`; only what is known."""
    company: str
    on: date
    language: str
    sender: SenderProps
    agenda: tuple[str, ...]
    goals: tuple[Evidence, ...] = ()
    """What they want to reach, as they told us; empty until they did."""
    evidence: tuple[Evidence, ...]
    pains: tuple[PainProps, ...]
    grounds: tuple[Evidence, ...]
    """The fact behind each pain, in the same order."""
    currency: str
    value: tuple[ValuePoint, ...]
    assumptions: tuple[str, ...]
    value_facts: tuple[Evidence, ...] = ()
    """The facts about the prospect that the value was worked out from."""
    plan: tuple[str, ...]
    """`Week 1: connect the ledger` and so on."""
    next_step: str
    questions: tuple[str, ...]
    """Speaker notes: what to ask, because it is unknown."""
    doubts: tuple[str, ...] = ()
    """Speaker notes: what we heard and do not say, since it is old, contradicted or unsure."""


def without_doubtful(content: DeckContent) -> DeckContent:
    """The same deck without the claims whose facts may not be said, for when nobody corrected them in time."""
    whole = [
        (pain, ground)
        for pain, ground in zip(content.pains, content.grounds, strict=True)
        if ground.problem is None
    ]
    worth_it = all(fact.problem is None for fact in content.value_facts)
    return content.model_copy(
        update={
            "goals": tuple(one for one in content.goals if one.problem is None),
            "evidence": tuple(one for one in content.evidence if one.problem is None),
            "pains": tuple(pain for pain, _ in whole),
            "grounds": tuple(ground for _, ground in whole),
            "value": content.value if worth_it else (),
            "assumptions": content.assumptions if worth_it else (),
            "value_facts": content.value_facts if worth_it else (),
        }
    )


def facts_said(content: DeckContent) -> dict[str, str]:
    """Each fact that the deck rests on, by name, with its value and where it comes from."""
    said = (*content.goals, *content.evidence, *content.grounds, *content.value_facts)
    return {one.fact: f"{one.value} ({one.source})" for one in said if one.fact}


class Finding(Record):
    """A reason why a draft may not be shown."""

    slide: int
    problem: str
    broken: bool = False
    """True when building failed: a fault of the program or the master, not of what the draft says."""

"""Preparation: `so what?` asked of every feature, until only what matters to this prospect is left."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from closeloop.domain.decisions import Draft
from closeloop.domain.fact_words import spoken
from closeloop.domain.messages import PainProps, SenderProps
from closeloop.domain.playbook import Pain, Playbook
from closeloop.domain.presentation_content import DeckContent, Evidence, ValuePoint
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.qualification import assess, meets
from closeloop.domain.sources import dated_source, is_public, spoken_source
from closeloop.domain.tongues import ENGLISH, Tongue

MOST_PAINS = 3
CHART_YEARS = 3
FACT_LABELS = {
    "employees": "Employees",
    "annual_revenue_usd": "Annual revenue (US$)",
    "industry": "Industry",
    "headquarters": "Headquarters",
    "founded": "Founded",
    "company_type": "Company type",
}


def decide(prospect: Prospect, playbook: Playbook, now: datetime) -> Draft:
    """Draft the presentation from the pains that have evidence here, most convincing first."""
    pains = evident_pains(prospect, playbook)
    if not pains:
        return Draft(
            rule="preparation.so_what",
            reasons=("no pain has evidence yet: the draft asks instead of claiming",),
            pains=(),
        )
    reasons = tuple(f"{pain.id}: {_evidence_text(prospect.facts[pain.evidence.fact])}" for pain in pains)
    return Draft(rule="preparation.so_what", reasons=reasons, pains=tuple(pain.id for pain in pains))


def evident_pains(prospect: Prospect, playbook: Playbook) -> list[Pain]:
    """Pains whose evidence is known and met, heaviest criterion first, at most three."""
    found = [p for p in playbook.product.pains if _has_evidence(p, prospect)]
    return sorted(found, key=lambda pain: -pain.evidence.weight)[:MOST_PAINS]


def _has_evidence(pain: Pain, prospect: Prospect) -> bool:
    fact = prospect.facts.get(pain.evidence.fact)
    return fact is not None and meets(pain.evidence, fact)


def _evidence_text(fact: Fact) -> str:
    name = fact.name.removesuffix("_usd").replace("_", " ")
    return f"{name} {spoken(fact)} ({spoken_source(fact.source)})"


def pain_props(prospect: Prospect, playbook: Playbook, tongue: Tongue = ENGLISH) -> tuple[PainProps, ...]:
    """The chosen pains with the benefit that answers each; what lost its evidence is left out."""
    wanted = {pain.id: pain for pain in playbook.product.pains}
    return tuple(
        _pain(wanted[name], prospect, playbook, tongue)
        for name in prospect.pains
        if name in wanted and _has_evidence(wanted[name], prospect)
    )


def _pain(pain: Pain, prospect: Prospect, playbook: Playbook, tongue: Tongue) -> PainProps:
    benefit = next(b for b in playbook.product.benefits if pain.id in b.answers)
    fact = prospect.facts[pain.evidence.fact]
    return PainProps(
        pain=tongue.filled(pain.says, prospect.company, tongue.fact(fact)),
        source=tongue.source(fact),
        public_source=tongue.source(fact) if is_public(fact.source) else "",
        feature=benefit.feature,
        so_what=benefit.so_what,
        proof=tongue.proof(benefit.proof, benefit.proof_source),
    )


def questions(prospect: Prospect, playbook: Playbook) -> tuple[str, ...]:
    """What qualification could not answer and a seller should ask."""
    return tuple(found.question for found in assess(prospect, playbook.qualification).unknown)


def sender_props(playbook: Playbook) -> SenderProps:
    """The writer as every mail and deck names it."""
    sender = playbook.sender
    return SenderProps(
        company=sender.company,
        name=sender.name,
        role=sender.role,
        postal_address=sender.postal_address,
        website=sender.website,
        particle=sender.particle or "",
    )


def price(prospect: Prospect, playbook: Playbook) -> Decimal:
    """The yearly price for this account: base plus employees, capped; the base alone when size is unknown."""
    product = playbook.product
    employees = _employees(prospect)
    return min(product.base_price + product.price_per_employee * employees, product.maximum_price).quantize(
        Decimal(1)
    )


def _employees(prospect: Prospect) -> int:
    value = prospect.fact("employees")
    return value if isinstance(value, int) else 0


def deck_content(prospect: Prospect, playbook: Playbook, on: date) -> DeckContent:
    """Everything the draft presentation says about this prospect, each claim with its source."""
    return DeckContent(
        prospect_key=prospect.key,
        title=f"{playbook.product.name} for {prospect.company}",
        audience=", ".join(part for part in (_name(prospect), prospect.title, prospect.company) if part),
        company=prospect.company,
        on=on,
        language=prospect.language,
        sender=sender_props(playbook),
        agenda=ENGLISH.agenda(prospect.company, playbook.product.name),
        evidence=tuple(_evidence(fact) for fact in _shown_facts(prospect)),
        pains=pain_props(prospect, playbook),
        currency=playbook.product.currency,
        value=_value(prospect, playbook, on.year),
        assumptions=_assumptions(prospect, playbook),
        plan=PLAN,
        next_step="A 30-minute call to test these numbers together",
        questions=questions(prospect, playbook),
    )


PLAN = (
    "Week 1: connect a copy of last quarter's data, nothing is changed",
    "Weeks 2-3: run beside today's process and compare",
    "Week 4: decide together on what the comparison shows",
    "Weeks 5-8: roll out team by team",
)


def _name(prospect: Prospect) -> str:
    return " ".join(part for part in (prospect.first_name, prospect.last_name) if part)


def _shown_facts(prospect: Prospect) -> list[Fact]:
    return [prospect.facts[name] for name in FACT_LABELS if name in prospect.facts]


def _evidence(fact: Fact) -> Evidence:
    source = spoken_source(fact.source)
    return Evidence(label=FACT_LABELS[fact.name], value=spoken(fact), source=source, as_of=fact.as_of)


def _value(prospect: Prospect, playbook: Playbook, year: int) -> tuple[ValuePoint, ...]:
    """Saving and cost over three years; none when the size is unknown, since that would be a guess."""
    employees = _employees(prospect)
    if not employees:
        return ()
    full = playbook.product.saving_per_employee * employees
    ramp = (Decimal("0.4"), Decimal("0.9"), Decimal(1))
    cost = price(prospect, playbook)
    return tuple(
        ValuePoint(year=year + n, saving=(full * ramp[n]).quantize(Decimal(1)), cost=cost)
        for n in range(CHART_YEARS)
    )


def _assumptions(prospect: Prospect, playbook: Playbook) -> tuple[str, ...]:
    product = playbook.product
    fact = prospect.facts.get("employees")
    if fact is None:
        return ()
    return (
        f"{spoken(fact)} employees ({dated_source(fact)})",
        f"{product.currency} {product.saving_per_employee} saved per employee and year ({product.saving_source})",
        "40% of the saving in the first year, 90% in the second",
    )

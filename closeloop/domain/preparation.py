"""Preparation: `so what?` asked of every feature, until only what matters to this prospect is left."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from closeloop.domain.decisions import Draft
from closeloop.domain.fact_words import spoken
from closeloop.domain.messages import PainProps, SenderProps
from closeloop.domain.playbook import Pain, Playbook
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.qualification import assess, meets
from closeloop.domain.sayable import may_be_said
from closeloop.domain.sources import is_public, spoken_source
from closeloop.domain.tongues import ENGLISH, Tongue
from closeloop.domain.wording_check import reworded

MOST_PAINS = 3


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
    found = [p for p in playbook.product.pains if _has_evidence(p, prospect, playbook)]
    return sorted(found, key=lambda pain: -pain.evidence.weight)[:MOST_PAINS]


def _has_evidence(pain: Pain, prospect: Prospect, playbook: Playbook, on: date | None = None) -> bool:
    """Met by a fact that may be said; with a day, one that is not too old by then."""
    fact = prospect.facts.get(pain.evidence.fact)
    return fact is not None and meets(pain.evidence, fact) and may_be_said(fact, playbook, on)


def _evidence_text(fact: Fact) -> str:
    name = fact.name.removesuffix("_usd").replace("_", " ")
    return f"{name} {spoken(fact)} ({spoken_source(fact.source)})"


def pain_props(
    prospect: Prospect, playbook: Playbook, tongue: Tongue = ENGLISH, on: date | None = None
) -> tuple[PainProps, ...]:
    """The chosen pains with the benefit that answers each; what lost its evidence is left out.

    With a day, so is what is too old by then; a deck leaves that to its lint, which says why it holds the draft.
    """
    return tuple(
        _in_new_words(pain, own_words(pain, prospect, playbook, tongue), prospect, tongue)
        for pain in said_pains(prospect, playbook, on)
    )


def said_pains(prospect: Prospect, playbook: Playbook, on: date | None = None) -> list[Pain]:
    """The chosen pains that still have their evidence, in the order in which they were chosen."""
    wanted = {pain.id: pain for pain in playbook.product.pains}
    chosen = [wanted[name] for name in prospect.pains if name in wanted]
    return [pain for pain in chosen if _has_evidence(pain, prospect, playbook, on)]


def own_words(pain: Pain, prospect: Prospect, playbook: Playbook, tongue: Tongue) -> PainProps:
    """The pain and its answer in the words of the playbook."""
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


def _in_new_words(pain: Pain, point: PainProps, prospect: Prospect, tongue: Tongue) -> PainProps:
    """In a model's words where there are such; they are checked against the fact as it is now."""
    words = prospect.rewording.of(pain.id, tongue.language) if prospect.rewording else None
    if words is None:
        return point
    return reworded(
        point, words, ground(prospect.facts[pain.evidence.fact], tongue), prospect.company, tongue.language
    )[0]


def ground(fact: Fact, tongue: Tongue) -> str:
    """The fact behind a pain as words are checked against it: `12,700 employees`."""
    return f"{tongue.fact(fact)} {fact.name.removesuffix('_usd').replace('_', ' ')}"


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
    employees = _employees(prospect, playbook)
    return min(product.base_price + product.price_per_employee * employees, product.maximum_price).quantize(
        Decimal(1)
    )


def _employees(prospect: Prospect, playbook: Playbook) -> int:
    fact = prospect.facts.get("employees")
    if fact is None or not isinstance(fact.value, int) or not may_be_said(fact, playbook):
        return 0
    return fact.value

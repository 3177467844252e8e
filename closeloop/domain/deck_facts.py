"""What a drawn deck rests on, and whether that still holds: the facts it says, as they were when it was drawn."""

from __future__ import annotations

from closeloop.domain.fact_words import spoken
from closeloop.domain.known_facts import ANSWERS
from closeloop.domain.presentation_content import DeckContent, facts_said
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.sources import spoken_source
from closeloop.domain.stage import Stage

BEFORE_THE_CUSTOMER = frozenset({Stage.PROSPECTING, Stage.PREPARATION, Stage.APPROACH})
"""Stages in which nobody outside has seen the draft: it may be drawn again without asking."""
UNKNOWN = "not known"


def remembered(prospect: Prospect, content: DeckContent) -> dict[str, str]:
    """The facts that this deck says, by name, to be kept beside it; and what it asks because nobody told us."""
    asked = ANSWERS - prospect.facts.keys()
    return {name: as_known(prospect.facts.get(name)) for name in sorted(facts_said(content).keys() | asked)}


def changed_facts(prospect: Prospect) -> tuple[str, ...]:
    """In words, each fact of the prospect's deck that is another now; none while the deck holds."""
    return tuple(
        f"{name.removesuffix('_usd').replace('_', ' ')} was {then}, now {now}"
        for name, then in prospect.deck_facts.items()
        if (now := as_known(prospect.facts.get(name))) != then
    )


def as_known(fact: Fact | None) -> str:
    """A fact as it is remembered beside a deck."""
    if fact is None:
        return UNKNOWN
    period = f", {fact.as_of}" if fact.as_of else ""
    return f"{spoken(fact)} ({spoken_source(fact.source)}{period})"

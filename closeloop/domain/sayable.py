"""Whether a fact may be said to a customer: sure enough, not contradicted, not impossible, and not too old.

Invariant: mails, decks and prices ask here, so a fact that one of them may not use is used by none.
"""

from __future__ import annotations

from datetime import date

from closeloop.domain.fact_age import too_old
from closeloop.domain.plausible import implausible
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Fact


def unsayable(fact: Fact, playbook: Playbook, on: date | None = None) -> str | None:
    """Why this fact is kept to ourselves; None when it may be said. Without a day its age is not looked at."""
    if fact.judged is not None and fact.judged.doubt:
        return fact.judged.doubt
    if fact.confidence < playbook.enrichment.say_at:
        return f"only {fact.confidence:.0%} certain"
    if problem := implausible(fact, fact.observed_at):
        return problem
    if on is not None and too_old(fact, on, playbook.deck.stale_after_days):
        return "too old"
    return None


def may_be_said(fact: Fact, playbook: Playbook, on: date | None = None) -> bool:
    """Whether it may be said, on this day if one is given."""
    return unsayable(fact, playbook, on) is None

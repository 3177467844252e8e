"""Which of several answers about the same thing is believed, and why: by rule, and told with its rivals.

Invariants: the choice depends on the answers and never on their order; an answer that loses stays visible beside
the one that won; one that is contradicted by a source as good is believed for scoring and said to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import prod

from closeloop.domain.enrichment_rules import PEOPLE, EnrichmentRules
from closeloop.domain.fact_words import spoken
from closeloop.domain.known_facts import NUMBERS
from closeloop.domain.plausible import implausible
from closeloop.domain.prospect import Fact, Judgement, Rival
from closeloop.domain.sources import source_kind

COMPARABLE = NUMBERS | {"industry", "country", "listed", "accepts_mail"}
"""Where two different answers contradict each other. Two descriptions of the products do not."""
YEARS_APART = 1


def choose(answers: Sequence[Fact], rules: EnrichmentRules, now: datetime) -> Fact:
    """The answer to believe, with its rivals. `answers`: at least one, all about the same thing."""
    if len(answers) == 1 and implausible(answers[0], now) is None:
        return answers[0]
    possible = [one for one in answers if implausible(one, now) is None]
    if not possible:
        best = min(answers, key=lambda one: _rank(one, rules))
        return _judged(best, answers, "nobody says anything better", f"{spoken(best)} {implausible(best, now)}")
    fresh = [one for one in possible if not _expired(one, rules, now)]
    groups = _agreeing(fresh or possible, rules)
    winner, because = _winner(groups, rules)
    best = min(winner, key=lambda one: _rank(one, rules))
    return _judged(best, answers, because, _doubt(winner, [one for one in groups if one is not winner], rules))


def _expired(fact: Fact, rules: EnrichmentRules, now: datetime) -> bool:
    """What people wrote has no date at which it stops to be true."""
    return not _by_people(fact) and fact.observed_at + timedelta(days=rules.ttl_of(fact.name)) <= now


def _by_people(fact: Fact) -> bool:
    return source_kind(fact.source) in PEOPLE


def _rank(fact: Fact, rules: EnrichmentRules) -> tuple[int, float, float, str, str]:
    """Smaller is better: trust, then how sure, then how new; the last two only make it total."""
    kind = source_kind(fact.source)
    trusted: tuple[str, ...] = (*PEOPLE, *rules.trust)
    place = trusted.index(kind) if kind in trusted else len(trusted)
    return (place, -fact.confidence, -fact.observed_at.timestamp(), fact.source, str(fact.value))


def same_value(one: Fact, other: Fact, rules: EnrichmentRules) -> bool:
    """Whether two answers say the same."""
    a, b = one.value, other.value
    numbers = isinstance(a, int | Decimal) and isinstance(b, int | Decimal)
    if not numbers or isinstance(a, bool) or isinstance(b, bool):
        return str(a).strip().casefold() == str(b).strip().casefold()
    first, second = Decimal(a), Decimal(b)
    if one.name == "founded":
        return abs(first - second) <= YEARS_APART
    return abs(first - second) <= Decimal(str(rules.agree_within)) * max(abs(first), abs(second))


def _agreeing(answers: Iterable[Fact], rules: EnrichmentRules) -> list[list[Fact]]:
    """Answers that say the same stand together; the most trusted of a group speaks for it."""
    groups: list[list[Fact]] = []
    for fact in sorted(answers, key=lambda one: _rank(one, rules)):
        if fact.name not in COMPARABLE and groups:
            groups[0].append(fact)
            continue
        home = next((group for group in groups if same_value(group[0], fact, rules)), None)
        if home is None:
            groups.append([fact])
        else:
            home.append(fact)
    return groups


def _sure(group: Sequence[Fact]) -> float:
    """How sure the sources of a group are together; a source that says it twice counts once."""
    by_source: dict[str, float] = {}
    for fact in group:
        kind = source_kind(fact.source)
        by_source[kind] = max(fact.confidence, by_source.get(kind, 0.0))
    return 1 - prod(1 - share for share in by_source.values())


def _sources(group: Sequence[Fact]) -> int:
    return len({source_kind(fact.source) for fact in group})


def _winner(groups: list[list[Fact]], rules: EnrichmentRules) -> tuple[list[Fact], str]:
    people = [group for group in groups if _by_people(group[0])]
    if people:
        newest = max(people, key=lambda group: max(one.observed_at for one in group if _by_people(one)))
        return newest, "people said so, and their word comes first"
    best = min(groups, key=lambda group: (-round(_sure(group), 6), *_rank(group[0], rules)))
    if len(groups) == 1:
        return best, "nobody says otherwise"
    if _sources(best) > 1:
        return best, f"{_sources(best)} sources agree"
    return best, "the surest source, or the most trusted of those as sure"


def _doubt(winner: list[Fact], others: list[list[Fact]], rules: EnrichmentRules) -> str | None:
    """A contradiction that the winner does not outnumber."""
    strong = [group for group in others if _sure(group) >= rules.say_at and _sources(group) >= _sources(winner)]
    if not strong:
        return None
    said = "; ".join(f"{spoken(group[0])} by {source_kind(group[0].source)}" for group in strong)
    return f"contradicted: {said}"


def _judged(best: Fact, answers: Sequence[Fact], because: str, doubt: str | None) -> Fact:
    rivals = tuple(
        Rival(
            value=spoken(one)[:200],
            source=one.source,
            confidence=one.confidence,
            observed_at=one.observed_at,
            as_of=one.as_of,
        )
        for one in sorted(answers, key=lambda one: (one.source, str(one.value)))
        if one is not best
    )
    cost = best.judged.cost if best.judged else Decimal(0)
    judged = Judgement(cost=cost, rivals=rivals, because=because, doubt=doubt)
    return best.model_copy(update={"judged": judged})

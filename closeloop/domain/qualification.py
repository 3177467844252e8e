"""Scoring: weighted criteria with evidence and a clear `unknown`. A score can always be explained."""

from __future__ import annotations

from decimal import Decimal

from closeloop.domain.fact_words import spoken
from closeloop.domain.playbook import Criterion, Framework, Qualification
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.record import Record
from closeloop.domain.sources import spoken_source


class Answer(Record):
    """How one criterion came out; `earned` is out of its weight."""

    name: str
    weight: float
    earned: float
    fact: Fact | None
    question: str

    @property
    def is_unknown(self) -> bool:
        return self.fact is None

    def __str__(self) -> str:
        if self.fact is None:
            return f"{self.name}: unknown (0 of {self.weight:g})"
        source = spoken_source(self.fact.source)
        return f"{self.name}: {spoken(self.fact)} ({self.earned:g} of {self.weight:g}, {source})"


class Assessment(Record):
    """A score from 0 to 100 and the answers behind it."""

    score: int
    answers: tuple[Answer, ...]

    @property
    def unknown(self) -> tuple[Answer, ...]:
        return tuple(answer for answer in self.answers if answer.is_unknown)


def meets(criterion: Criterion, fact: Fact) -> bool:
    """Whether a known fact meets the criterion; a number in words never meets a range."""
    if criterion.range is not None:
        number = fact.value
        return isinstance(number, int | Decimal) and criterion.range.holds(Decimal(number))
    text = str(fact.value).casefold()
    return any(word.casefold() in text for word in criterion.any_of)


def answer(criterion: Criterion, prospect: Prospect) -> Answer:
    """Score one criterion against what is known."""
    fact = prospect.facts.get(criterion.fact)
    earned = 0.0
    if fact is not None:
        earned = criterion.weight if meets(criterion, fact) else criterion.weight * (criterion.partial or 0.0)
    return Answer(
        name=criterion.name, weight=criterion.weight, earned=earned, fact=fact, question=criterion.question
    )


def _share(answers: tuple[Answer, ...]) -> float:
    return sum(found.earned for found in answers)


def assess(prospect: Prospect, rules: Qualification) -> Assessment:
    """Ideal customer profile and the chosen framework, weighted into one score."""
    profile = _answers(prospect, rules.icp)
    need = _answers(prospect, rules.chosen)
    score = (_share(profile) * rules.icp_weight + _share(need) * (100 - rules.icp_weight)) / 100
    return Assessment(score=round(score), answers=profile + need)


def _answers(prospect: Prospect, framework: Framework) -> tuple[Answer, ...]:
    return tuple(answer(criterion, prospect) for criterion in framework.criteria)

"""Whether each claim of a deck stands on a fact: known, not too old, not contradicted, with the same numbers.

A number in a sentence about the prospect is one of the fact behind it; one in our answer is one of its proof.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from closeloop.adapters.decks.pages import Page, clean
from closeloop.adapters.decks.sources import MOST_PAINS, proof_of
from closeloop.domain.messages import PainProps
from closeloop.domain.presentation_content import DeckContent, Evidence, Finding

_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d{3}(?!\d))*(?:[.,]\d+)?")
_BETWEEN_DIGITS = re.compile(r"[.,\u00a0\u202f ]")


def fact_findings(content: DeckContent, pages: tuple[Page, ...]) -> list[Finding]:
    """What the deck claims without a fact that carries it, each with its slide."""
    found = [*_told("Goals", content.goals, pages), *_told("Table", content.evidence, pages)]
    for place in range(min(len(content.pains), MOST_PAINS)):
        found += _pain(content, place, pages)
    return [*found, *_value(content, pages)]


def _slide(layout: str, pages: tuple[Page, ...], place: int = 0) -> int:
    found = [number for number, page in enumerate(pages, 1) if page.layout == layout]
    return found[place] if place < len(found) else 1


def _told(layout: str, said: Iterable[Evidence], pages: tuple[Page, ...]) -> Iterator[Finding]:
    for one in said:
        if one.problem:
            yield Finding(slide=_slide(layout, pages), problem=_unfit(one))


def _unfit(evidence: Evidence) -> str:
    named = f"“{clean(evidence.label)}: {clean(evidence.value)}”"
    return f"{named} {clean(evidence.problem or '')}; correct the record, or leave the claim out"


def _pain(content: DeckContent, place: int, pages: tuple[Page, ...]) -> Iterator[Finding]:
    slide = _slide("So what", pages, place)
    if place >= len(content.grounds):
        yield Finding(slide=slide, problem=f"pain {place + 1} points to no fact; name one or leave the pain out")
        return
    ground, pain = content.grounds[place], content.pains[place]
    if ground.problem:
        yield Finding(slide=slide, problem=_unfit(ground))
    if not proof_of(pain)[1]:
        problem = f"the proof of pain {place + 1} names no source; write it in brackets behind the proof"
        yield Finding(slide=slide, problem=problem)
    for number, what in _strange_numbers(pain, ground, content.company):
        problem = f"{what} {place + 1} says {number!r}, which stands in no fact behind it; prove it or leave it out"
        yield Finding(slide=slide, problem=problem)


def _strange_numbers(pain: PainProps, ground: Evidence, company: str) -> Iterator[tuple[str, str]]:
    facts = _numbers(f"{ground.value} {company}")
    proven = facts | _numbers(pain.proof)
    texts = ((pain.pain, facts, "pain"), (pain.feature, proven, "the feature of pain"))
    for text, known, what in (*texts, (pain.so_what, proven, "the so-what of pain")):
        for number in sorted(_numbers(text) - known):
            yield number, what


def _numbers(text: str) -> set[str]:
    """The digits of each number, however it is grouped: `4,200` and `4 200` are one."""
    return {_BETWEEN_DIGITS.sub("", found) for found in _NUMBER.findall(text)}


def _value(content: DeckContent, pages: tuple[Page, ...]) -> Iterator[Finding]:
    if not content.value:
        return
    slide = _slide("Value", pages)
    if not content.value_facts:
        yield Finding(slide=slide, problem="the value chart rests on no fact; name one or leave the chart out")
    for fact in content.value_facts:
        if fact.problem:
            yield Finding(slide=slide, problem=_unfit(fact))
        if not clean(fact.source) or not (fact.as_of or fact.seen):
            problem = f"the value chart rests on “{clean(fact.label)}”, which has no source or date; add them"
            yield Finding(slide=slide, problem=problem)

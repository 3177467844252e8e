"""Where each claim of a deck comes from: the source line of a page and the rows of the last one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from closeloop.adapters.decks.pages import Text, claim, clean, label, sentence
from closeloop.adapters.decks.words import Words
from closeloop.domain.messages import PainProps
from closeloop.domain.presentation_content import DeckContent, Evidence

MOST_PAINS = 3
"""More than these and a meeting is about none of them."""
_IN_SOURCE = "–"
"""The date of a proof, whose source says it."""
_PROOF = re.compile(r"^(?P<says>.+?)\s*\((?P<source>[^()]+)\)\s*$")


def no_source(name: str) -> str:
    """The finding for a claim without a source."""
    return f"“{name}” has no source; name where it comes from or leave the claim out"


def proof_of(pain: PainProps) -> tuple[str, str]:
    """A proof and the source that stands behind it in brackets, if it does."""
    found = _PROOF.match(sentence(pain.proof))
    return (found["says"], found["source"]) if found else (sentence(pain.proof), "")


def no_age(name: str) -> str:
    """The finding for a claim that nobody can date."""
    return f"“{name}” has no date; say for when it holds or when it was read, or leave it out"


def source_of(evidence: Evidence, words: Words) -> str:
    """Where a claim comes from, with its age."""
    source, age = clean(evidence.source), words.age(evidence.as_of, evidence.seen)
    if evidence.as_of and age:
        return words.say("dated", source=source, as_of=age)
    return ", ".join(filter(None, (source, age)))


def source_rows(content: DeckContent, words: Words) -> Iterator[tuple[Text, ...]]:
    """Each claim with its source and age: the goals, the pains, their proofs, the facts."""
    for goal in content.goals:
        yield _source_row(words.say("goal", label=clean(goal.label), value=clean(goal.value)), goal, words)
    for number, (pain, ground) in enumerate(zip(content.pains[:MOST_PAINS], content.grounds, strict=False), 1):
        yield _source_row(pain.pain, ground, words, f"pain {number}")
        says, proof_source = proof_of(pain)
        if proof_source:
            proof = Evidence(label=f"proof {number}", value=says, source=proof_source, as_of=_IN_SOURCE)
            yield _source_row(says, proof, words)
    for evidence in content.evidence:
        yield _source_row(f"{clean(evidence.label)}: {clean(evidence.value)}", evidence, words)


def _source_row(statement: str, evidence: Evidence, words: Words, name: str = "") -> tuple[Text, ...]:
    name = name or clean(evidence.label)
    return (
        label(statement, f"the statement of “{name}”"),
        claim(evidence.source, f"the source of “{name}”", no_source(name)),
        claim(words.age(evidence.as_of, evidence.seen), f"the date of “{name}”", no_age(name)),
    )

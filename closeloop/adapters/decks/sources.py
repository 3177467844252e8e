"""Where each claim of a deck comes from: the source line of a page and the rows of the last one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from closeloop.adapters.decks.pages import Text, claim, clean, label, sentence
from closeloop.adapters.decks.words import Words
from closeloop.domain.messages import PainProps
from closeloop.domain.presentation_content import DeckContent

MOST_PAINS = 3
"""More than these and a meeting is about none of them."""
_IN_SOURCE = "–"
"""The date of a proof, whose source says it."""
_DATED = re.compile(r"^(?P<source>.+?), as of (?P<as_of>.+)$")
_PROOF = re.compile(r"^(?P<says>.+?)\s*\((?P<source>[^()]+)\)\s*$")


def no_source(name: str) -> str:
    """The finding for a claim without a source."""
    return f"“{name}” has no source; name where it comes from or leave the claim out"


def proof_of(pain: PainProps) -> tuple[str, str]:
    """A proof and the source that stands behind it in brackets, if it does."""
    found = _PROOF.match(sentence(pain.proof))
    return (found["says"], found["source"]) if found else (sentence(pain.proof), "")


def _dated(pain: PainProps) -> tuple[str, str | None]:
    found = _DATED.match(clean(pain.source))
    return (found["source"], found["as_of"]) if found else (clean(pain.source), None)


def spoken_source(pain: PainProps, words: Words) -> str:
    """The source of a pain with its age, in the reader's language."""
    source, as_of = _dated(pain)
    return words.say("dated", source=source, as_of=as_of) if as_of else source


def source_rows(content: DeckContent, words: Words) -> Iterator[tuple[Text, ...]]:
    """Each claim with its source and age: the pains, their proofs, the facts."""
    for number, pain in enumerate(content.pains[:MOST_PAINS], 1):
        source, as_of = _dated(pain)
        yield _source_row(pain.pain, source, as_of, f"pain {number}", words)
        says, proof_source = proof_of(pain)
        if proof_source:
            yield _source_row(says, proof_source, _IN_SOURCE, f"proof {number}", words)
    for evidence in content.evidence:
        statement = f"{clean(evidence.label)}: {clean(evidence.value)}"
        yield _source_row(statement, evidence.source, evidence.as_of, clean(evidence.label), words)


def _source_row(statement: str, source: str, as_of: str | None, name: str, words: Words) -> tuple[Text, ...]:
    return (
        label(statement, f"the statement of “{name}”"),
        claim(source, f"the source of “{name}”", no_source(name)),
        claim(as_of or words.say("undated"), f"the date of “{name}”"),
    )

"""A deck of the tests is built as it would be for a prospect. Invariant: with a problem there is no file."""

from __future__ import annotations

from pathlib import Path

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.domain.presentation_content import DeckContent

BUILDER = PptxDeckBuilder()


def problems(deck: DeckContent, folder: Path) -> list[tuple[int, str]]:
    """What holds this deck, each with the number of its slide."""
    path = folder / "deck.pptx"
    findings = BUILDER.build(deck, path)
    assert path.exists() is not bool(findings)
    return [(finding.slide, finding.problem) for finding in findings]

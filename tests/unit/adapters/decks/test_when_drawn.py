"""The builder is made when the first deck is drawn, and draws what it would have drawn at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.adapters.decks.when_drawn import DecksWhenDrawn
from closeloop.domain.errors import UsageError
from tests.unit.adapters.decks.sample import content


def test_a_deck_drawn_later_is_the_same_to_the_byte(tmp_path: Path) -> None:
    early, late = tmp_path / "early.pptx", tmp_path / "late.pptx"
    PptxDeckBuilder().build_all([(content(), early)])
    assert DecksWhenDrawn().build_all([(content(), late)]) == [()]
    assert late.read_bytes() == early.read_bytes()


def test_further_forms_are_drawn_as_well(tmp_path: Path) -> None:
    DecksWhenDrawn(also={"html"}).build_all([(content(), tmp_path / "deck.pptx")])
    assert (tmp_path / "deck.html").is_file()


def test_a_master_that_is_none_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        DecksWhenDrawn(tmp_path / "missing.pptx")

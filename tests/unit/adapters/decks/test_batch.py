"""A batch of decks: one that breaks costs itself only, and findings come in the order of the drafts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from closeloop.adapters.decks.builder import PptxDeckBuilder
from tests.unit.adapters.decks.sample import content

BUILDER = PptxDeckBuilder()


def test_a_deck_that_breaks_has_a_finding_and_the_others_are_built(tmp_path: Path) -> None:
    far = content(on=date(2200, 1, 1))  # beyond the years that a zip file can write
    drafts = [(content(), tmp_path / "a.pptx"), (far, tmp_path / "b.pptx"), (content(), tmp_path / "c.pptx")]
    first, second, third = BUILDER.build_all(drafts)
    assert (first, third) == ((), ())
    assert "cannot be built" in second[0].problem
    assert second[0].broken
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pptx", "c.pptx"]


def test_a_place_that_cannot_be_written_stops_the_batch_so_that_it_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        BUILDER.build_all([(content(), tmp_path / "file" / "a.pptx")])

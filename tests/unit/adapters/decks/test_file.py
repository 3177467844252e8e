"""The file itself: the same bytes each time, whole or not at all, quick to build."""

from __future__ import annotations

import time
from datetime import date
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from pptx import Presentation

from closeloop.adapters.decks.builder import PptxDeckBuilder
from tests.unit.adapters.decks.sample import CONTENT, content


def built(builder: PptxDeckBuilder, path: Path, **changes: object) -> bytes:
    assert builder.build(content(**changes), path) == ()
    return path.read_bytes()


def test_the_same_content_gives_the_same_bytes_on_another_day_and_by_another_builder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = built(PptxDeckBuilder(), tmp_path / "first.pptx")
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2_000_000_000))  # what zip files take
    assert built(PptxDeckBuilder(), tmp_path / "second.pptx") == first


def test_other_content_gives_other_bytes(tmp_path: Path) -> None:
    builder = PptxDeckBuilder()
    first = built(builder, tmp_path / "first.pptx")
    assert built(builder, tmp_path / "second.pptx", questions=("Who signs?",)) != first


def test_the_only_date_in_the_file_is_that_of_the_deck(tmp_path: Path) -> None:
    package = ZipFile(BytesIO(built(PptxDeckBuilder(), tmp_path / "deck.pptx", on=date(2031, 5, 6))))
    assert {entry.date_time for entry in package.infolist()} == {(2031, 5, 6, 0, 0, 0)}
    assert package.read("docProps/core.xml").count(b"2031-05-06T00:00:00Z") == 2
    workbook = next(name for name in package.namelist() if name.endswith(".xlsx"))
    inner = ZipFile(BytesIO(package.read(workbook)))
    assert inner.read("docProps/core.xml").count(b"2031-05-06T00:00:00Z") == 2


def test_the_file_names_its_title_author_and_language(tmp_path: Path) -> None:
    built(PptxDeckBuilder(), tmp_path / "deck.pptx")
    properties = Presentation(str(tmp_path / "deck.pptx")).core_properties
    assert (properties.title, properties.author, properties.language) == (
        CONTENT.title,
        "Mira Solberg, Account Executive, Ledgerline",
        "en-GB",
    )


def test_a_folder_that_is_not_there_is_made_and_nothing_is_left_beside_the_deck(tmp_path: Path) -> None:
    path = tmp_path / "drafts" / "2026" / "deck.pptx"
    built(PptxDeckBuilder(), path)
    assert list(path.parent.iterdir()) == [path]


def test_a_deck_takes_a_twentieth_of_a_second_of_one_core(tmp_path: Path) -> None:
    builder = PptxDeckBuilder()
    built(builder, tmp_path / "deck.pptx")
    started = time.process_time()
    for number in range(10):
        built(builder, tmp_path / "deck.pptx", title=f"Deck {number}")
    assert (time.process_time() - started) / 10 < 0.1  # twice the promise, for slow machines

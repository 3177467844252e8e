"""PDF and pictures of a deck: the same bytes each time, drawn anew only when the deck is."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.adapters.decks.gallery import drawn_pages, form_pictures, gallery
from closeloop.adapters.decks.pictures import PREVIEW_WIDTH, pdf_of, pictures_of, preview_files
from closeloop.domain.errors import UsageError
from tests.unit.adapters.decks.sample import CONTENT, content


def test_a_deck_gets_a_pdf_of_the_same_bytes_each_time(tmp_path: Path) -> None:
    builder = PptxDeckBuilder(also={"pdf"})
    assert builder.build(CONTENT, tmp_path / "a.pptx") == builder.build(CONTENT, tmp_path / "b.pptx") == ()
    first = (tmp_path / "a.pdf").read_bytes()
    assert first.startswith(b"%PDF-")
    assert first == (tmp_path / "b.pdf").read_bytes() == pdf_of((tmp_path / "a.pptx").read_bytes())


def test_no_other_form_is_made_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert PptxDeckBuilder().build(CONTENT, tmp_path / "a.pptx") == ()
    assert [path.name for path in tmp_path.iterdir()] == ["a.pptx"]


def test_pictures_are_small_and_of_the_slides_that_are_there(tmp_path: Path) -> None:
    PptxDeckBuilder().build(CONTENT, tmp_path / "a.pptx")
    deck = (tmp_path / "a.pptx").read_bytes()
    first, chart = pictures_of(deck, slides=(0, 7, 99))
    assert Image.open(BytesIO(first)).size == (PREVIEW_WIDTH, 271)
    assert len(first) + len(chart) < 60_000
    assert pictures_of(deck, slides=(0,)) == [first]


def test_previews_are_drawn_once_and_again_when_the_deck_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.pptx"
    PptxDeckBuilder().build(CONTENT, path)
    files = preview_files(path)
    assert [file.name for file in files] == ["a.1.png", "a.3.png", "a.5.png"]
    files[0].write_bytes(b"kept")
    assert preview_files(path)[0].read_bytes() == b"kept"
    PptxDeckBuilder().build(content(title="Another title"), path)
    later = files[0].stat().st_mtime + 5
    os.utime(path, (later, later))
    assert preview_files(path)[0].read_bytes().startswith(b"\x89PNG")


def test_what_is_no_deck_is_refused_with_what_to_do() -> None:
    with pytest.raises(UsageError, match=r"cannot be drawn .*save it again"):
        pdf_of(b"no deck")


def test_a_page_gets_pictures_as_data_of_the_decks_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "decks").mkdir()
    for name in ("a", "b", "c"):
        PptxDeckBuilder().build(CONTENT, tmp_path / "decks" / f"{name}.pptx")
    (tmp_path / "decks" / "b.pptx").write_bytes(b"saved by some other program")
    wanted = ["decks/gone.pptx", None, "decks/b.pptx", "decks/a.pptx", "decks/c.pptx"]
    assert list(gallery(tmp_path, wanted)) == ["decks/a.pptx", "decks/c.pptx"]
    assert list(gallery(tmp_path, wanted, most=1)) == ["decks/a.pptx"]
    assert all(picture.startswith("data:image/png;base64,") for picture in gallery(tmp_path, wanted).values())


def test_a_form_gets_small_pictures_of_pages_that_name_nobody(tmp_path: Path) -> None:
    PptxDeckBuilder().build(CONTENT, tmp_path / "a.pptx")
    found = form_pictures(tmp_path / "a.pptx")
    assert [file.name for file in sorted(tmp_path.glob("*.png"))] == ["a.4.png", "a.5.png"]
    assert len(found) == 2
    assert sum(map(len, found)) < 40_000


def test_a_deck_that_cannot_be_drawn_has_no_pictures_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert drawn_pages(tmp_path / "gone.pptx") == []
    (tmp_path / "a.pptx").write_bytes(b"saved by some other program")
    assert form_pictures(tmp_path / "a.pptx") == ()

    def broken(*given: object) -> None:
        raise RuntimeError("the drawing program broke")

    monkeypatch.setattr("closeloop.adapters.decks.pictures.pictures_of", broken)
    PptxDeckBuilder().build(CONTENT, tmp_path / "b.pptx")
    assert drawn_pages(tmp_path / "b.pptx") == []

"""The shipped master and a company's own."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.adapters.decks.master import DEFAULT_MASTER, DEFAULT_THEME, build_master, main
from closeloop.adapters.decks.slots import LAYOUTS, read_master
from closeloop.domain.errors import UsageError
from tests.unit.adapters.decks.sample import CONTENT


def parts(package: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(package)) as file:
        return {name: file.read(name) for name in file.namelist()}


def changed_master(path: Path, layout: str, placeholder: str, name: str) -> Path:
    presentation: Any = Presentation(str(DEFAULT_MASTER))
    found = presentation.slide_layouts.get_by_name(layout)
    next(p for p in found.placeholders if p.name == placeholder).name = name
    presentation.save(str(path))
    return path


def test_the_shipped_master_is_what_its_script_makes() -> None:
    assert parts(DEFAULT_MASTER.read_bytes()) == parts(build_master())


def test_the_master_holds_every_layout_and_placeholder_and_no_slide() -> None:
    master = read_master(DEFAULT_MASTER)
    assert set(master.layouts) == set(LAYOUTS)
    assert all({"footer", "page"} <= set(master.layouts[name]) for name in ("Table", "So what", "Value"))
    presentation = Presentation(str(DEFAULT_MASTER))
    assert len(presentation.slides) == 0


def test_the_theme_table_sets_colours_and_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theme = tmp_path / "ours.toml"
    look = DEFAULT_THEME.read_text(encoding="utf-8").replace("0B7A75", "AB12CD")
    theme.write_text(look.replace('heading = "Arial"', 'heading = "Georgia"'), encoding="utf-8")
    out = tmp_path / "ours.pptx"
    monkeypatch.setattr(sys, "argv", ["master", "--theme", str(theme), "--out", str(out)])
    main()
    xml = next(
        blob for name, blob in parts(out.read_bytes()).items() if b'<a:accent1><a:srgbClr val="AB12CD"/>' in blob
    )
    assert b'<a:majorFont><a:latin typeface="Georgia"/>' in xml


def test_a_wider_font_leaves_less_room_for_text(tmp_path: Path) -> None:
    theme = tmp_path / "ours.toml"
    theme.write_text(DEFAULT_THEME.read_text(encoding="utf-8").replace('"Arial"', '"Verdana"', 2), encoding="utf-8")
    wide = tmp_path / "wide.pptx"
    wide.write_bytes(build_master(theme))
    slots = (read_master(path).layouts["So what"]["so_what"] for path in (DEFAULT_MASTER, wide))
    usual, wider = (slot.font_factor for slot in slots)
    assert usual < wider


def test_a_company_master_with_the_same_names_is_used(tmp_path: Path) -> None:
    presentation: Any = Presentation(str(DEFAULT_MASTER))
    agenda = presentation.slide_layouts.get_by_name("Agenda")
    next(p for p in agenda.placeholders if p.name == "agenda").left = 1_234_567
    master = tmp_path / "branded.pptx"
    presentation.save(str(master))
    assert PptxDeckBuilder(master).build(CONTENT, tmp_path / "deck.pptx") == ()
    slide: Any = Presentation(str(tmp_path / "deck.pptx")).slides[1]
    assert next(p for p in slide.placeholders if p.name == "agenda").left == 1_234_567


def test_a_master_without_a_placeholder_is_refused_with_its_name(tmp_path: Path) -> None:
    master = changed_master(tmp_path / "branded.pptx", "So what", "proof", "Text Placeholder 7")
    with pytest.raises(UsageError, match="lacks placeholder 'proof' on layout 'So what'"):
        PptxDeckBuilder(master)


def test_a_master_without_a_layout_is_refused_with_its_name(tmp_path: Path) -> None:
    master = tmp_path / "other.pptx"
    Presentation().save(str(master))
    with pytest.raises(UsageError, match="lacks layout 'Title', layout 'Agenda'"):
        PptxDeckBuilder(master)


def test_a_text_place_where_the_chart_belongs_is_refused(tmp_path: Path) -> None:
    first = changed_master(tmp_path / "first.pptx", "Value", "chart", "was chart")
    presentation: Any = Presentation(str(first))
    layout = presentation.slide_layouts.get_by_name("Value")
    next(p for p in layout.placeholders if p.name == "assumptions").name = "chart"
    next(p for p in layout.placeholders if p.name == "was chart").name = "assumptions"
    presentation.save(str(first))
    with pytest.raises(UsageError, match="must be of the kind 'chart'"):
        PptxDeckBuilder(first)


def test_a_master_whose_notes_have_no_place_for_words_is_refused(tmp_path: Path) -> None:
    presentation: Any = Presentation(str(DEFAULT_MASTER))
    body = presentation.notes_master.placeholders.get(PP_PLACEHOLDER.BODY)
    body.element.getparent().remove(body.element)
    master = tmp_path / "branded.pptx"
    presentation.save(str(master))
    with pytest.raises(UsageError, match=r"no place for speaker notes\. Add the placeholder Body"):
        PptxDeckBuilder(master)


def test_slides_that_a_master_brings_stay_in_front_of_ours_with_their_notes(tmp_path: Path) -> None:
    presentation: Any = Presentation(str(DEFAULT_MASTER))
    brought = presentation.slides.add_slide(presentation.slide_layouts.get_by_name("Title"))
    for placeholder in brought.placeholders:
        placeholder.text_frame.text = "ours"
    brought.notes_slide.notes_text_frame.text = "what we always say"
    master = tmp_path / "branded.pptx"
    presentation.save(str(master))
    assert PptxDeckBuilder(master).build(CONTENT, tmp_path / "deck.pptx") == ()
    first, second, *_ = Presentation(str(tmp_path / "deck.pptx")).slides
    assert [first.shapes.title.text_frame.text, second.shapes.title.text_frame.text] == ["ours", CONTENT.title]
    assert first.notes_slide.notes_text_frame.text == "what we always say"
    assert "Ask:" in second.notes_slide.notes_text_frame.text


def test_a_deck_on_a_master_without_a_notes_master_has_notes_all_the_same(tmp_path: Path) -> None:
    presentation: Any = Presentation(str(DEFAULT_MASTER))
    rels = presentation.part.rels
    rels.pop(next(name for name, rel in rels.items() if rel.reltype == RELATIONSHIP_TYPE.NOTES_MASTER))
    listed = presentation.element.find(qn("p:notesMasterIdLst"))
    if listed is not None:
        presentation.element.remove(listed)
    master = tmp_path / "branded.pptx"
    presentation.save(str(master))
    assert PptxDeckBuilder(master).build(CONTENT, tmp_path / "deck.pptx") == ()
    slides = Presentation(str(tmp_path / "deck.pptx")).slides
    assert all("Ask:" in slide.notes_slide.notes_text_frame.text for slide in slides)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_a_file_that_is_no_presentation_is_refused(content: bytes, tmp_path: Path) -> None:
    master = tmp_path / "broken.pptx"
    master.write_bytes(content)
    with pytest.raises(UsageError, match=r"is no readable \.pptx"):
        PptxDeckBuilder(master)


def test_a_master_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is no readable \.pptx"):
        PptxDeckBuilder(tmp_path / "missing.pptx")

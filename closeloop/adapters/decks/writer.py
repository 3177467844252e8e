"""Turns pages into slides of a master: native text, tables, charts and shapes that a seller can edit.

Text goes into the master's own placeholders, so that the company's look is kept; only a size that had to
shrink is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from io import BytesIO
from typing import Any

from pptx import Presentation
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn

from closeloop.adapters.decks.blanks import BlankSlides
from closeloop.adapters.decks.chart import draw_chart
from closeloop.adapters.decks.ink import Look, paragraph, set_paragraphs
from closeloop.adapters.decks.package import with_dated_entries
from closeloop.adapters.decks.pages import Chart, Page, Table, Text, Timeline
from closeloop.adapters.decks.slots import Master, Slot
from closeloop.adapters.decks.table import draw_table
from closeloop.adapters.decks.timeline import draw_timeline

_FIRST_FREE_ID = 100
_PAGE_NUMBER = (
    '<a:p><a:fld id="{5B7F7C0E-1F0A-4B0C-9C59-6F0F6B0B7C11}" type="slidenum">'
    '<a:rPr lang="en-GB"/><a:t>NUMBER</a:t></a:fld></a:p>'
)


def write_slides(pages: tuple[Page, ...], master: Master, tag: str, on: date) -> Any:
    """A presentation with one slide for each page."""
    presentation = Presentation(BytesIO(master.content))
    slides, look = BlankSlides(presentation), Look(tag, thai=master.thai_font)
    for number, page in enumerate(pages, 1):
        blank = master.blanks[page.layout]
        slide = slides.add(blank, page.layout)
        _fill(slide, page, master, look, on)
        _furnish(slide, master.layouts[page.layout], page, number, look)
        slides.add_notes(slide, blank, page.notes)
    return presentation


def saved(presentation: Any, *, title: str, author: str, tag: str, on: date) -> bytes:
    """The bytes of the file; the same presentation gives the same bytes."""
    properties = presentation.core_properties
    properties.title, properties.author, properties.last_modified_by = title[:255], author[:255], author[:255]
    properties.language, properties.revision = tag, 1
    properties.created = properties.modified = datetime.combine(on, time(), UTC)
    target = BytesIO()
    presentation.save(target)
    return with_dated_entries(target.getvalue(), on)


def _fill(slide: Any, page: Page, master: Master, look: Look, on: date) -> None:
    slots = master.layouts[page.layout]
    places = _places(slide)
    for name, texts in page.texts.items():
        if (place := places.get(slots[name].idx)) is not None:
            _write(place, texts, slots[name], page.scales.get(name, 1.0), look)
    match page.block:
        case Table() as table:
            slot = slots["table"]
            draw_table(places[slot.idx], table, slot, page.block_scale, master.table_style, look)
        case Chart() as chart:
            draw_chart(slide.placeholders[slots["chart"].idx], chart, on)
        case Timeline() as timeline:
            slot = slots["timeline"]
            draw_timeline(places[slot.idx], timeline, slot, page.block_scale, look)


def _places(slide: Any) -> dict[int, Any]:
    """Placeholder shapes by index, as elements: the library's own objects search the tree at each question."""
    marks = slide.element.spTree.iter(qn("p:ph"))
    return {int(mark.get("idx", 0)): next(mark.iterancestors(qn("p:sp"))) for mark in marks}


def _write(place: Any, texts: tuple[Text, ...], slot: Slot, scale: float, base: Look) -> None:
    styles = [slot.styles[min(text.level, len(slot.styles) - 1)] for text in texts]
    looks = [replace(base, size=style.size * scale if scale < 1 else None) for style in styles]
    set_paragraphs(place.txBody, map(paragraph, texts, looks))


def _furnish(slide: Any, slots: Mapping[str, Slot], page: Page, number: int, look: Look) -> None:
    """Footer and page number, which a new slide does not get by itself."""
    tree = slide.element.spTree
    contents = {"page": ("sldNum", _PAGE_NUMBER.replace("NUMBER", str(number)))}
    if "footer" in page.texts:
        contents["footer"] = ("ftr", paragraph(page.texts["footer"][0], look))
    for name, (kind, content) in contents.items():
        if name in slots:
            identity = len(tree) + _FIRST_FREE_ID
            tree.append(parse_xml(_furniture(name, kind, slots[name].idx, identity, content)))


def _furniture(name: str, kind: str, idx: int, identity: int, content: str) -> str:
    return (
        f'<p:sp {nsdecls("p", "a")}><p:nvSpPr><p:cNvPr id="{identity}" name="{name}"/>'
        f'<p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="{kind}" idx="{idx}"/></p:nvPr>'
        f"</p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:lstStyle/>{content}</p:txBody></p:sp>"
    )

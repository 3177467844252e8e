"""Draws a table into its placeholder, in the table style that the master makes the default."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.sax.saxutils import quoteattr

from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.spec import GRAPHIC_DATA_URI_TABLE
from pptx.util import Pt

from closeloop.adapters.decks.ink import Look, paragraph
from closeloop.adapters.decks.pages import Table, Text
from closeloop.adapters.decks.rows import cell_margins, row_heights
from closeloop.adapters.decks.slots import Slot

_MOST_AIR = 1.3


def draw_table(place: Any, table: Table, slot: Slot, scale: float, style: str, base: Look) -> None:
    """A native table with a heading row in place of this shape; rows are as high as their text needs."""
    heights = _airy(row_heights(table, slot, scale), slot)
    drawn = _table(table, slot, heights, style, replace(base, size=table.size * scale))
    frame: Any = parse_xml(_frame(place.shape_id, table.alt, slot, sum(map(Pt, heights)), drawn))
    frame.nvGraphicFramePr.nvPr.append(place.ph)
    place.getparent().replace(place, frame)


def _frame(identity: int, alt: str, slot: Slot, height: int, drawn: str) -> str:
    return (
        f'<p:graphicFrame {nsdecls("p", "a")}><p:nvGraphicFramePr><p:cNvPr id="{identity}" '
        f'name={quoteattr(slot.name)} descr={quoteattr(alt)}/><p:cNvGraphicFramePr><a:graphicFrameLocks noGrp="1"/>'
        f'</p:cNvGraphicFramePr><p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x="{slot.left}" y="{slot.top}"/>'
        f'<a:ext cx="{slot.width}" cy="{height}"/></p:xfrm><a:graphic><a:graphicData '
        f'uri="{GRAPHIC_DATA_URI_TABLE}">{drawn}</a:graphicData></a:graphic></p:graphicFrame>'
    )


def _airy(heights: list[float], slot: Slot) -> list[float]:
    """A short table breathes; a full one stays within its place."""
    stretch = max(1.0, min(_MOST_AIR, slot.text_height / sum(heights)))
    return [height * stretch for height in heights]


def _table(table: Table, slot: Slot, heights: list[float], style: str, look: Look) -> str:
    headings = tuple(Text(text, "a column heading") for text in table.headings)
    columns = "".join(f'<a:gridCol w="{round(slot.width * share)}"/>' for share in table.shares)
    strong = replace(look, bold=True)
    rows = [_row(headings, heights[0], [look] * len(headings))]
    looks = [strong if place == table.strong else look for place in range(len(headings))]
    rows += [_row(row, height, looks) for row, height in zip(table.rows, heights[1:], strict=True)]
    return (
        f'<a:tbl {nsdecls("a")}><a:tblPr firstRow="1"><a:tableStyleId>{style}</a:tableStyleId></a:tblPr>'
        f"<a:tblGrid>{columns}</a:tblGrid>{''.join(rows)}</a:tbl>"
    )


def _row(texts: tuple[Text, ...], height: float, looks: list[Look]) -> str:
    cells = "".join(_cell(text, look) for text, look in zip(texts, looks, strict=True))
    return f'<a:tr h="{Pt(height)}">{cells}</a:tr>'


def _cell(text: Text, look: Look) -> str:
    left, top, right, bottom = (Pt(points) for points in cell_margins(look.size or 0.0))
    return (
        f"<a:tc><a:txBody><a:bodyPr/><a:lstStyle/>{paragraph(text, look)}</a:txBody>"
        f'<a:tcPr marL="{left}" marR="{right}" marT="{top}" marB="{bottom}" anchor="ctr"/></a:tc>'
    )

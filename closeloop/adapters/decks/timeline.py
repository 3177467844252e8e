"""Draws the plan as arrows from left to right, each with its text below, in the master's `timeline` place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.sax.saxutils import quoteattr

from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Pt

from closeloop.adapters.decks.drawing import fill
from closeloop.adapters.decks.ink import Look, paragraph
from closeloop.adapters.decks.pages import Text, Timeline
from closeloop.adapters.decks.slots import Slot
from closeloop.adapters.decks.steps import step_boxes

_FIRST_FREE_ID = 200
_ARROW_TIP = '<a:gd name="adj" fmla="val 30000"/>'


def draw_timeline(place: Any, timeline: Timeline, slot: Slot, scale: float, base: Look) -> None:
    """Native shapes; the first step is in the accent colour, the later ones in the colour of titles."""
    tree = place.getparent()
    tree.remove(place)
    pairs = zip(timeline.steps, step_boxes(len(timeline.steps), slot), strict=True)
    for number, (step, boxes) in enumerate(pairs):
        tree.append(parse_xml(_arrow(step, boxes[0], number, scale, base)))
        tree.append(parse_xml(_card(step[1], boxes[1], number, scale, base)))


def _arrow(step: tuple[Text, Text], box: Slot, number: int, scale: float, base: Look) -> str:
    look = replace(base, size=box.styles[0].size * scale, bold=True, ink="bg1", centred=True)
    identity = (
        f'<p:cNvPr id="{_FIRST_FREE_ID + 2 * number}" name="time of step {number + 1}" '
        f"descr={quoteattr(f'{step[0].text}: {step[1].text}')}/>"
    )
    ground = _ground("chevron", "tx2", _ARROW_TIP) if number else _ground("homePlate", "accent1", _ARROW_TIP)
    return _shape(identity, box, ground, "ctr", paragraph(step[0], look))


def _card(text: Text, box: Slot, number: int, scale: float, base: Look) -> str:
    look = replace(base, size=box.styles[0].size * scale, ink="tx1")
    identity = f'<p:cNvPr id="{_FIRST_FREE_ID + 2 * number + 1}" name="step {number + 1}"/>'
    return _shape(identity, box, _ground("rect", "bg2"), "t", paragraph(text, look))


def _ground(shape: str, colour: str, adjusted: str = "") -> str:
    geometry = f'<a:prstGeom prst="{shape}"><a:avLst>{adjusted}</a:avLst></a:prstGeom>'
    return f"{geometry}{fill(colour)}<a:ln><a:noFill/></a:ln>"


def _shape(identity: str, box: Slot, ground: str, anchor: str, content: str) -> str:
    left, top, right, bottom = (Pt(points) for points in box.margins)
    return (
        f"<p:sp {nsdecls('p', 'a')}><p:nvSpPr>{identity}<p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm>"
        f'<a:off x="{box.left}" y="{box.top}"/><a:ext cx="{box.width}" cy="{box.height}"/></a:xfrm>'
        f'{ground}</p:spPr><p:txBody><a:bodyPr wrap="square" lIns="{left}" tIns="{top}" '
        f'rIns="{right}" bIns="{bottom}" anchor="{anchor}"><a:noAutofit/></a:bodyPr><a:lstStyle/>'
        f"{content}</p:txBody></p:sp>"
    )

"""The two shapes that a quote's sheet is made of, as the format writes them: a line of text and a filled box.

Written as text and parsed at once, since setting one property after another takes most of a sheet's time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.slide import Slide

from closeloop.adapters.decks.ink import runs_right_to_left

_UNITS = 36_000
"""In a millimetre."""
_FIRST_ID = 2
_TEXT_BOX = ' txBox="1"'
FONT, THAI_FONT = "Arial", "Tahoma"


@dataclass
class Shapes:
    """Collects shapes; places and sizes are in millimetres, letters in points."""

    tag: str
    """The language, as in `th-TH`."""
    _made: list[str] = field(default_factory=list)

    def text(
        self,
        text: str,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        size: float,
        ink: str,
        bold: bool = False,
        side: str = "left",
    ) -> None:
        """A paragraph, in the middle of its height; to the right also where its script runs from there."""
        backwards = runs_right_to_left(text)
        align = "r" if (side == "right") is not backwards else "l"
        run = (
            f'<a:rPr lang={quoteattr(self.tag)} sz="{round(size * 2) * 50}" b="{int(bold)}">{_fill(ink)}'
            f'<a:latin typeface="{FONT}"/><a:cs typeface="{THAI_FONT}"/></a:rPr><a:t>{escape(text)}</a:t>'
        )
        place = f"<p:spPr>{_place(x, y, width, height)}<a:noFill/></p:spPr>"
        self._made.append(
            f"{self._head('Text', _TEXT_BOX)}{place}"
            '<p:txBody><a:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"/><a:lstStyle/>'
            f'<a:p><a:pPr algn="{align}" rtl="{int(backwards)}"/><a:r>{run}</a:r></a:p></p:txBody></p:sp>'
        )

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A rectangle without a border."""
        shape = f"{_place(x, y, width, height)}{_fill(colour)}<a:ln><a:noFill/></a:ln>"
        self._made.append(f"{self._head('Box', '')}<p:spPr>{shape}</p:spPr></p:sp>")

    def _head(self, name: str, kind: str) -> str:
        number = len(self._made) + _FIRST_ID
        named = f'<p:cNvPr id="{number}" name="{name} {number}"/><p:cNvSpPr{kind}/><p:nvPr/>'
        return f"<p:sp {nsdecls('p', 'a')}><p:nvSpPr>{named}</p:nvSpPr>"

    def onto(self, slide: Slide) -> None:
        """All of them, in the order in which they were made."""
        tree = slide.shapes._spTree
        for one in self._made:
            tree.append(parse_xml(one))


def _fill(colour: str) -> str:
    return f'<a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'


def _place(x: float, y: float, width: float, height: float) -> str:
    left, top, wide, tall = (round(one * _UNITS) for one in (x, y, width, height))
    place = f'<a:off x="{left}" y="{top}"/><a:ext cx="{wide}" cy="{tall}"/>'
    return f'<a:xfrm>{place}</a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'

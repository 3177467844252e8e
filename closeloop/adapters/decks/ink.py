"""Paragraphs as the format writes them: language and direction always, size and colour only where asked.

Written as text and parsed at once, since setting one property after another takes most of a deck's time.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn

from closeloop.adapters.decks.drawing import fill
from closeloop.adapters.decks.metrics import holds_thai
from closeloop.adapters.decks.pages import Text

_NAMESPACE = nsdecls("a")


@dataclass(frozen=True, slots=True)
class Look:
    """What a paragraph sets itself; everything else stays with the master."""

    tag: str
    """The language, as in `th-TH`."""
    size: float | None = None
    bold: bool = False
    ink: str | None = None
    """A colour of the theme."""
    centred: bool = False
    thai: str = "Tahoma"
    """The font of Thai words. Without one in the run itself, viewers take whichever they come upon."""


@lru_cache(maxsize=8_192)
def runs_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction belongs to Arabic, Hebrew or another such script."""
    directions = (unicodedata.bidirectional(char) for char in text)
    return next((d for d in directions if d in {"L", "R", "AL"}), "L") != "L"


def paragraph(text: Text, look: Look) -> str:
    """One paragraph with one run."""
    return f"<a:p {_NAMESPACE}>{_properties(text, look)}{_run(text.text, look)}</a:p>"


def _properties(text: Text, look: Look) -> str:
    level = f' lvl="{text.level}"' if text.level else ""
    backwards = runs_right_to_left(text.text)
    side = "ctr" if look.centred else "r" if backwards else ""
    align = f' algn="{side}"' if side else ""
    return f'<a:pPr{level}{align} rtl="{int(backwards)}"/>'


def _run(text: str, look: Look) -> str:
    size = f' sz="{round(look.size * 2) * 50}"' if look.size is not None else ""
    bold = ' b="1"' if look.bold else ""
    ink = fill(look.ink) if look.ink else ""
    face = f"<a:cs typeface={quoteattr(look.thai)}/>" if holds_thai(text) else ""
    return f"<a:r><a:rPr lang={quoteattr(look.tag)}{size}{bold}>{ink}{face}</a:rPr><a:t>{escape(text)}</a:t></a:r>"


def set_paragraphs(body: Any, paragraphs: Iterable[str]) -> None:
    """Puts the paragraphs in place of those that the text body has."""
    for old in body.findall(qn("a:p")):
        body.remove(old)
    for new in paragraphs:
        body.append(parse_xml(new))

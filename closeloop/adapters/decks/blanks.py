"""Empty slides, made once for each layout of a master, so that a deck does not work them out again.

A slide added from a blank has the parts and relations that `add_slide` and `notes_slide` of python-pptx give
it. Those read the whole package for each new part and every placeholder of the layout for each slide, which
took half of a deck's time; so the parts are made here, from the same classes of its package layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any
from xml.sax.saxutils import escape

from pptx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.parts.slide import SlidePart

_HERE = "notes stand here"
_NEXT_PARAGRAPH = "</a:t></a:r></a:p><a:p><a:r><a:t>"


@dataclass(frozen=True, slots=True)
class Blank:
    """The XML of an empty slide and of its notes page, where the notes are the text `_HERE`."""

    slide: bytes
    notes: bytes


def blank_of(presentation: Any, layout: Any, names: Mapping[int, str]) -> Blank | None:
    """The blank of a layout, its placeholders named by index; None when notes have no place in this master."""
    slide = presentation.slides.add_slide(layout)
    for placeholder in slide.placeholders:
        placeholder.name = names.get(placeholder.placeholder_format.idx, placeholder.name)
    notes = slide.notes_slide
    if notes.notes_text_frame is None:
        return None
    notes.notes_text_frame.text = _HERE
    return Blank(slide.part.blob, notes.part.blob)


class BlankSlides:
    """Adds slides to one presentation, behind those that it has."""

    def __init__(self, presentation: Any) -> None:
        self._presentation = presentation.part
        self._package = presentation.part.package
        self._order = presentation.element.get_or_add_sldIdLst()
        self._layouts = {layout.name: layout.part for layout in presentation.slide_layouts}
        used = {part.partname for part in self._package.iter_parts()}
        self._slide_names = _free("/ppt/slides/slide%d.xml", used)
        self._notes_names = _free("/ppt/notesSlides/notesSlide%d.xml", used)

    def add(self, blank: Blank, layout: str) -> Any:
        """A new slide on this layout, without notes."""
        name = next(self._slide_names)
        part: Any = SlidePart.load(name, CONTENT_TYPE.PML_SLIDE, self._package, blank.slide)
        part.relate_to(self._layouts[layout], RELATIONSHIP_TYPE.SLIDE_LAYOUT)
        self._order.add_sldId(self._presentation.relate_to(part, RELATIONSHIP_TYPE.SLIDE))
        return part.slide

    def add_notes(self, slide: Any, blank: Blank, lines: tuple[str, ...]) -> None:
        """One paragraph of notes for each line."""
        text = _NEXT_PARAGRAPH.join(map(escape, lines))
        content = blank.notes.replace(_HERE.encode(), text.encode())
        part: Any = Part(next(self._notes_names), CONTENT_TYPE.PML_NOTES_SLIDE, self._package, content)
        part.relate_to(self._presentation.notes_master_part, RELATIONSHIP_TYPE.NOTES_MASTER)
        part.relate_to(slide.part, RELATIONSHIP_TYPE.SLIDE)
        slide.part.relate_to(part, RELATIONSHIP_TYPE.NOTES_SLIDE)


def _free(template: str, used: set[str]) -> Iterator[PackURI]:
    return (PackURI(name) for number in count(1) if (name := template % number) not in used)

"""Reads a branded master: which layouts it has, where their named placeholders are and how they set text.

A master is accepted when it has every layout and placeholder of `LAYOUTS`; what is missing is named, so that
a designer can add it. Anything else in the master is the company's own business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn

from closeloop.adapters.decks.blanks import Blank, blank_of
from closeloop.adapters.decks.metrics import font_factor
from closeloop.domain.errors import UsageError

LAYOUTS: Mapping[str, tuple[str, ...]] = {
    "Title": ("title", "audience", "sender", "date"),
    "Agenda": ("title", "agenda"),
    "Goals": ("title", "goals", "questions", "source"),
    "Table": ("title", "table"),
    "So what": ("title", "feature", "so_what", "proof", "source"),
    "Value": ("title", "chart", "net", "assumptions"),
    "Plan": ("title", "timeline"),
    "Next step": ("title", "next_step", "contact"),
}
"""The layouts a master must have, and their placeholders by name. `footer` and `page` are optional."""

_KINDS = {"table": PP_PLACEHOLDER.TABLE, "chart": PP_PLACEHOLDER.CHART}
_EMU_PER_POINT = 12_700


@dataclass(frozen=True, slots=True)
class Style:
    """How one level of a placeholder sets text; points, and line spacing as a factor."""

    size: float
    indent: float
    line_spacing: float
    space_before: float
    space_after: float


@dataclass(frozen=True, slots=True)
class Slot:
    """A named place on a layout. The box is in EMU; margins inside it in points."""

    name: str
    idx: int
    left: int
    top: int
    width: int
    height: int
    margins: tuple[float, float, float, float]
    """Left, top, right, bottom."""
    styles: tuple[Style, ...]
    font_factor: float

    def line_width(self, style: Style) -> float:
        """Points that a line of this style may take."""
        return max(self.width / _EMU_PER_POINT - self.margins[0] - self.margins[2] - style.indent, 1.0)

    @property
    def text_height(self) -> float:
        """Points that all lines together may take."""
        return self.height / _EMU_PER_POINT - self.margins[1] - self.margins[3]


@dataclass(frozen=True, slots=True)
class Master:
    """A checked master: its bytes, its slots by layout and placeholder name, its own table style."""

    content: bytes
    layouts: Mapping[str, Mapping[str, Slot]]
    blanks: Mapping[str, Blank]
    """By layout."""
    table_style: str
    fonts: tuple[str, ...]
    """Of text and of headings, as the theme names them."""
    thai_font: str
    colours: Mapping[str, str]
    """The theme's, by name, as six hexadecimal digits."""


def read_master(path: Path) -> Master:
    """The master at `path`; raises `UsageError` with what to do when it cannot be used."""
    try:
        content = path.read_bytes()
        presentation = Presentation(BytesIO(content))
    except Exception as error:  # python-pptx raises whatever zip, XML or a missing part makes it raise
        raise UsageError(f"{path} is no readable .pptx ({error}). Save the master as .pptx again.") from error
    layouts: dict[str, Any] = {layout.name: layout for layout in presentation.slide_layouts}
    _check(path, {name: [p.name for p in layout.placeholders] for name, layout in layouts.items()})
    factor = _font_factor(presentation)
    slots = {name: _slots(layouts[name], factor) for name in LAYOUTS}
    _check_kinds(path, layouts)
    blanks = {name: _blank(path, presentation, layouts[name], slots[name]) for name in LAYOUTS}
    theme = _theme(presentation)
    return Master(
        content=content,
        layouts=slots,
        blanks=blanks,
        table_style=_table_style(presentation),
        fonts=tuple(font.get("typeface") for font in reversed(list(theme.iter(qn("a:latin")))[:2])),
        thai_font=_thai_font(theme),
        colours=dict(_colours(theme)),
    )


def _blank(path: Path, presentation: Any, layout: Any, slots: Mapping[str, Slot]) -> Blank:
    found = blank_of(presentation, layout, {slot.idx: name for name, slot in slots.items()})
    if found is None:
        raise UsageError(
            f"The master {path} has no place for speaker notes. Add the placeholder Body to its notes master "
            "(View, Notes Master, Notes Master Layout)."
        )
    return found


def _check(path: Path, found: Mapping[str, list[str]]) -> None:
    missing = [f"layout {name!r}" for name in LAYOUTS if name not in found]
    missing += [
        f"placeholder {placeholder!r} on layout {name!r}"
        for name, wanted in LAYOUTS.items()
        if name in found
        for placeholder in wanted
        if placeholder not in found[name]
    ]
    if missing:
        raise UsageError(
            f"The master {path} lacks {', '.join(missing)}. Add them under these names (Slide Master view, "
            "Selection Pane), or leave the master setting empty to use the one that is shipped."
        )


def _check_kinds(path: Path, layouts: Mapping[str, Any]) -> None:
    for layout in (layouts[name] for name in LAYOUTS):
        for placeholder in layout.placeholders:
            wanted = _KINDS.get(placeholder.name)
            if wanted is not None and placeholder.placeholder_format.type != wanted:
                raise UsageError(
                    f"In the master {path}, placeholder {placeholder.name!r} on layout {layout.name!r} must "
                    f"be of the kind {placeholder.name!r}: insert it again with Insert Placeholder."
                )


def _slots(layout: Any, factor: float) -> dict[str, Slot]:
    return {placeholder.name: _slot(layout, placeholder, factor) for placeholder in layout.placeholders}


def _slot(layout: Any, placeholder: Any, factor: float) -> Slot:
    chain = _style_chain(layout, placeholder)
    return Slot(
        name=placeholder.name,
        idx=placeholder.placeholder_format.idx,
        left=placeholder.left,
        top=placeholder.top,
        width=placeholder.width,
        height=placeholder.height,
        margins=_margins(chain),
        styles=tuple(_style(chain, level) for level in (1, 2)),
        font_factor=factor,
    )


def _style_chain(layout: Any, placeholder: Any) -> list[Any]:
    """Where a property is looked up: the placeholder, its parent on the master, the master's text style."""
    kind = placeholder.placeholder_format.type
    is_title = kind in {PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE}
    wanted = {PP_PLACEHOLDER.TITLE} if is_title else {PP_PLACEHOLDER.BODY, kind}
    parents = [p for p in layout.slide_master.placeholders if p.placeholder_format.type in wanted]
    parents.sort(key=lambda parent: parent.placeholder_format.type != kind)
    styles = layout.slide_master._element.find(qn("p:txStyles"))
    fallback = styles.find(qn("p:titleStyle" if is_title else "p:bodyStyle")) if styles is not None else None
    bodies = [shape._element.txBody for shape in [placeholder, *parents[:1]]]
    return [body for body in bodies if body is not None] + ([fallback] if fallback is not None else [])


def _levels(chain: list[Any], level: int) -> list[Any]:
    found = []
    for element in chain:
        styles = element.find(qn("a:lstStyle")) if element.tag == qn("p:txBody") else element
        properties = styles.find(qn(f"a:lvl{level}pPr")) if styles is not None else None
        if properties is not None:
            found.append(properties)
    return found


def _style(chain: list[Any], level: int) -> Style:
    levels = _levels(chain, level)
    sizes = [run.get("sz") for p in levels if (run := p.find(qn("a:defRPr"))) is not None and run.get("sz")]
    margins = [p.get("marL") for p in levels if p.get("marL")]
    size = int(sizes[0]) / 100 if sizes else 18.0
    return Style(
        size=size,
        indent=int(margins[0]) / _EMU_PER_POINT if margins else 0.0,
        line_spacing=_spacing(levels, "a:lnSpc", "a:spcPct", 100_000, 1.0),
        space_before=_space(levels, "a:spcBef", size),
        space_after=_space(levels, "a:spcAft", size),
    )


def _space(levels: list[Any], outer: str, size: float) -> float:
    """Points, whether the master says points or a share of the line."""
    share = _spacing(levels, outer, "a:spcPct", 100_000, 0.0)
    return _spacing(levels, outer, "a:spcPts", 100, share * size)


def _spacing(levels: list[Any], outer: str, inner: str, unit: int, default: float) -> float:
    for properties in levels:
        spacing = properties.find(qn(outer))
        value = spacing.find(qn(inner)) if spacing is not None else None
        if value is not None:
            return float(value.get("val")) / unit
    return default


def _margins(chain: list[Any]) -> tuple[float, float, float, float]:
    bodies = [body.find(qn("a:bodyPr")) for body in chain if body.tag == qn("p:txBody")]

    def margin(side: str, default: int) -> float:
        values = [body.get(side) for body in bodies if body is not None and body.get(side)]
        return int(values[0] if values else default) / _EMU_PER_POINT

    return margin("lIns", 91_440), margin("tIns", 45_720), margin("rIns", 91_440), margin("bIns", 45_720)


def _theme(presentation: Any) -> Any:
    return parse_xml(presentation.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME).blob)


_COLOURS = ("dk1", "lt1", "dk2", "lt2", *(f"accent{number}" for number in range(1, 7)))
_HEX = re.compile(r"[0-9A-Fa-f]{6}")


def _colours(theme: Any) -> Iterator[tuple[str, str]]:
    """What a theme leaves to the viewer's system comes with the colour that its designer saw."""
    for name in _COLOURS:
        found = next(theme.iter(qn(f"a:{name}")), ())
        value = next((colour.get("lastClr") or colour.get("val") or "" for colour in found), "")
        yield name, value if _HEX.fullmatch(value) else ("FFFFFF" if name.startswith("lt") else "1B2433")


def _thai_font(theme: Any) -> str:
    """The theme's own for Thai, else for all scripts of its kind, else one that Windows and the Mac have."""
    minor = next(theme.iter(qn("a:minorFont")), ())
    named = {font.get("script"): font.get("typeface") for font in minor if font.tag == qn("a:font")}
    complex_script = next((font.get("typeface") for font in minor if font.tag == qn("a:cs")), "")
    return named.get("Thai") or complex_script or "Tahoma"


def _font_factor(presentation: Any) -> float:
    theme = _theme(presentation)
    fonts = [font.get("typeface") for font in theme.iter(qn("a:latin"))]
    return max(map(font_factor, fonts[:2]), default=font_factor(""))


def _table_style(presentation: Any) -> str:
    """The style that the master's designer made the default for tables."""
    part = presentation.part.part_related_by(RELATIONSHIP_TYPE.TABLE_STYLES)
    return str(parse_xml(part.blob).get("def"))

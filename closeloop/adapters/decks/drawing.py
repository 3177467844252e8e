"""The XML of layouts: placeholders and decoration from a few measures in inches.

Text written here is never cut or shrunk by the viewer (`noAutofit`): what fits is decided before, by `fit`.
"""

from __future__ import annotations

from dataclasses import dataclass

NAMESPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)


def emu(inches: float) -> int:
    """Inches in the unit of the format."""
    return round(inches * 914_400)


def colour(name: str) -> str:
    """A colour of the theme. `muted` and `pale` are quieter text on white and on navy."""
    if name == "muted":
        return '<a:schemeClr val="tx1"><a:lumMod val="75000"/><a:lumOff val="25000"/></a:schemeClr>'
    if name == "pale":
        return '<a:schemeClr val="bg2"><a:lumMod val="90000"/></a:schemeClr>'
    if name == "deep":
        return '<a:schemeClr val="tx2"><a:lumMod val="85000"/><a:lumOff val="15000"/></a:schemeClr>'
    return f'<a:schemeClr val="{name}"/>'


def fill(name: str) -> str:
    """A solid fill in a theme colour."""
    return f"<a:solidFill>{colour(name)}</a:solidFill>"


@dataclass(frozen=True, slots=True)
class Box:
    """Left, top, width and height in inches."""

    x: float
    y: float
    w: float
    h: float

    def xml(self) -> str:
        return (
            f'<a:xfrm><a:off x="{emu(self.x)}" y="{emu(self.y)}"/>'
            f'<a:ext cx="{emu(self.w)}" cy="{emu(self.h)}"/></a:xfrm>'
        )


@dataclass(frozen=True, slots=True)
class Level:
    """How one level of a placeholder sets text."""

    size: float
    ink: str = "tx1"
    bold: bool = False
    before: float = 0
    after: float = 0
    spacing: int = 100
    bullet: str | None = None
    """`1.` numbers the paragraphs, any other sign is the bullet."""
    mark: str = "accent1"
    """The colour of the bullet."""
    hang: float = 0.3
    align: str = "l"

    def xml(self, number: int) -> str:
        hang = emu(self.hang) if self.bullet else 0
        return (
            f'<a:lvl{number}pPr marL="{hang}" indent="{-hang}" algn="{self.align}">'
            f'<a:lnSpc><a:spcPct val="{self.spacing * 1000}"/></a:lnSpc>'
            f'<a:spcBef><a:spcPts val="{round(self.before * 100)}"/></a:spcBef>'
            f'<a:spcAft><a:spcPts val="{round(self.after * 100)}"/></a:spcAft>{self._bullet()}'
            f'<a:defRPr sz="{round(self.size * 100)}" b="{int(self.bold)}">{fill(self.ink)}</a:defRPr>'
            f"</a:lvl{number}pPr>"
        )

    def _bullet(self) -> str:
        if self.bullet is None:
            return "<a:buNone/>"
        tint = f"<a:buClr>{colour(self.mark)}</a:buClr>"
        if self.bullet == "1.":
            return f'{tint}<a:buFont typeface="+mj-lt"/><a:buAutoNum type="arabicPlain"/>'
        return f'{tint}<a:buFont typeface="Arial"/><a:buChar char="{self.bullet}"/>'


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A named place for content. `kind` is the format's own word: title, body, tbl, chart, ftr, sldNum."""

    name: str
    idx: int
    box: Box
    levels: tuple[Level, ...] = ()
    kind: str = "body"
    anchor: str = "t"
    margins: tuple[float, float, float, float] = (0, 0, 0, 0)
    prompt: str = ""

    def xml(self, number: int) -> str:
        left, top, right, bottom = map(emu, self.margins)
        styles = "".join(level.xml(place) for place, level in enumerate(self.levels, 1))
        identity = f'type="{self.kind}"' + ("" if self.kind == "title" else f' idx="{self.idx}"')
        return (
            f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="{self.name}"/>'
            f'<p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph {identity}/></p:nvPr></p:nvSpPr>'
            f"<p:spPr>{self.box.xml()}"
            f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>'
            f'<p:txBody><a:bodyPr lIns="{left}" tIns="{top}" rIns="{right}" bIns="{bottom}" '
            f'anchor="{self.anchor}"><a:noAutofit/></a:bodyPr><a:lstStyle>{styles}</a:lstStyle>'
            f"<a:p>{self._content()}</a:p></p:txBody></p:sp>"
        )

    def _content(self) -> str:
        if self.kind == "sldNum":
            return '<a:fld id="{5B7F7C0E-1F0A-4B0C-9C59-6F0F6B0B7C11}" type="slidenum"><a:t>1</a:t></a:fld>'
        return f"<a:r><a:t>{self.prompt or self.name}</a:t></a:r>"


@dataclass(frozen=True, slots=True)
class Decoration:
    """A shape without text that belongs to the layout."""

    box: Box
    ground: str
    shape: str = "rect"

    def xml(self, number: int) -> str:
        return (
            f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="decoration {number}" descr=""/><p:cNvSpPr/>'
            f'<p:nvPr userDrawn="1"/></p:nvSpPr><p:spPr>{self.box.xml()}'
            f'<a:prstGeom prst="{self.shape}"><a:avLst/></a:prstGeom>{fill(self.ground)}'
            "<a:ln><a:noFill/></a:ln></p:spPr></p:sp>"
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout: decoration behind, placeholders in reading order before it."""

    name: str
    placeholders: tuple[Placeholder, ...]
    decorations: tuple[Decoration, ...] = ()
    ground: str | None = None

    def xml(self) -> str:
        return (
            f'<p:sldLayout {NAMESPACES} preserve="1" userDrawn="1"><p:cSld name="{self.name}">'
            f"{self._background()}{shape_tree(self.decorations + self.placeholders)}</p:cSld>"
            "<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sldLayout>"
        )

    def _background(self) -> str:
        return background(self.ground) if self.ground else ""


def background(name: str) -> str:
    """A page filled with one theme colour."""
    return f"<p:bg><p:bgPr>{fill(name)}<a:effectLst/></p:bgPr></p:bg>"


def shape_tree(shapes: tuple[Decoration | Placeholder, ...]) -> str:
    """The shapes of a page, numbered in order."""
    return (
        '<p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
        + "".join(shape.xml(number) for number, shape in enumerate(shapes, 2))
        + "</p:spTree>"
    )

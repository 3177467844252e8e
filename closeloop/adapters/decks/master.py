"""Makes the shipped master, `master.pptx`: `python -m closeloop.adapters.decks.master`.

It comes from `layouts` and the theme table; the same table gives the same file.
"""

from __future__ import annotations

import argparse
import tomllib
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.util import Inches

from closeloop.adapters.decks import layouts
from closeloop.adapters.decks.drawing import (
    NAMESPACES,
    Box,
    Level,
    Placeholder,
    background,
    colour,
    shape_tree,
)
from closeloop.adapters.decks.package import with_fixed_dates

HERE = Path(__file__).parent
DEFAULT_MASTER = HERE / "master.pptx"
DEFAULT_THEME = HERE / "theme.toml"
_MADE_ON = date(2026, 1, 1)
_TABLE_STYLE = "{6E2F0B52-3C1D-4E0B-9D0C-2B6C6C1A7E01}"
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_SLOTS = ("dk1", "lt1", "dk2", "lt2", *(f"accent{n}" for n in range(1, 7)), "hlink", "folHlink")
_COLOURS = ("ink", "paper", "navy", "mist", *(f"accent{n}" for n in range(1, 7)), "link", "visited")


def build_master(theme: Path = DEFAULT_THEME) -> bytes:
    """A 16:9 master with the layouts of this project in the colours and fonts of the theme table."""
    look = tomllib.loads(theme.read_text(encoding="utf-8"))
    presentation = Presentation()
    presentation.slide_width, presentation.slide_height = Inches(layouts.WIDTH), Inches(layouts.HEIGHT)
    _drop_ballast(presentation)
    _set_layouts(presentation)
    _set_master(presentation.slide_master)
    master_part = presentation.slide_master.part
    master_part.part_related_by(RELATIONSHIP_TYPE.THEME).blob = _theme_xml(look).encode()
    presentation.part.part_related_by(RELATIONSHIP_TYPE.TABLE_STYLES).blob = _table_styles_xml().encode()
    _ = presentation.notes_master  # made once here, so that no deck has to
    return with_fixed_dates(_saved(presentation), _MADE_ON)


def _saved(presentation: Any) -> bytes:
    target = BytesIO()
    properties = presentation.core_properties
    properties.author, properties.title, properties.last_modified_by = "Closeloop", "Master", "Closeloop"
    presentation.save(target)
    return target.getvalue()


def _drop_ballast(presentation: Any) -> None:
    """The library's own template carries a thumbnail and a printer's settings."""
    for rels in (presentation.part.package._rels, presentation.part.rels):
        for rid in [r for r, rel in rels.items() if rel.reltype.endswith(("/thumbnail", "/printerSettings"))]:
            rels.pop(rid)


def _set_layouts(presentation: Any) -> None:
    spare = list(presentation.slide_layouts)
    for layout, design in zip(spare, layouts.ALL, strict=False):
        layout.part._element = parse_xml(design.xml())
    for layout in spare[len(layouts.ALL) :]:
        presentation.slide_layouts.remove(layout)


def _set_master(master: Any) -> None:
    kept = master._element.find(qn("p:sldLayoutIdLst"))
    fresh: Any = parse_xml(_master_xml())
    fresh.find(qn("p:clrMap")).addnext(kept)
    master.part._element = fresh


def _master_xml() -> str:
    body = Placeholder("body", 1, Box(0.75, 1.85, 11.833, 4.9), layouts.BODY_LEVELS)
    title = layouts.TABLE.placeholders[0]
    shapes = shape_tree((title, body, *layouts.TABLE.placeholders[2:]))
    clr_map = " ".join(
        f'{n}="{v}"' for n, v in zip(("bg1", "tx1", "bg2", "tx2"), ("lt1", "dk1", "lt2", "dk2"), strict=True)
    )
    same = " ".join(f'{name}="{name}"' for name in _SLOTS[4:])
    return (
        f"<p:sldMaster {NAMESPACES}><p:cSld>{background('bg1')}{shapes}</p:cSld><p:clrMap {clr_map} {same}/>"
        f"<p:txStyles><p:titleStyle>{_fonted(layouts.TITLE_LEVEL, 1, 'mj')}</p:titleStyle><p:bodyStyle>"
        + "".join(_fonted(level, n, "mn") for n, level in enumerate(layouts.BODY_LEVELS, 1))
        + f"</p:bodyStyle><p:otherStyle>{_fonted(Level(18), 1, 'mn')}</p:otherStyle></p:txStyles></p:sldMaster>"
    )


def _fonted(level: Level, number: int, font: str) -> str:
    faces = "".join(
        f'<a:{tag} typeface="+{font}-{end}"/>' for tag, end in (("latin", "lt"), ("ea", "ea"), ("cs", "cs"))
    )
    return level.xml(number).replace("</a:defRPr>", f"{faces}</a:defRPr>")


def _theme_xml(look: dict[str, Any]) -> str:
    colours = "".join(
        f'<a:{slot}><a:srgbClr val="{look["colours"][name]}"/></a:{slot}>'
        for slot, name in zip(_SLOTS, _COLOURS, strict=True)
    )
    fonts = "".join(_font_xml(kind, look["fonts"]) for kind in ("major", "minor"))
    flat = f"<a:solidFill>{colour('phClr')}</a:solidFill>"
    line = f'<a:ln w="9525">{flat}</a:ln>'
    effect = "<a:effectStyle><a:effectLst/></a:effectStyle>"
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><a:theme {_A} name="Closeloop">'
        f'<a:themeElements><a:clrScheme name="Closeloop">{colours}</a:clrScheme>'
        f'<a:fontScheme name="Closeloop">{fonts}</a:fontScheme><a:fmtScheme name="Flat">'
        f"<a:fillStyleLst>{flat * 3}</a:fillStyleLst><a:lnStyleLst>{line * 3}</a:lnStyleLst>"
        f"<a:effectStyleLst>{effect * 3}</a:effectStyleLst><a:bgFillStyleLst>{flat * 3}</a:bgFillStyleLst>"
        "</a:fmtScheme></a:themeElements></a:theme>"
    )


def _font_xml(kind: str, fonts: dict[str, Any]) -> str:
    face = fonts["heading" if kind == "major" else "body"]
    scripts = "".join(f'<a:font script="{s}" typeface="{f}"/>' for s, f in sorted(fonts["scripts"].items()))
    own = f'<a:latin typeface="{face}"/><a:ea typeface=""/><a:cs typeface=""/>'
    return f"<a:{kind}Font>{own}{scripts}</a:{kind}Font>"


def _table_styles_xml() -> str:
    """A quiet table: a dark line under the headings, hair lines between the rows, no cages."""
    hair = _line(
        "insideH",
        6_350,
        '<a:schemeClr val="tx1"><a:lumMod val="25000"/><a:lumOff val="75000"/></a:schemeClr>',
    )
    dark = _line("bottom", 19_050, colour("accent1"))
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><a:tblStyleLst {_A} def="{_TABLE_STYLE}">'
        f'<a:tblStyle styleId="{_TABLE_STYLE}" styleName="Closeloop">'
        f'<a:wholeTbl><a:tcTxStyle><a:fontRef idx="minor"/>{colour("tx1")}</a:tcTxStyle>'
        f"<a:tcStyle><a:tcBdr>{hair}</a:tcBdr>{_no_cell_fill()}</a:tcStyle></a:wholeTbl>"
        f'<a:firstRow><a:tcTxStyle b="on"><a:fontRef idx="minor"/>{colour("accent1")}</a:tcTxStyle>'
        f"<a:tcStyle><a:tcBdr>{dark}</a:tcBdr>{_no_cell_fill()}</a:tcStyle>"
        "</a:firstRow></a:tblStyle></a:tblStyleLst>"
    )


def _line(side: str, width: int, ink: str) -> str:
    return f'<a:{side}><a:ln w="{width}"><a:solidFill>{ink}</a:solidFill></a:ln></a:{side}>'


def _no_cell_fill() -> str:
    return "<a:fill><a:noFill/></a:fill>"


def main() -> None:
    """Writes the master; by default over the shipped one."""
    parser = argparse.ArgumentParser(description="Build a presentation master from a theme table.")
    parser.add_argument("--theme", type=Path, default=DEFAULT_THEME, help="a TOML file like theme.toml")
    parser.add_argument("--out", type=Path, default=DEFAULT_MASTER, help="where the .pptx goes")
    options = parser.parse_args()
    options.out.write_bytes(build_master(options.theme))


if __name__ == "__main__":
    main()

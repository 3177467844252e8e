"""The look of the shipped master: eight layouts on one grid, margins of 0.75 inches, 13.333 by 7.5 inches.

Panels are decoration behind the placeholders, not fills of theirs: some viewers do not hand a layout's fill on to
the slide, and white words would then stand on white.
Every placeholder name in `slots.LAYOUTS` is here; colours are names of the theme, so `theme.toml` rules them.
"""

from __future__ import annotations

from closeloop.adapters.decks.drawing import Box, Decoration, Layout, Level, Placeholder

WIDTH, HEIGHT = 13.333, 7.5
_LEFT, _WIDE = 0.75, 11.833

TITLE_LEVEL = Level(28, "tx2", bold=True, spacing=95)
BODY_LEVELS = (
    Level(18),
    Level(12, "accent1", bold=True, after=4),
    *(Level(14) for _ in range(7)),
)

_FOOTER = Placeholder("footer", 40, Box(_LEFT, 6.98, 9.0, 0.3), (Level(10, "muted"),), "ftr", "ctr")
_PAGE = Placeholder("page", 41, Box(11.583, 6.98, 1.0, 0.3), (Level(10, "muted", align="r"),), "sldNum", "ctr")
_MARK = Decoration(Box(_LEFT, 0.46, 0.6, 0.06), "accent2")


def _title(height: float = 1.05) -> Placeholder:
    return Placeholder("title", 0, Box(_LEFT, 0.72, _WIDE, height), (TITLE_LEVEL,), "title")


def _panel(placeholder: Placeholder, ground: str) -> Decoration:
    return Decoration(placeholder.box, ground)


def _rising_bars() -> tuple[Decoration, ...]:
    bars = ((10.15, 1.3, "deep"), (10.95, 2.3, "deep"), (11.75, 3.6, "accent1"), (12.55, 5.2, "accent2"))
    return tuple(Decoration(Box(x, HEIGHT - height, 0.5, height), ground) for x, height, ground in bars)


TITLE = Layout(
    "Title",
    (
        Placeholder(
            "title", 0, Box(_LEFT, 1.55, 8.9, 2.35), (Level(42, "bg1", bold=True, spacing=95),), "title", "b"
        ),
        Placeholder("audience", 10, Box(_LEFT, 4.42, 8.9, 0.9), (Level(20, "pale"),)),
        Placeholder("sender", 11, Box(_LEFT, 6.1, 8.9, 0.36), (Level(14, "bg1", bold=True),), anchor="ctr"),
        Placeholder("date", 12, Box(_LEFT, 6.46, 8.9, 0.36), (Level(14, "pale"),), anchor="ctr"),
    ),
    (Decoration(Box(_LEFT, 4.12, 0.9, 0.06), "accent2"), *_rising_bars()),
    ground="tx2",
)

AGENDA = Layout(
    "Agenda",
    (
        Placeholder("title", 0, Box(_LEFT, 0.95, 3.2, 2.0), (Level(36, "bg1", bold=True),), "title"),
        Placeholder(
            "agenda",
            10,
            Box(5.1, 0.7, 7.45, 6.0),
            (Level(24, "tx1", before=22, bullet="1.", hang=0.65),),
            anchor="ctr",
        ),
        Placeholder("footer", 40, Box(5.1, 6.98, 6.2, 0.3), (Level(10, "muted"),), "ftr", "ctr"),
        _PAGE,
    ),
    (Decoration(Box(0, 0, 4.3, HEIGHT), "tx2"), Decoration(Box(_LEFT, 0.72, 0.6, 0.06), "accent2")),
)

TABLE = Layout(
    "Table",
    (_title(), Placeholder("table", 10, Box(_LEFT, 1.85, _WIDE, 4.9), kind="tbl"), _FOOTER, _PAGE),
    (_MARK,),
)

_TOLD = Placeholder(
    "goals",
    10,
    Box(_LEFT, 1.95, 7.2, 4.3),
    (Level(20, before=12, bullet="•", hang=0.28), Level(14, "accent1", bold=True, after=2)),
    margins=(0.4, 0.32, 0.4, 0.2),
)
_ASKED = Placeholder(
    "questions",
    11,
    Box(8.2, 1.95, 4.383, 4.3),
    (Level(18, "bg1", before=12, bullet="?", mark="accent2", hang=0.28), Level(14, "accent2", bold=True, after=2)),
    margins=(0.35, 0.32, 0.3, 0.2),
)
_SOURCE = Placeholder("source", 13, Box(_LEFT, 6.4, _WIDE, 0.42), (Level(11, "muted"),), anchor="ctr")

GOALS = Layout(
    "Goals",
    (_title(1.2), _TOLD, _ASKED, _SOURCE, _FOOTER, _PAGE),
    (_MARK, _panel(_TOLD, "bg2"), _panel(_ASKED, "tx2")),
)

_FEATURE = Placeholder(
    "feature",
    10,
    Box(_LEFT, 2.2, 4.85, 2.55),
    (Level(22), Level(14, "accent1", bold=True, after=8)),
    margins=(0.35, 0.3, 0.35, 0.25),
)
_SO_WHAT = Placeholder(
    "so_what",
    11,
    Box(6.3, 2.2, 6.283, 2.55),
    (Level(28, "bg1", bold=True), Level(14, "accent2", bold=True, after=8)),
    margins=(0.4, 0.3, 0.4, 0.25),
)

SO_WHAT = Layout(
    "So what",
    (
        _title(1.3),
        _FEATURE,
        _SO_WHAT,
        Placeholder(
            "proof",
            12,
            Box(_LEFT, 5.05, _WIDE, 1.2),
            (Level(20), Level(14, "accent1", bold=True, after=5)),
            margins=(0.35, 0.02, 0.1, 0),
            anchor="ctr",
        ),
        Placeholder("source", 13, Box(1.1, 6.38, 11.48, 0.42), (Level(11, "muted"),), anchor="ctr"),
        _FOOTER,
        _PAGE,
    ),
    (
        _MARK,
        _panel(_FEATURE, "bg2"),
        _panel(_SO_WHAT, "tx2"),
        Decoration(Box(5.77, 3.22, 0.36, 0.5), "accent2", "chevron"),
        Decoration(Box(_LEFT, 5.05, 0.06, 1.75), "accent1"),
    ),
)

_NET = Placeholder(
    "net",
    11,
    Box(8.2, 1.9, 4.383, 1.3),
    (Level(32, "tx2", bold=True), Level(14, "accent1", bold=True, after=4)),
    margins=(0.3, 0.25, 0.3, 0.1),
)
_ASSUMED = Placeholder(
    "assumptions",
    12,
    Box(8.2, 3.2, 4.383, 3.55),
    (Level(15, before=6, bullet="•", hang=0.2), Level(14, "accent1", bold=True, after=2)),
    margins=(0.3, 0.2, 0.3, 0.2),
)

VALUE = Layout(
    "Value",
    (_title(), Placeholder("chart", 10, Box(_LEFT, 1.9, 7.2, 4.85), kind="chart"), _NET, _ASSUMED, _FOOTER, _PAGE),
    (_MARK, _panel(_NET, "bg2"), _panel(_ASSUMED, "bg2")),
)

PLAN = Layout(
    "Plan",
    (
        _title(),
        Placeholder("timeline", 10, Box(_LEFT, 2.2, _WIDE, 3.7), (Level(22), Level(18, "bg1", bold=True))),
        _FOOTER,
        _PAGE,
    ),
    (_MARK,),
)

NEXT_STEP = Layout(
    "Next step",
    (
        Placeholder("title", 0, Box(_LEFT, 1.2, 8.9, 0.6), (Level(20, "accent2", bold=True),), "title", "b"),
        Placeholder("next_step", 10, Box(_LEFT, 1.95, 8.9, 2.6), (Level(38, "bg1", bold=True, spacing=95),)),
        Placeholder(
            "contact",
            11,
            Box(_LEFT, 5.0, 8.9, 1.75),
            (Level(15, "pale", before=2), Level(18, "bg1", bold=True)),
        ),
    ),
    (Decoration(Box(_LEFT, 4.75, 0.9, 0.06), "accent2"), *_rising_bars()),
    ground="tx2",
)

ALL = (TITLE, AGENDA, GOALS, TABLE, SO_WHAT, VALUE, PLAN, NEXT_STEP)

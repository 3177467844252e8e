"""Where the steps of a timeline stand: arrows side by side, each with its text below, all at one size."""

from __future__ import annotations

from dataclasses import replace

from closeloop.adapters.decks.fit import fit
from closeloop.adapters.decks.pages import Timeline
from closeloop.adapters.decks.slots import Slot

MOST_STEPS = 5
_GAP = 0.012
"""Between the steps, of the timeline's width."""
_ARROW = 0.22
"""The arrows, of the timeline's height."""


def step_boxes(count: int, slot: Slot) -> list[tuple[Slot, Slot]]:
    """For each step the box of its arrow and the box of its text below."""
    gap = round(slot.width * _GAP)
    width = (slot.width - gap * (count - 1)) // count
    lefts = (slot.left + number * (width + gap) for number in range(count))
    return [_boxes(replace(slot, left=left, width=width), round(slot.height * _ARROW)) for left in lefts]


def _boxes(column: Slot, arrow: int) -> tuple[Slot, Slot]:
    tip = arrow / 12_700 * 0.5
    below = round(arrow * 1.15)
    when = replace(column, height=arrow, margins=(tip, 2.0, tip, 2.0), styles=column.styles[-1:])
    what = replace(
        column,
        top=column.top + below,
        width=column.width - arrow // 4,
        height=column.height - below,
        margins=(14.0, 14.0, 12.0, 10.0),
        styles=column.styles[:1],
    )
    return when, what


def timeline_scale(timeline: Timeline, slot: Slot) -> float | None:
    """The one scale at which every step fits, or None when a table is the better shape."""
    count = len(timeline.steps)
    if count > MOST_STEPS:
        return None
    pairs = zip(timeline.steps, step_boxes(count, slot), strict=True)
    fits = [fit((text,), box) for step, boxes in pairs for text, box in zip(step, boxes, strict=True)]
    return min(found.scale for found in fits) if all(found.fits for found in fits) else None

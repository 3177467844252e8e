"""How tables fill slides: rows as high as their text, labels cut, long tables spread over several slides."""

from __future__ import annotations

from dataclasses import replace

from closeloop.adapters.decks.fit import SCALES, line_count, shorten
from closeloop.adapters.decks.metrics import leading
from closeloop.adapters.decks.pages import Page, Table, Text
from closeloop.adapters.decks.slots import Slot
from closeloop.adapters.decks.words import Words

_RIGHT = 14.0
_AIR = 0.42
"""Above and below the text of a cell, in its size."""
_MOST_LABEL_LINES = 2


def cell_margins(size: float) -> tuple[float, float, float, float]:
    """Points inside a cell with text of this size: left, top, right, bottom."""
    return 0.0, size * _AIR, _RIGHT, size * _AIR


def row_heights(table: Table, slot: Slot, scale: float) -> list[float]:
    """Points that the heading row and each row need."""
    headings = tuple(Text(text, "a column heading") for text in table.headings)
    return [_row_height(row, table, slot, table.size * scale) for row in (headings, *table.rows)]


def fills_too_much(table: Table, slot: Slot, scale: float) -> bool:
    """Whether the table is higher than its place."""
    return sum(row_heights(table, slot, scale)) > slot.text_height


def spread(page: Page, table: Table, slot: Slot, words: Words) -> list[Page]:
    """The table on one slide at the largest size that fits, else over several slides, a little smaller."""
    for scale in SCALES:
        cut = _cut_labels(table, slot, scale)
        if not fills_too_much(cut, slot, scale):
            return [replace(page, block=cut, block_scale=scale)]
    scale = SCALES[2]
    parts = _portions(_cut_labels(table, slot, scale), slot, scale)
    return [
        replace(page, texts=_counted(page, number, len(parts), words), block=part, block_scale=scale)
        for number, part in enumerate(parts, 1)
    ]


def _counted(page: Page, number: int, of: int, words: Words) -> dict[str, tuple[Text, ...]]:
    title = page.texts["title"][0]
    if of > 1:
        title = replace(title, text=words.say("more", title=title.text, page=number, pages=of))
    return {**page.texts, "title": (title,)}


def _portions(table: Table, slot: Slot, scale: float) -> list[Table]:
    head, *heights = row_heights(table, slot, scale)
    portions: list[list[tuple[Text, ...]]] = [[]]
    used = head
    for row, height in zip(table.rows, heights, strict=True):
        if portions[-1] and used + height > slot.text_height:
            portions.append([])
            used = head
        portions[-1].append(row)
        used += height
    return [replace(table, rows=tuple(rows)) for rows in portions]


def _cell_width(share: float, slot: Slot, size: float) -> float:
    return (slot.width / 12_700 * share - _RIGHT) / (size * slot.font_factor)


def _row_height(row: tuple[Text, ...], table: Table, slot: Slot, size: float) -> float:
    cells = zip(row, table.shares, strict=True)
    tallest = max(line_count(t.text, _cell_width(s, slot, size)) * leading(t.text) for t, s in cells)
    return (tallest + 2 * _AIR) * size


def _cut_labels(table: Table, slot: Slot, scale: float) -> Table:
    widths = [_cell_width(share, slot, table.size * scale) for share in table.shares]
    rows = tuple(tuple(map(_cut, row, widths)) for row in table.rows)
    return replace(table, rows=rows)


def _cut(text: Text, width: float) -> Text:
    if text.claim:
        return text
    return replace(text, text=shorten(text.text, lambda part: line_count(part, width) <= _MOST_LABEL_LINES))

"""Makes texts fit their box: first as designed, then a little smaller; a label is cut, a claim never is.

What comes back either fits by the estimate of `metrics` or says that it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from closeloop.adapters.decks.metrics import advance, breaks_anywhere, clusters, leading
from closeloop.adapters.decks.pages import Text
from closeloop.adapters.decks.slots import Slot
from closeloop.adapters.decks.thai_lines import LOST_PER_LINE, is_thai, sticks_together

SCALES = (1.0, 0.92, 0.84, 0.76)
"""How far a text may shrink. Smaller than that, the page is too full and a person should cut it."""

_BACK_ROW = 14.0
"""Points that can be read from the back of a room."""
_LONGEST_LABEL = 600
_WORD_BREAKS_WASTE = 0.88
"""Scripts without spaces break at words which we do not know, so a part of each line stays empty."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Texts that fit at this scale. `fits` is false when nothing helped; then they are as they were."""

    texts: tuple[Text, ...]
    scale: float
    fits: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a line may not break, widths in em. `reserve` is what stays empty at the end of a line before it."""

    width: float
    spaced: bool = False
    """A space comes before."""
    reserve: float = 0.0


@lru_cache(maxsize=8_192)
def _pieces(text: str) -> tuple[_Piece, ...]:
    """The text in pieces that no line breaks."""
    found: list[_Piece] = []
    held = ""  # the sign before, where the next one may belong to it
    spaced = False
    for sign in clusters(text):
        if sign == " ":
            held, spaced = "", True
            continue
        alone = breaks_anywhere(sign[0])
        if held and _belongs(held, sign, alone=alone):
            found[-1] = replace(found[-1], width=found[-1].width + _width(sign))
        else:
            found.append(_piece(sign, alone=alone, spaced=spaced))
        held, spaced = sign, False
    return tuple(found)


def _belongs(before: str, sign: str, *, alone: bool) -> bool:
    if is_thai(before) and is_thai(sign):
        return sticks_together(before, sign)
    return not alone and not breaks_anywhere(before[0])


def _piece(sign: str, *, alone: bool, spaced: bool) -> _Piece:
    if is_thai(sign):
        return _Piece(_width(sign), spaced, LOST_PER_LINE)
    return _Piece(_width(sign) / (_WORD_BREAKS_WASTE if alone else 1.0), spaced)


def _width(sign: str) -> float:
    widths = [advance(char) for char in sign]
    return sum(widths) if len(widths) < 3 else max(widths)


def line_count(text: str, width: float) -> int:
    """How many lines a text takes in a box so many em wide."""
    lines, used = 1, 0.0
    for piece in _pieces(text):
        gap = advance(" ") if piece.spaced and used else 0.0
        reserve = piece.reserve if used else 0.0
        if used + gap + piece.width + reserve <= width:
            used += gap + piece.width
            continue
        lines += 1 if used else 0
        extra = int(piece.width // width) if piece.width > width else 0
        lines += extra
        used = piece.width - extra * width
    return lines


def _height(texts: Sequence[Text], slot: Slot, scale: float) -> float:
    """Points from the top of the first line to the bottom of the last."""
    total = 0.0
    for place, text in enumerate(texts):
        style = slot.styles[min(text.level, len(slot.styles) - 1)]
        size = style.size * scale
        lines = line_count(text.text, slot.line_width(style) / (size * slot.font_factor))
        total += lines * size * leading(text.text) * style.line_spacing
        total += (style.space_before if place else 0.0) + style.space_after
    return total


def fit(texts: tuple[Text, ...], slot: Slot) -> Fitted:
    """The texts at the largest scale at which they fit; labels are cut only when no scale is enough."""
    for scale in SCALES:
        if _height(texts, slot, scale) <= slot.text_height:
            return Fitted(texts, scale, fits=True)
    for scale in _scales_of_claims(texts, slot):
        if _height(texts, slot, scale) <= slot.text_height:
            return Fitted(texts, scale, fits=True)
    for lines in (3, 2, 1):
        cut = tuple(_cut_to_lines(text, lines, slot, SCALES[-1]) for text in texts)
        if _height(cut, slot, SCALES[-1]) <= slot.text_height:
            return Fitted(cut, SCALES[-1], fits=True)
    return Fitted(texts, SCALES[-1], fits=False)


def _scales_of_claims(texts: tuple[Text, ...], slot: Slot) -> list[float]:
    """Large type with a claim may shrink further, as long as the back row can read it."""
    if not any(text.claim for text in texts):
        return []
    return [scale for scale in (0.68, 0.6) if slot.styles[0].size * scale >= _BACK_ROW]


def _cut_to_lines(text: Text, lines: int, slot: Slot, scale: float) -> Text:
    if text.claim:
        return text
    style = slot.styles[min(text.level, len(slot.styles) - 1)]
    width = slot.line_width(style) / (style.size * scale * slot.font_factor)
    return replace(text, text=shorten(text.text, lambda candidate: line_count(candidate, width) <= lines))


def shorten(text: str, fits: Callable[[str], bool]) -> str:
    """The longest beginning that fits with an ellipsis; never cuts a sign in two."""
    if len(text) <= _LONGEST_LABEL and fits(text):
        return text
    signs = clusters(text[:_LONGEST_LABEL])
    low, high = 0, len(signs)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(_ended("".join(signs[:middle]))):
            low = middle
        else:
            high = middle - 1
    return _ended("".join(signs[:low]))


def _ended(text: str) -> str:
    return text.rstrip(" ,;:.-–(") + "…"

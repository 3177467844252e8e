"""How much room a text takes: a safe estimate, the same on every machine because it needs no font file.

The widths are those of Arial and its metric twins, the wider of regular and bold, in em. Scripts without
a table count as wide as their wide letters, so that a text which fits here fits on the slide.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from closeloop.adapters.decks.thai_lines import WIDTHS as THAI_WIDTHS
from closeloop.adapters.decks.thai_lines import is_thai

_WIDTHS: dict[float, str] = {
    0.24: "'",
    0.28: " ,./I\\ijl|‘’łΙΪίι",
    0.34: "·!()-:;[]`ft•",
    0.39: "*r{}ľ",
    0.48: 'έξτζ"ε',
    0.51: "тz“”зк",
    0.56: "ςгťѓ#$0123456789J_aceksvxy–€£γθκλνаесух",
    0.58: "Г+<=>^~ΰυχчя",
    0.61: "эбn?FLTZbdghopqußøŁΖΤΓάήαβδημοКТвийорцьп",
    0.67: "ρΣЗдУлΞEPSVXYΕΛΡΥΧЕРХ",
    0.73: "мďσЛЧДж&ABCDHKNRUΑΒΔΗΚΝΠφАБВИЙНПСЬЭЯъ",
    0.79: "ЦψπGOQwØΘΟО",
    0.85: "ΈΊΩΦMΜМшΨωщФыю",
    0.91: "ΉΌЪф%mæ",
    0.95: "ЖW",
    1.03: "ŒљЫ—…ÆШ@ЩЮ",
    1.10: "ЉЊΎΏ",
}
_ADVANCE = {char: width for width, chars in _WIDTHS.items() for char in chars}

# The last code point of a block, the width of a letter in em, the height of its line in em.
_BLOCKS: tuple[tuple[int, float, float], ...] = (
    (0x058F, 0.95, 1.2),  # Latin, Greek, Cyrillic and Armenian letters that the table does not hold
    (0x05FF, 0.75, 1.4),  # Hebrew
    (0x08FF, 0.80, 1.75),  # Arabic and its neighbours
    (0x0DFF, 1.10, 1.75),  # scripts of India
    (0x0EFF, 0.75, 1.6),  # Thai, Lao
    (0x10FF, 1.20, 1.75),  # Tibetan, Burmese, Georgian
    (0x1DFF, 1.10, 1.6),
    (0x1FFF, 0.95, 1.2),  # Latin and Greek with marks
    (0x2E39, 1.10, 1.45),  # punctuation, currency, arrows, symbols
    (0x2E7F, 3.10, 1.45),  # dashes of two and three em
    (0xD7FF, 1.05, 1.5),  # Chinese, Japanese, Korean
    (0xFDEF, 1.10, 1.75),
    (0xFDFD, 12.0, 1.75),  # whole Arabic phrases in one sign
    (0xFFFF, 1.10, 1.75),
    (0x11FFF, 1.50, 1.75),
    (0x1254F, 7.0, 1.75),  # cuneiform
    (0x1EFFF, 1.60, 1.75),
    (0x1FFFF, 1.45, 1.5),  # emoji
    (0x10FFFF, 1.10, 1.75),
)

# How wide other fonts run beside Arial. A font that is not here counts as the widest of office fonts.
_FONTS = {
    "Arial": 1.0,
    "Helvetica": 1.0,
    "Liberation Sans": 1.0,
    "Calibri": 0.95,
    "Carlito": 0.95,
    "Aptos": 1.02,
    "Segoe UI": 1.04,
    "Roboto": 1.02,
    "Open Sans": 1.08,
    "Georgia": 1.06,
    "Times New Roman": 0.95,
}
_WIDEST_FONT = 1.22


def font_factor(name: str) -> float:
    """How much wider than Arial a font runs; safe for a font nobody measured."""
    return _FONTS.get(name, _WIDEST_FONT)


def _block(code: int) -> tuple[int, float, float]:
    return next(block for block in _BLOCKS if code <= block[0])


@lru_cache(maxsize=16_384)
def advance(char: str) -> float:
    """The width of one character in em; 0 for marks and signs that take no room of their own."""
    if (known := _ADVANCE.get(char) or THAI_WIDTHS.get(char)) is not None:
        return known
    if unicodedata.category(char) in {"Mn", "Me", "Cf", "Cc"}:
        return 0.0
    base = unicodedata.normalize("NFD", char)[0]
    return _ADVANCE.get(base) or _block(ord(char))[1]


@lru_cache(maxsize=16_384)
def _leading(char: str) -> float:
    return 1.2 if char in _ADVANCE else _block(ord(char))[2]


def leading(text: str) -> float:
    """The height of a line that holds this text, in em: that of its tallest script."""
    return max((_leading(char) for char in set(text)), default=1.2)


@lru_cache(maxsize=16_384)
def _joins(char: str) -> bool:
    """Whether a reader sees `char` as part of the sign before it."""
    return (
        char in {"\u200d", "\u0e33", "\u0eb3"}
        or unicodedata.category(char) in {"Mn", "Mc", "Me"}
        or 0x1F3FB <= ord(char) <= 0x1F3FF
        or 0xE0020 <= ord(char) <= 0xE007F
    )


def _is_flag_half(text: str) -> bool:
    return len(text) == 1 and 0x1F1E6 <= ord(text) <= 0x1F1FF


def clusters(text: str) -> list[str]:
    """The signs as a reader sees them: an emoji family, a flag, a letter with its marks are one each."""
    if text.isascii():
        return list(text)
    found: list[str] = []
    for char in text:
        if found and (_joins(char) or _wants_more(found[-1], char)):
            found[-1] += char
        else:
            found.append(char)
    return found


def _wants_more(sign: str, char: str) -> bool:
    return sign[-1] == "\u200d" or (_is_flag_half(sign) and _is_flag_half(char))


def holds_thai(text: str) -> bool:
    """Whether any sign of the text is Thai."""
    return not text.isascii() and any(map(is_thai, text))


def breaks_anywhere(char: str) -> bool:
    """Whether a line may end beside this character without a space, as in Thai, Khmer, Chinese, Japanese."""
    code = ord(char)
    return (
        0x0E00 <= code <= 0x0EFF
        or 0x1000 <= code <= 0x109F
        or 0x1780 <= code <= 0x17FF
        or 0x2E80 <= code <= 0xD7FF
        or 0xF900 <= code <= 0xFAFF
        or 0xFF00 <= code <= 0xFFEF
        or 0x1F000 <= code <= 0x3FFFF
    )

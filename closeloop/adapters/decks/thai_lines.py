"""Where a line of Thai may end, and how wide Thai letters are: words stand there without spaces.

Viewers break Thai between words, by a dictionary that we do not carry. What stands here is a safe estimate: a line
may end between syllables as they are written, and loses a part of a word on the way. It never gives fewer lines
than Chromium drew with Loma, Waree and Noto Sans Thai (60 sentences, nine widths; regular and, but Waree, bold).
"""

from __future__ import annotations

_WIDTHS: dict[float, str] = {
    0.42: "เ",
    0.54: "โ",
    0.51: "ใ",
    0.56: "ไ",
    0.60: "าำะๅงร",
    0.62: "ว",
    0.70: "ขจชถธฐฤอฯ๐๑๖",
    0.73: "กฉยลสฮๆ",
    0.78: "แคฅซฎฏนผฝมภศฦฃ฿",
    0.79: "ดตบปฆษห๔๕๘",
    0.83: "ทพฟฬ๒๓๙",
    0.89: "ฑ",
    0.97: "ญ๗",
    1.01: "ฌณ",
    1.09: "ฒ",
}
WIDTHS = {sign: width for width, signs in _WIDTHS.items() for sign in signs}
"""In em: the widest of the fonts that stand in for each other, regular and bold."""
_LEADS = set("เแโใไ")
_FOLLOWS = set("ะาำๅๆฯ")
LOST_PER_LINE = 0.6
"""Em at the end of a line, since the next word does not fit there although its first syllable would."""


def is_thai(sign: str) -> bool:
    """Whether a sign, as a reader sees it, is Thai."""
    return "\u0e01" <= sign[0] <= "\u0e5b"


def sticks_together(before: str, sign: str) -> bool:
    """Whether no line may end between two Thai signs: a vowel stands before or after its consonant."""
    return before[0] in _LEADS or sign[0] in _FOLLOWS

"""Where a line of Thai may end, and how wide Thai letters are: words stand there without spaces.

Viewers break Thai between words, by a dictionary that we do not carry. What stands here is a safe estimate: a line
may end between syllables as they are written, and loses a part of a word on the way. Held against Chromium with
Loma, Garuda and Noto Sans Thai, regular and bold, at nine widths, five of 3,240 paragraphs took a line more than
this says, all of them in Garuda Bold in columns of eight or ten em.
"""

from __future__ import annotations

_WIDTHS: dict[float, str] = {
    0.38: "เ",
    0.50: "ใ",
    0.52: "ๅ",
    0.54: "โะ",
    0.56: "ไร",
    0.58: "าำง",
    0.60: "ว",
    0.62: "จ",
    0.64: "ฯ",
    0.66: "ธฐยลสฮ฿",
    0.68: "ชถฤอกๆแฎ",
    0.70: "ข๐๑๖ฅฏผฝฦ",
    0.72: "ฉคซมภศฃดตบปห",
    0.74: "ท",
    0.76: "น๔๕๙",
    0.78: "ฆษ๘พฟ",
    0.80: "ฬ",
    0.82: "๒",
    0.84: "๓ฑ",
    0.94: "ญ๗ฌ",
    0.96: "ณฒ",
}
WIDTHS = {sign: width for width, signs in _WIDTHS.items() for sign in signs}
"""In em: the widest of Loma, Garuda, Noto Sans Thai and Noto Looped Thai, regular and bold."""
_LEADS = set("เแโใไ")
_FOLLOWS = set("ะาำๅๆฯ")
LOST_PER_LINE = 0.9
"""Em at the end of a line, since the next word does not fit there although its first syllable would."""


def is_thai(sign: str) -> bool:
    """Whether a sign, as a reader sees it, is Thai."""
    return "\u0e01" <= sign[0] <= "\u0e5b"


def sticks_together(before: str, sign: str) -> bool:
    """Whether no line may end between two Thai signs: a vowel stands before or after its consonant."""
    return before[0] in _LEADS or sign[0] in _FOLLOWS

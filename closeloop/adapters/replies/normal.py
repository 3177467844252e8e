"""One spelling for everything that is compared: lower case, no Latin accents, contractions written out."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from closeloop.adapters.replies.patterns import NAME_MARK

_MARKS = dict.fromkeys(range(0x300, 0x370))
_LETTERS = str.maketrans("’‘`´“”„«»–—\u00a0๐๑๒๓๔๕๖๗๘๙", '\'\'\'\'"""""-- 0123456789') | {
    ord("ß"): "ss",
    0x200B: None,
    0xAD: None,
    0xFEFF: None,
    ord("¿"): " ",
    ord("¡"): " ",
}
_CONTRACTIONS = re.compile(
    r"\b(can|won|shan)'t\b|n't\b|\bi'm\b|'(re|ll|ve|d)\b|\b(it|that|he|she|what|there|let|here|who)'s\b"
)
_SHORT = {"can": "can not", "won": "will not", "shan": "shall not"}
_LONG = {"re": " are", "ll": " will", "ve": " have", "d": " would"}
_SENTENCE_END = re.compile(
    r"(?:(?<=[^\s.!?…\d]{2}[.…])|(?<=\d{3}[.…]))[\"')]*\s+|(?<=[!?…])\s*|\n+|;\s|\s+-\s+(?![\d(])"
)
"""Not after `14.` or `e.g.`, which belong to a date or a word."""
_NAME = re.compile(r"(?<=[a-zà-ÿ,:;] )[A-ZÀ-Þ][a-zà-ÿ]+|(?<![\w.@])[\w.+-]+@[\w-]+\.[\w.-]+")
_WRAPPED = 56
"""A line at least so long was broken by a mail program, not by its writer."""
_LONGEST = 1_000
"""Characters of a sentence that are looked at; nobody writes longer ones, but an attacker does."""


def plain(text: str) -> str:
    """The text as the rules see it. `Can’t` becomes `can not`, `Möglichkeit` becomes `moglichkeit`."""
    text = text.translate(_LETTERS).lower()
    if not text.isascii():
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).translate(_MARKS))
    text = text.replace("cannot", "can not")
    return _CONTRACTIONS.sub(_written_out, text) if "'" in text else text


def marked(text: str) -> str:
    """The text with a mark before what is written like a name inside a sentence, or like an address."""
    return _NAME.sub(rf"{NAME_MARK}\g<0>", text.replace(NAME_MARK, " "))


def unmarked(text: str) -> str:
    """The text without the marks of `marked`."""
    return text.replace(NAME_MARK, "")


def _written_out(found: re.Match[str]) -> str:
    whole = found.group()
    if found.group(1):
        return _SHORT[found.group(1)]
    if found.group(2):
        return _LONG[found.group(2)]
    if found.group(3):
        return f"{found.group(3)} {'us' if found.group(3) == 'let' else 'is'}"
    return "i am" if whole == "i'm" else " not"


def sentences(text: str) -> list[str]:
    """The sentences of a plain text; a line that a mail program broke goes on in the next."""
    parts = (" ".join(part.split())[:_LONGEST] for part in _SENTENCE_END.split(_unwrapped(text)))
    return [part for part in parts if part.strip(" .,;-")]


def broken_lines(text: str) -> list[str]:
    """The lines that `sentences` has joined to the line before although they begin like a sentence."""
    lines = text.split("\n")
    return [
        line.strip()[:_LONGEST]
        for before, line in pairwise(lines)
        if _goes_on(before, line) and not line.strip()[0].islower()
    ]


def _goes_on(before: str, line: str) -> bool:
    return bool(len(before) >= _WRAPPED and line.strip() and before.rstrip()[-1:] not in ".!?:")


def _unwrapped(text: str) -> str:
    lines = text.split("\n")
    joined = [lines[0]]
    for line in lines[1:]:
        previous = joined[-1].rsplit("\n", 1)[-1]
        if _goes_on(previous, line):
            joined[-1] += " " + line.strip()
        else:
            joined.append(line)
    return "\n".join(joined)

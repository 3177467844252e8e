"""Thai text as `wording_check` weighs it: no blanks part its words, so a sentence is taken apart into pieces.

Each piece is found in the evidence in at least four letters, or stands alone there, or only joins others; numbers
keep the letters beside them. What other letters stand in between (names, `Tallyard`) is weighed as in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

JOINING = (
    *"และ หรือ ที่ ซึ่ง ของ ใน จาก กับ โดย ด้วย ได้ ให้ เป็น คือ มี จะ".split(),
    *"ก็ แต่ จึง ทำให้ เพื่อ นี้ นั้น ท่าน เรา แล้ว อยู่ ว่า การ ความ ต่อ ถึง".split(),
)
NEGATIONS = ("ไม่", "ไร้", "ปราศจาก", "มิได้", "ห้าม", "งด", "ยกเว้น", "เว้นแต่")
_LETTERS = re.compile(r"[\u0e00-\u0e7f]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*%?")
_OTHER = re.compile(r"[$€£¥฿]|[^\W\d_\u0e00-\u0e7f]+")
_PIECE, _BESIDE = 4, 2
_ENOUGH, _ORDERED = 0.5, 0.8


def unborne(sentence: str, told: Sequence[str]) -> str:
    """Why the sentence says more than what was told; empty when it does not."""
    heard = "\n".join(told)
    close = _close(heard)
    if strange := next((word for word in _OTHER.findall(sentence) if word.lower() not in heard.lower()), None):
        return f"a sentence says {strange!r}, which stands in no evidence behind it"
    for number, beside in _numbers(_close(sentence)):
        if not any(one == number and _meet(beside, there) for one, there in _numbers(close)):
            return f"a sentence says {number!r} of something else than the evidence does"
    if not all(_is_made_of(run, heard) for run in _LETTERS.findall(sentence)):
        return "a sentence says something that stands in no evidence behind it"
    return ""


def lacking(text: str, own: str) -> str:
    """What of the own sentence is lost, or turned round, in the new words; empty when it is all there."""
    if [text.count(word) for word in NEGATIONS] != [own.count(word) for word in NEGATIONS]:
        return "the words left negate something else"
    said, meant = _numbers(_close(text)), list(_numbers(_close(own)))
    if {number for number, _ in meant} - {number for number, _ in said}:
        return "the words left leave out a number"
    if _threes(own) and len(_threes(text) & _threes(own)) < _ENOUGH * len(_threes(own)):
        return "the words left say something else than the playbook"
    if _in_order(_close(text), _close(own)) < _ORDERED:
        return "the words left stand in another order, which may turn the sense round"
    return ""


def _in_order(text: str, own: str) -> float:
    """The share of the letters that follow one another as in the own sentence."""
    same = SequenceMatcher(None, text, own, autojunk=False).get_matching_blocks()
    return sum(block.size for block in same) / len(text)


def _close(text: str) -> str:
    """Without blanks, which stand in Thai where the writer likes."""
    return re.sub(r"[ \u00a0]+", "", text)


def _numbers(text: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each number with the letters before and behind it."""
    for found in _NUMBER.finditer(text):
        before, behind = text[max(0, found.start() - _BESIDE) : found.start()], text[found.end() :][:_BESIDE]
        yield found[0], (before, behind)


def _meet(first: tuple[str, str], second: tuple[str, str]) -> bool:
    """Whether the same follows, or where nothing follows, the same comes before."""
    return first[1] == second[1] if first[1] else bool(first[0]) and first[0] == second[0]


def _is_made_of(run: str, heard: str) -> bool:
    """Whether the run can be cut into pieces that were heard or that only join."""
    reached = [True] + [False] * len(run)
    whole = (*JOINING, *_LETTERS.findall(heard))
    for start in range(len(run)):
        if not reached[start]:
            continue
        for word in whole:
            if run.startswith(word, start):
                reached[start + len(word)] = True
        end = start + _PIECE
        while end <= len(run) and run[start:end] in heard:
            reached[end] = True
            end += 1
    return reached[-1]


def _threes(text: str) -> set[str]:
    letters = "".join(_LETTERS.findall(text))
    return {letters[place : place + 3] for place in range(len(letters) - 2)}

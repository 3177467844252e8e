"""What a customer's answer says about how satisfied they are: a number from 0 to 10, else plain words.

Invariant: what says both or neither says nothing; a number counts that opens the answer, or is named of ten.
"""

from __future__ import annotations

import re
from enum import StrEnum

_OF_TEN = re.compile(r"(?<![\w.,:/-])(10|[0-9])\s*(?:/|out of|of|จาก|เต็ม)\s*10(?![\w:/-]|[.,]\d)")
_ALONE = re.compile(
    r"\A\W*(?:(?:an?|i(?:'d|’d| would)? (?:say|give)(?: you)?|maybe|about|ให้|คะแนน)\s+)*"
    r"(10|[0-9])(?=\s*(?:[.,;:!)\n–-]|\Z))(?![.,:]\d)",
    re.IGNORECASE,
)
_GOOD = re.compile(
    r"\b(?:very happy|really happy|quite happy|happy with|so far so good|works? (?:very |really )?well|works? great"
    r"|satisfied|delighted|love it|excellent|no complaints)\b|พอใจ|ดีมาก|ใช้งานได้ดี|ประทับใจ",
    re.IGNORECASE,
)
_BAD = re.compile(
    r"\b(?:unhappy|disappoint\w*|dissatisfied|frustrat\w*|not (?:\w+ )?(?:happy|satisfied|well)"
    r"|does(?:n't| not) work|problems? with|too slow|waste|terrible)\b|ไม่พอใจ|ผิดหวัง|ใช้งานไม่ได้|มีปัญหา",
    re.IGNORECASE,
)
PROMOTES, DETRACTS = 9, 6
"""The limits of the usual question from 0 to 10."""


class Mood(StrEnum):
    """How satisfied somebody says they are."""

    SATISFIED = "satisfied"
    NEUTRAL = "neutral"
    DISSATISFIED = "dissatisfied"


def mood_of(words: str) -> tuple[Mood, str] | None:
    """The mood and what shows it, such as `9 of 10`; None where nothing is said."""
    numbers = {int(found) for found in [*_OF_TEN.findall(words[:400]), *_ALONE.findall(words[:400])]}
    if len(numbers) == 1:
        score = numbers.pop()
        mood = Mood.SATISFIED if score >= PROMOTES else Mood.DISSATISFIED if score <= DETRACTS else Mood.NEUTRAL
        return mood, f"{score} of 10"
    bad = _BAD.search(words)
    good = _GOOD.search(_BAD.sub(" ", words))
    if bool(good) == bool(bad):
        return None
    found = good or bad
    assert found is not None  # noqa: S101 - one of the two, as was just seen
    return (Mood.SATISFIED if good else Mood.DISSATISFIED), f"“{found.group().strip()}”"

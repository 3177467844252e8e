"""Whether proposed words say no more than the evidence: sentence by sentence, by rule, without another model.

A sentence passes when every word of it stands in the evidence or only joins words, every number and every `no` has
the neighbour it has there, and nothing in it could be a command, a link or a tag. What is left must still say what
the playbook's own sentence says: its numbers, its negations, half of its words. Invariant: when in doubt, no.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from closeloop.domain import english_words, thai_words
from closeloop.domain.messages import PainProps
from closeloop.domain.record import Record
from closeloop.domain.rewording import NewWords

LONGER = 1.25
"""What is put in other words may be so much longer, or the slide that it was measured for would not hold it."""
_SENTENCE_ENDS = re.compile(r"(?<=[.!?…])\s+")
_NO_PROSE = re.compile(
    r"[{}<>\[\]|\\`*_#@^~=\r\n\t]|https?:|www\.|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufffd]"
)
_WORDS = {"en": english_words, "th": thai_words}
LANGUAGES = frozenset(_WORDS)
"""Those in which words can be checked; in any other nothing is put in other words."""


class Verdict(Record):
    """What becomes of a proposed text."""

    text: str
    """What may be said; empty where the playbook's own words stay."""
    dropped: tuple[str, ...] = ()
    """Why a sentence was left out, one line each; never the sentence itself."""


def reworded(
    point: PainProps, words: NewWords, ground: str, company: str, language: str
) -> tuple[PainProps, tuple[str, ...]]:
    """The point in the new words as far as they are borne out, and why the rest was dropped. `ground`: its fact."""
    pain = checked(words.pain, point.pain, (company, ground), language)
    benefit = (company, point.feature, point.proof)
    so_what = checked(words.so_what, point.so_what, benefit, language)
    said = {"pain": pain.text or point.pain, "so_what": so_what.text or point.so_what}
    return point.model_copy(update=said), (*pain.dropped, *so_what.dropped)


def checked(proposed: str, own: str, evidence: Sequence[str], language: str) -> Verdict:
    """The part of the proposed words that the evidence bears out. `own`: what is said without them."""
    if language not in LANGUAGES:
        return Verdict(text="", dropped=(f"words in {language!r} cannot be checked",))
    if not proposed.strip() or proposed.strip() == own.strip():
        return Verdict(text="")
    told = (own, *evidence)
    kept, dropped = [], []
    for sentence in _SENTENCE_ENDS.split(proposed.strip()):
        problem = _unborne(sentence, told, language)
        dropped += [problem] if problem else []
        kept += [] if problem else [sentence]
    text = _like(own, kept)
    problem = _not_the_same(text, own, language) if text else ""
    return Verdict(text="" if problem else text, dropped=(*dropped, *([problem] if problem else [])))


def _unborne(sentence: str, told: Sequence[str], language: str) -> str:
    """Why this sentence may not be said; empty when it may."""
    if _NO_PROSE.search(sentence):
        return "a sentence holds signs that are no prose"
    found: str = _WORDS[language].unborne(sentence, told)
    return found


def _not_the_same(text: str, own: str, language: str) -> str:
    """Why these words do not stand for the playbook's own; empty when they do."""
    if len(text) > LONGER * len(own):
        return f"{len(text)} characters where {len(own)} were"
    found: str = _WORDS[language].lacking(text, own)
    return found


def _like(own: str, kept: Sequence[str]) -> str:
    """Begun and ended as the playbook's own text is, which templates go on from. Empty: it cannot be."""
    text = " ".join(kept)
    if not text or (own.rstrip().endswith((".", "!", "?", "…")) and text.endswith((".", "!", "?", "…"))):
        return text
    if own.rstrip().endswith("."):
        return f"{text}."
    if len(kept) > 1 or text.endswith(("!", "?", "…")):
        return ""
    text = text.rstrip(".")
    return text[:1].lower() + text[1:] if own[:1].islower() and text[1:2].islower() else text

"""Properties made safe to say: one line each, no invisible characters, nothing blank, nothing endless.

A blank property is left out, so that a template which needs it fails instead of writing `Hello ,`.
A label (a company's name) may be shortened; a claim may not, since half a claim is another claim:
an over-long pain or list entry is dropped, any other over-long sentence is refused.
"""

from __future__ import annotations

import re
from typing import Any

from closeloop.domain.errors import RenderError
from closeloop.domain.messages import MailProps

LABEL_CHARACTERS = 80
SENTENCE_CHARACTERS = 400
_LABELS = frozenset({"greeting", "company", "product", "referred_by", "handed_over_from"})
_PAIN_NEEDS = frozenset({"pain", "source", "feature", "so_what"})
_UNSAYABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]|\\s{2,}"
)


def one_line(text: str) -> str:
    """The text without control characters, line ends and marks that turn or hide what is read.

    `<%` is pulled apart: the mail provider would take it for the start of a tag of its own.
    """
    whole = " ".join(_UNSAYABLE.sub(" ", text).split()) if _UNSAYABLE.search(text) else text.strip()
    return whole.replace("<%", "< %")


def shorten(text: str, characters: int) -> str:
    """At most so many characters; cut at a blank where there is one near the end, and marked with `…`."""
    if len(text) <= characters:
        return text
    cut = text[: characters - 1]
    blank = cut.rfind(" ")
    return f"{(cut[:blank] if blank > characters * 2 // 3 else cut).rstrip()}…"


def sayable(props: MailProps) -> dict[str, Any]:
    """What the template may use. Raises `RenderError` for a sentence of more than `SENTENCE_CHARACTERS`."""
    said: dict[str, Any] = {}
    for name, value in props:
        clean = _clean(name, value)
        if clean not in (None, ""):
            said[name] = clean
    return said


def _clean(name: str, value: Any) -> Any:
    if isinstance(value, str):
        text = one_line(value)
        return shorten(text, LABEL_CHARACTERS) if name in _LABELS else _whole(name, text)
    if name == "pains":
        return tuple(pain for pain in map(_pain, value) if pain is not None)
    if name == "sender":
        return sayable(value)
    if isinstance(value, tuple):
        return tuple(text for text in map(one_line, value) if 0 < len(text) <= SENTENCE_CHARACTERS)
    return value


def _pain(pain: Any) -> dict[str, str] | None:
    """The pain when every word of it can be said, otherwise nothing: the mail does without it."""
    said = {name: text for name, value in pain if 0 < len(text := one_line(value)) <= SENTENCE_CHARACTERS}
    return said if said.keys() >= _PAIN_NEEDS else None


def _whole(name: str, text: str) -> str:
    if len(text) > SENTENCE_CHARACTERS:
        raise RenderError(f"{name} has {len(text)} characters, {SENTENCE_CHARACTERS} fit; shorten it at its source")
    return text

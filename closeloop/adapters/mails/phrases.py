"""The filters of the mail templates: they fit words from the playbook and the CRM into a sentence.

Playbook authors write `the price`, `The price.` or `the price` with a blank: each reads well after these.
"""

from __future__ import annotations

import re

_ENDS = (".", "!", "?", "…", "。", "！", "？")
_QUESTION_MARKS = ("?", "？")
_ARTICLE = re.compile(r"(?:a|an|the|our|your)\s")
_LOOSE_ENDS = " \t.,;:"
_THAI_ASKING = re.compile(
    r"กี่[\u0e00-\u0e7f]|(?:ไหม|มั้ย|หรือไม่|หรือเปล่า|หรือยัง|เท่าไร|เท่าใด|อย่างไร|เมื่อใด|เมื่อไร|ที่ไหน|ที่ใด|ใครบ้าง|อะไรบ้าง|ใดบ้าง)$"
)
"""Thai asks with a word and needs no mark."""
_ASKING = re.compile(
    r"(?:would|could|can|may|shall|should|will|is|are|do|does|did|have|has|what|which|who|whom|when|where|how|why)\b",
    re.IGNORECASE,
)


def capital(text: str) -> str:
    """The first letter large, the rest as it was (`iLedger` at the start becomes `ILedger`)."""
    return text[:1].upper() + text[1:]


def phrase(text: str) -> str:
    """Without the full stop, comma or colon at its end, so that the sentence can go on."""
    return text.strip().rstrip(_LOOSE_ENDS)


def bare(text: str) -> str:
    """Without any mark at its end, so that a Thai particle can close it."""
    return text.strip().rstrip(_LOOSE_ENDS + "!?！？。")


def sentence(text: str, *, keep: bool = False) -> str:
    """A whole sentence: large first letter (or as it was, to `keep` it), closed if still open."""
    text = text.strip() if keep else capital(text.strip())
    return text if text.endswith(_ENDS) else f"{phrase(text)}."


def question(text: str, *, keep: bool = False) -> str:
    """A whole question, closed by exactly one question mark; the first letter as in `sentence`."""
    text = text.strip() if keep else capital(text.strip())
    return text if text.endswith(_QUESTION_MARKS) else f"{phrase(text)}?"


def ask(text: str) -> str:
    """What we ask for: a question when it opens like one (`would you …`), otherwise a sentence."""
    return question(text) if is_asking(text) and not text.strip().endswith(_ENDS) else sentence(text)


def introduce(product: str, line: str) -> str:
    """The product and its one line as one sentence: `Tally matches …`, `Tally is a …`, `Tally: It …`."""
    line = line.strip()
    if line[:1].isupper():
        return f"{product}: {sentence(line)}"
    return sentence(f"{product} is {line}" if _ARTICLE.match(line) else f"{product} {line}", keep=True)


def is_asking(text: str) -> bool:
    """True for a question, with its mark or with the first word of one."""
    text = text.strip()
    return text.endswith(_QUESTION_MARKS) or bool(_ASKING.match(text) or _THAI_ASKING.search(text))


def is_web_address(text: str) -> bool:
    """True for what may stand behind a link: http or https, no blank, no quote, no angle bracket."""
    return re.fullmatch(r"https?://[^\s\"'<>]+", text) is not None

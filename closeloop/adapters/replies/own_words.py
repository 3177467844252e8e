"""What the person wrote in this reply: quoted mail, forwards, signatures and disclaimers are cut away.

Nothing that is cut may decide anything. In doubt a line is kept, since a lost opt-out is worse than a noisy text;
but what stands behind a quote header, a signature mark or a disclaimer is never the reply.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from closeloop.adapters.replies.rulebook import Cuts

_QUOTED = re.compile(r"^\s*(?:>|\|\s)")
_POSTSCRIPT = re.compile(r"^\s*p\.?\s?s\.?\s*[:.]?\s", re.IGNORECASE)
_SIGNATURE_MARK = re.compile(r"^\s*(?:--|__|—|––|-{3,}|_{3,}|\*{3,}|={3,})\s*$")
_BOLD = re.compile(r"^\s*\*([^*\n]{1,30}:)\*")
_ADDRESSED = re.compile(
    r"^(?i:hi|hello|hey|dear|hallo|guten (?:tag|morgen)|sehr geehrte[rs]?|liebe[rs]?|hola|buenos d[ií]as|"
    r"buenas tardes|estimad[oa])"
    r"(?: (?:Frau|Herr|Sr|Sra|Mr|Ms|Mrs|Dr|Damen und Herren|[A-ZÀ-Þ][\w'’-]*)\.?){0,4}\s*[,:!–-]\s+(?=\S)"
)
"""`Hi Maja, ` before the first sentence: whom we are says nothing about what they mean."""
_HEADER_LINES = 6
_SIGN_OFF_REACH = 14
"""Lines after a sign-off that still are a signature; more than that is a letter that goes on."""


@dataclass(frozen=True, slots=True)
class OwnWords:
    """The person's words, and whether the mail carried a forwarded one."""

    text: str
    forwarded: bool = False


def own_words(body: str, cuts: Cuts) -> OwnWords:
    """Never raises; a mail without own words gives an empty text."""
    lines = _as_lines(body)
    lines, forwarded = _before_forward(lines, cuts)
    lines = _without_quotes(lines, cuts)
    lines = _without_signature(lines, cuts)
    lines = _without_greeting(lines, cuts)
    text = _without_disclaimers("\n".join(lines), cuts).strip()
    return OwnWords(_ADDRESSED.sub("", text, count=1) or text, forwarded)


def _as_lines(body: str) -> list[str]:
    text = body.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return [line.rstrip() for line in text.split("\n")]


def _before_forward(lines: list[str], cuts: Cuts) -> tuple[list[str], bool]:
    for number, line in enumerate(lines):
        if cuts.forwarded.search(line):
            return lines[:number], True
    return lines, False


def _without_quotes(lines: list[str], cuts: Cuts) -> list[str]:
    """Cut at the first header of an unmarked quote; where quotes are marked by `>`, keep what is between them."""
    kept: list[str] = []
    number = 0
    while number < len(lines):
        if _QUOTED.match(lines[number]):
            number += 1
            continue
        if cuts.original.search(lines[number]) or _is_header_block(lines, number, cuts):
            return kept
        wrote = _lines_of_quote_lead(lines, number, cuts)
        if wrote and not _marked_quote_follows(lines, number + wrote):
            return kept
        if wrote:
            number += wrote
            continue
        kept.append(lines[number])
        number += 1
    return kept


def _lines_of_quote_lead(lines: list[str], number: int, cuts: Cuts) -> int:
    """How many lines (mail programs break them) `On …, Maja wrote:` takes here; 0 when there is none."""
    if not cuts.wrote_start.match(lines[number]):
        return 0
    for count in (1, 2, 3):
        last = lines[number + count - 1 : number + count]
        if count > 1 and (not last or not last[0].strip() or cuts.wrote_start.match(last[0])):
            return 0
        if cuts.wrote.match(" ".join(line.strip() for line in lines[number : number + count])):
            return count
    return 0


def _marked_quote_follows(lines: list[str], number: int) -> bool:
    return any(_QUOTED.match(line) for line in lines[number : number + 3])


def _is_header_block(lines: list[str], number: int, cuts: Cuts) -> bool:
    """`From: …` with `Sent:`, `To:` or `Subject:` close below it, as Outlook writes them."""
    if not cuts.header_from.match(_BOLD.sub(r"\1", lines[number])):
        return False
    below = lines[number + 1 : number + _HEADER_LINES]
    return sum(bool(cuts.header_more.match(_BOLD.sub(r"\1", line))) for line in below) >= 2


def _without_signature(lines: list[str], cuts: Cuts) -> list[str]:
    lines = [line for line in lines if not cuts.sent_from.search(line)]
    for number, line in enumerate(lines):
        if _SIGNATURE_MARK.match(line):
            return lines[:number]
        if _is_sign_off(lines, number, cuts):
            postscript = [later for later in lines[number + 1 :] if _POSTSCRIPT.match(later)]
            return lines[:number] + postscript
    return lines


def _is_sign_off(lines: list[str], number: int, cuts: Cuts) -> bool:
    """`Best regards` below some words, or `Thanks, Anna` as the last line of them."""
    if not cuts.sign_off.match(lines[number]) or not any(line.strip() for line in lines[:number]):
        return False
    return sum(bool(line.strip()) for line in lines[number + 1 :]) <= _SIGN_OFF_REACH


def _without_greeting(lines: list[str], cuts: Cuts) -> list[str]:
    for number, line in enumerate(lines):
        if line.strip():
            return lines[number + 1 :] if cuts.greeting.match(line) else lines[number:]
    return []


def _without_disclaimers(text: str, cuts: Cuts) -> str:
    return "\n\n".join(part for part in re.split(r"\n\s*\n", text) if not cuts.disclaimer.match(part.strip()))

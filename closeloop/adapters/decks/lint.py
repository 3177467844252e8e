"""Reasons why a deck may not be shown: what is missing, unfinished or broken in its words or on its slides.

The words are checked before there is a slide; the finished slides are checked again, since a branded master
may bring places that nobody filled.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pptx.oxml.ns import qn

from closeloop.adapters.decks.pages import Chart, Page, Table, Text, Timeline
from closeloop.domain.presentation_content import DeckContent, Finding

_TAG = re.compile(r"\{\{|\}\}|\{%|%\}|\$?\{[^{}]*\}|<<[^<>]*>>")
_PILED_MARKS = re.compile(r"\S[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]{5,}")
_TURNS_TEXT = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
_FILE_NAME = re.compile(r"\.(png|jpe?g|gif|svg|bmp|webp)$", re.IGNORECASE)
_BROKEN = {"Cc": "a control character", "Cs": "half a character", "Co": "a private character"}
_LARGEST = Decimal(10) ** 15
_PICTURES = {qn("p:pic"), qn("p:graphicFrame")}


def word_findings(pages: tuple[Page, ...]) -> list[Finding]:
    """What is wrong with the words, whether seen, spoken or read aloud."""
    return [
        Finding(slide=number, problem=problem)
        for number, page in enumerate(pages, 1)
        for text in _all_texts(page)
        for problem in _problems(text)
    ]


def _all_texts(page: Page) -> Iterator[Text]:
    for paragraphs in page.texts.values():
        yield from paragraphs
    match page.block:
        case Table(headings=headings, rows=rows, alt=alt):
            yield from (text for row in rows for text in row)
            yield from (Text(text, "a column heading") for text in headings)
            yield Text(alt, "the table's description")
        case Timeline(steps=steps):
            yield from (text for step in steps for text in step)
        case Chart(alt=alt):
            yield Text(alt, "the chart's description")
    yield from (Text(line, "the speaker notes") for line in page.notes)


def _problems(text: Text) -> Iterator[str]:
    if not text.text.strip():
        yield text.missing or f"{text.what} is empty"
    if tag := _TAG.search(text.text):
        yield f"{text.what} holds the unresolved tag {tag[0]!r}; fill it from a fact or drop the sentence"
    if broken := next(filter(None, map(_broken, text.text)), None):
        yield f"{text.what} holds {broken}; clean the field that it comes from"
    if _PILED_MARKS.search(text.text):
        yield f"{text.what} piles accents on one letter so that lines run into each other; clean the field"


@lru_cache(maxsize=8_192)
def _broken(char: str) -> str | None:
    if char in _TURNS_TEXT:
        found: str | None = "a sign that turns the text"
    elif char == "\ufffd" or _is_noncharacter(ord(char)):
        found = "a lost character"
    else:
        found = _BROKEN.get(unicodedata.category(char))
    return f"{found} (U+{ord(char):04X})" if found else None


def _is_noncharacter(code: int) -> bool:
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def chart_findings(content: DeckContent, pages: tuple[Page, ...]) -> list[Finding]:
    """What would make the chart lie or break."""
    slide = next((n for n, page in enumerate(pages, 1) if isinstance(page.block, Chart)), None)
    if slide is None:
        return []
    years = [point.year for point in content.value]
    found = [
        f"the value chart has the year {y} twice; keep one"
        for y in sorted({y for y in years if years.count(y) > 1})
    ]
    amounts = [amount for point in content.value for amount in (point.saving, point.cost)]
    if any(abs(amount) > _LARGEST for amount in amounts):
        found.append("the value chart has an amount that is no amount of money; check saving and cost")
    if not content.currency.strip():
        found.append("the value chart has no currency; name it")
    return [Finding(slide=slide, problem=problem) for problem in found]


def slide_findings(presentation: Any) -> list[Finding]:
    """What is wrong with the finished slides."""
    return [
        Finding(slide=number, problem=problem)
        for number, slide in enumerate(presentation.slides, 1)
        for shape in slide.element.spTree.iter_shape_elms()
        for problem in _shape_problems(shape)
    ]


def _shape_problems(shape: Any) -> Iterator[str]:
    identity = next(shape.iter(qn("p:cNvPr")), None)
    if identity is None:  # ink, which has neither words nor a description
        return
    name = identity.get("name")
    if shape.tag in _PICTURES:
        if not _describes(identity.get("descr", "").strip()):
            yield f"{name!r} has no alternative text; describe what it shows"
        return
    text = _text(shape.find(qn("p:txBody")))
    if _holds(shape, "p:ph") and not text.strip() and not _holds(shape, "a:fld"):
        yield f"the placeholder {name!r} is empty; fill it, or remove it from the layout"
    if tag := _TAG.search(text):
        yield f"{name!r} shows the unresolved tag {tag[0]!r}"


def _text(body: Any) -> str:
    """What a shape shows, a line for each paragraph."""
    paragraphs = body.iter(qn("a:p")) if body is not None else ()
    return "\n".join("".join(node.text or "" for node in paragraph.iter(qn("a:t"))) for paragraph in paragraphs)


def _holds(shape: Any, tag: str) -> bool:
    return next(shape.iter(qn(tag)), None) is not None


def _describes(text: str) -> bool:
    return bool(text) and not _FILE_NAME.search(text)

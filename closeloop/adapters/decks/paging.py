"""Puts pages into their boxes: shrinks texts, cuts labels, shapes the plan, says what does not fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from closeloop.adapters.decks.fit import fit
from closeloop.adapters.decks.pages import Page, Table, Text, Timeline
from closeloop.adapters.decks.rows import fills_too_much, spread
from closeloop.adapters.decks.slots import Master
from closeloop.adapters.decks.steps import timeline_scale
from closeloop.adapters.decks.story import timeline_as_table
from closeloop.adapters.decks.words import Words
from closeloop.domain.presentation_content import Finding


@dataclass(frozen=True, slots=True)
class Paged:
    """Slides that fit, and the findings about those that do not."""

    pages: tuple[Page, ...]
    findings: tuple[Finding, ...]


def page_all(pages: Iterable[Page], master: Master, words: Words) -> Paged:
    """Every page as one or more slides of this master."""
    done: list[Page] = []
    findings: list[Finding] = []
    for page in pages:
        for part in _parts(page, master, words):
            placed, problems = _place_texts(part, master)
            done.append(placed)
            problems += _table_problems(placed, master)
            findings += [Finding(slide=len(done), problem=problem) for problem in problems]
    return Paged(tuple(done), tuple(findings))


def _parts(page: Page, master: Master, words: Words) -> list[Page]:
    if isinstance(page.block, Timeline):
        scale = timeline_scale(page.block, master.layouts["Plan"]["timeline"])
        if scale:
            return [replace(page, block_scale=scale)]
        page = timeline_as_table(page, words)
    if isinstance(page.block, Table):
        return spread(page, page.block, master.layouts["Table"]["table"], words)
    return [page]


def _place_texts(page: Page, master: Master) -> tuple[Page, list[str]]:
    slots = master.layouts[page.layout]
    texts: dict[str, tuple[Text, ...]] = {}
    scales: dict[str, float] = {}
    problems = []
    for name, paragraphs in page.texts.items():
        if name not in slots:  # a footer, which a master may do without
            continue
        fitted = fit(paragraphs, slots[name])
        texts[name], scales[name] = fitted.texts, fitted.scale
        if not fitted.fits:
            problems.append(_too_long(paragraphs, slots[name].styles[0].size * fitted.scale))
    return replace(page, texts=texts, scales=scales), problems


def _table_problems(page: Page, master: Master) -> list[str]:
    if not isinstance(page.block, Table):
        return []
    if not fills_too_much(page.block, master.layouts[page.layout]["table"], page.block_scale):
        return []
    claims = [text for row in page.block.rows for text in row if text.claim]
    return [_too_long(claims, page.block.size * page.block_scale)]


def _too_long(texts: Iterable[Text], smallest: float) -> str:
    """The finding for a claim that does not fit; a claim is never cut."""
    longest = max(texts, key=lambda text: len(text.text))
    start = longest.text if len(longest.text) <= 60 else longest.text[:60] + "…"
    return (
        f"{longest.what} does not fit even at {smallest:.0f} points "
        f"({len(longest.text)} characters, “{start}”); shorten it"
    )

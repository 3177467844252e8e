"""`PptxDeckBuilder`: from content to a native `.pptx` that may be shown, or to the reasons why it may not.

A file appears only when there is no finding, whole or not at all. The same content gives the same bytes, in each of
the forms: the `.pptx`, and beside it under the same name the HTML and PDF that were asked for.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

from closeloop.adapters.decks.fact_lint import fact_findings
from closeloop.adapters.decks.lint import chart_findings, slide_findings, word_findings
from closeloop.adapters.decks.pages import Page
from closeloop.adapters.decks.paging import page_all
from closeloop.adapters.decks.pictures import pdf_of
from closeloop.adapters.decks.slots import read_master
from closeloop.adapters.decks.story import pages_of
from closeloop.adapters.decks.web_page import web_page
from closeloop.adapters.decks.words import Words, words_for
from closeloop.adapters.decks.writer import saved, write_slides
from closeloop.domain.presentation_content import DeckContent, Finding

Draft = tuple[DeckContent, Path]
Findings = tuple[Finding, ...]
HTML, PDF = "html", "pdf"
_SHIPPED = Path(__file__).parent / "master.pptx"


class PptxDeckBuilder:
    """Builds presentations on one master; the shipped one when none is given.

    `also` names further forms of each deck: `html`, `pdf`. Raises `UsageError` at once when the master lacks a
    layout or placeholder that the slides need.
    """

    def __init__(self, master: Path | None = None, also: Collection[str] = ()) -> None:
        self._master = read_master(master or _SHIPPED)
        self._also = frozenset(also)

    def build_all(self, drafts: Sequence[Draft]) -> list[Findings]:
        """Builds each draft; one that breaks has a finding and does not stop the others.

        Raises OSError when a file cannot be written.
        """
        return [self._tried(content, path) for content, path in drafts]

    def _tried(self, content: DeckContent, path: Path) -> Findings:
        try:
            return self.build(content, path)
        except OSError:  # no fault of the deck: the batch is tried again when there is room
            raise
        except Exception as error:  # noqa: BLE001 - whatever one deck does, the batch goes on
            problem = f"the deck cannot be built ({error!r}); build it by hand"
            return (Finding(slide=1, problem=problem, broken=True),)

    def build(self, content: DeckContent, path: Path) -> Findings:
        """Writes the deck to `path` when there are no findings; otherwise leaves `path` as it was."""
        words = words_for(content.language)
        paged = page_all(pages_of(content, words), self._master, words)
        findings = [*word_findings(paged.pages), *chart_findings(content, paged.pages), *paged.findings]
        findings += fact_findings(content, paged.pages)
        if findings:
            return _in_order(findings)
        presentation = write_slides(paged.pages, self._master, words.tag, content.on)
        if findings := slide_findings(presentation):
            return _in_order(findings)
        shown = paged.pages[0].texts
        title, author = shown["title"][0].text, shown["sender"][0].text
        deck = saved(presentation, title=title, author=author, tag=words.tag, on=content.on)
        for form, whole in self._forms(deck, paged.pages, words, author).items():
            _write_whole(path.with_suffix(f".{form}"), whole)
        _write_whole(path, deck)
        return ()

    def _forms(self, deck: bytes, pages: tuple[Page, ...], words: Words, author: str) -> dict[str, bytes]:
        forms = {}
        if HTML in self._also:
            forms[HTML] = web_page(pages, self._master, words, author)
        if PDF in self._also:
            forms[PDF] = pdf_of(deck)
        return forms


def _in_order(findings: list[Finding]) -> Findings:
    unique = {(finding.slide, finding.problem): finding for finding in findings}
    return tuple(sorted(unique.values(), key=lambda finding: finding.slide))


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:40]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

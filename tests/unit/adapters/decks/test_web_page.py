"""The HTML deck: one file that asks nobody for anything, with the same words, for keys, notes and paper."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.domain.presentation_content import DeckContent
from tests.sandbox.inbox.browser import watched_page
from tests.unit.adapters.decks.sample import CONTENT, GOALS, content
from tests.unit.adapters.decks.test_rendering import FULL, THAI

BUILDER = PptxDeckBuilder(also={"html"})
EVERYTHING = content(goals=GOALS)


@dataclass
class Seen(HTMLParser):
    """The words of a page and whatever it would load."""

    words: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [str(value) for name, value in attrs if name in {"src", "href", "srcset", "action", "data"}]


def page_of(deck: DeckContent, folder: Path) -> tuple[str, Seen]:
    assert BUILDER.build(deck, folder / "deck.pptx") == ()
    text = (folder / "deck.html").read_text(encoding="utf-8")
    seen = Seen()
    seen.feed(text)
    return text, seen


@pytest.mark.parametrize("deck", [EVERYTHING, FULL, THAI], ids=["sample", "full", "thai"])
def test_the_page_says_every_word_of_the_slides(deck: DeckContent, tmp_path: Path) -> None:
    _, seen = page_of(deck, tmp_path)
    said = " ".join(" ".join(seen.words).split())
    slides = Presentation(str(tmp_path / "deck.pptx")).slides
    texts = [
        "".join(node.text or "" for node in p.iter("{*}t")) for slide in slides for p in slide._element.iter("{*}p")
    ]
    missing = [text for text in texts if " ".join(text.split()) not in said]
    assert missing == []


def test_the_page_loads_nothing_and_forbids_it(tmp_path: Path) -> None:
    text, seen = page_of(EVERYTHING, tmp_path)
    assert seen.loads == []
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import|<link|<img|<iframe", text)


def test_the_speakers_notes_are_in_the_page(tmp_path: Path) -> None:
    _, seen = page_of(EVERYTHING, tmp_path)
    said = "\n".join(seen.words)
    notes = [slide.notes_slide.notes_text_frame for slide in Presentation(str(tmp_path / "deck.pptx")).slides]
    assert all(line in said for note in notes if note is not None for line in note.text.splitlines())


def test_the_chart_is_drawn_and_described(tmp_path: Path) -> None:
    text, _ = page_of(EVERYTHING, tmp_path)
    assert 'role="img" aria-label="Column chart of saving and cost per year in EUR: 2027 saving 168,000' in text
    assert text.count("<rect") == 2 * 3 + 2
    lines, _ = page_of(FULL, tmp_path)
    assert lines.count("<polyline") == 2


def test_words_that_look_like_markup_stay_words(tmp_path: Path) -> None:
    evil = '<script>alert(1)</script>"&'
    text, seen = page_of(content(company=evil, next_step=f"Call {evil}", questions=(evil,)), tmp_path)
    assert text.count("<script>") == 1
    assert any(f"Call {evil}" in words for words in seen.words)


def test_the_same_content_gives_the_same_page_in_the_masters_own_colours(tmp_path: Path) -> None:
    first, _ = page_of(CONTENT, tmp_path / "first")
    second, _ = page_of(CONTENT, tmp_path / "second")
    assert first == second
    assert "--accent1:#0B7A75" in first
    assert 'lang="th-TH"' in page_of(THAI, tmp_path / "third")[0]


@pytest.mark.rendering
def test_keys_turn_the_pages_notes_open_and_nothing_leaves_its_slide(tmp_path: Path) -> None:
    decks = {name: tmp_path / name for name in ("sample", "thai", "full")}
    for name, deck in (("sample", EVERYTHING), ("thai", THAI), ("full", FULL)):
        page_of(deck, decks[name])
    with watched_page(tmp_path, 1280, 720) as watched:
        page: Any = watched.page
        for folder in decks.values():
            page.goto((folder / "deck.html").as_uri())
            assert page.evaluate(OUTSIDE) == []
        page.goto((decks["sample"] / "deck.html").as_uri())
        for key, slide in (
            ("ArrowRight", 2),
            (" ", 3),
            ("PageUp", 2),
            ("End", 11),
            ("ArrowRight", 11),
            ("Home", 1),
        ):
            page.keyboard.press(key)
            assert page.locator("#where").inner_text() == f"{slide} / 11"
            assert page.locator(".slide:visible").count() == 1
        assert page.locator(".notes:visible").count() == 0
        page.keyboard.press("n")
        assert "Thank them for the time" in page.locator(".notes:visible").inner_text()
        printed = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 11
    assert all(url.startswith("file:") for url in watched.requests)
    assert watched.complaints == []


OUTSIDE = """() => [...document.querySelectorAll('.slide')].flatMap((slide, place) => {
  slide.classList.add('now');
  const edge = slide.getBoundingClientRect(), foot = slide.querySelector('footer');
  const low = foot ? foot.getBoundingClientRect().top : edge.bottom;
  const out = [...slide.querySelectorAll('p,li,td,h1,h2,h3')].filter((text) => {
    const box = text.getBoundingClientRect(), panel = text.closest('.panel');
    const floor = panel ? panel.getBoundingClientRect().bottom : low;
    return box.bottom > Math.min(low, floor) + 1 || box.right > edge.right + 1 || box.left < edge.left - 1;
  });
  if (place) slide.classList.remove('now');
  return out.map((text) => `${place + 1}: ${text.textContent.slice(0, 40)}`);
})"""

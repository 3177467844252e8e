"""Thai has no spaces between words: what the estimate breaks, and how it stands beside a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from closeloop.adapters.decks.fit import line_count
from closeloop.adapters.decks.metrics import advance, holds_thai
from closeloop.domain.texts import texts
from tests.sandbox.inbox.browser import watched_page
from tests.unit.domain.people import shipped_playbook

WIDTHS = (8, 14, 24)


def thai_sentences() -> list[str]:
    found = [text.translations.get("th", "") for _, text in texts(shipped_playbook())]
    return [text.replace("{value}", "12,000").replace("{company}", "Volvo") for text in found if len(text) > 20]


def test_a_vowel_never_stands_apart_from_its_consonant() -> None:
    one = advance("ม") + advance("า")
    assert line_count("มา", one) == 1
    assert line_count("เมา" * 2, advance("เ") + one + 0.1) == 2


def test_marks_above_and_below_take_no_room() -> None:
    assert line_count("กี่" * 9, 99) == line_count("ก" * 9, 99) == 1
    assert line_count("กี่" * 20, 8.0) == line_count("ก" * 20, 8.0)


def test_latin_words_inside_thai_stay_whole() -> None:
    assert line_count("ใช้Tallyardเพื่อ", 99) == 1
    width = sum(map(advance, "Tallyard"))
    assert line_count("ก Tallyard ก", width) == 3


@pytest.mark.parametrize(("text", "thai"), [("abc", False), ("é", False), ("ราคา 5", True), ("北", False)])
def test_thai_is_known_by_its_letters(text: str, thai: bool) -> None:
    assert holds_thai(text) is thai


@pytest.mark.rendering
def test_a_browser_takes_no_more_lines_than_the_estimate(tmp_path: Path) -> None:
    sentences = thai_sentences()
    assert len(sentences) > 40
    with watched_page(tmp_path) as watched:
        page: Any = watched.page
        page.set_content(f"<body lang=th style='font:20px/30px Loma,Noto Sans Thai'>{_paragraphs(sentences)}")
        if not page.evaluate("document.fonts.check('20px Loma') || document.fonts.check('20px Noto Sans Thai')"):
            pytest.skip("neither Loma nor Noto Sans Thai is installed")
        heights = page.evaluate("[...document.querySelectorAll('p')].map(p => Math.round(p.offsetHeight / 30))")
    estimates = [line_count(text, width) for width in WIDTHS for text in sentences]
    assert all(drawn <= estimate for drawn, estimate in zip(heights, estimates, strict=True))
    assert sum(estimates) < 1.35 * sum(heights)


def _paragraphs(sentences: list[str]) -> str:
    return "".join(f"<p style='margin:0;width:{width * 20}px'>{text}</p>" for width in WIDTHS for text in sentences)

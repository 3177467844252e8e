"""The estimate of room: safe against real letters, and properties that hold for any text."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ImageFont
from pptx import Presentation

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.adapters.decks.fit import fit, line_count, shorten
from closeloop.adapters.decks.master import DEFAULT_MASTER
from closeloop.adapters.decks.metrics import advance, clusters
from closeloop.adapters.decks.pages import Text
from closeloop.adapters.decks.slots import read_master
from closeloop.domain.presentation_content import Evidence
from tests.unit.adapters.decks.sample import CONTENT, PAINS

BUILDER = PptxDeckBuilder()
SLOT = read_master(DEFAULT_MASTER).layouts["So what"]["so_what"]
PIECES = [
    "Wide Words ",
    "iii",
    "บริษัท",
    "北风物流",
    "شركة ",
    "👩‍👩‍👧‍👦",
    "🇹🇭",
    "é",
    "e\u0301",
    "Ж",
    "ﷺ",
    "₹",
    "x" * 90,
]
SCRIPTS = st.sampled_from(PIECES)
NASTY = st.one_of(st.text(max_size=80), st.lists(SCRIPTS, max_size=60).map("".join))


@pytest.mark.parametrize(
    ("text", "signs"),
    [("👩‍👩‍👧‍👦", 1), ("🇹🇭🇳🇴", 2), ("e\u0301a", 2), ("กำ", 1), ("👍🏽!", 2), ("", 0), ("abc", 3)],
)
def test_signs_are_counted_as_a_reader_sees_them(text: str, signs: int) -> None:
    assert len(clusters(text)) == signs


def test_lines_break_at_spaces_and_long_words_are_broken() -> None:
    assert line_count("aaa aaa", 2.0) == 2
    assert line_count("aaa aaa", 8.0) == 1
    assert line_count("W" * 20, 4.75) == 4
    assert line_count("", 3.0) == 1


@given(NASTY)
def test_a_shortened_text_fits_and_is_a_beginning(text: str) -> None:
    short = shorten(text, lambda part: line_count(part, 12.0) <= 2)
    assert line_count(short, 12.0) <= 2 or short == "…"
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


@given(NASTY, st.floats(min_value=1.0, max_value=40.0))
def test_more_width_never_takes_more_lines(text: str, width: float) -> None:
    assert line_count(text, width * 2) <= line_count(text, width)


@given(st.lists(NASTY, min_size=1, max_size=4))
def test_a_claim_comes_back_as_it_was_and_never_smaller_than_allowed(texts: list[str]) -> None:
    claims = tuple(Text(text, "a claim", claim=True) for text in texts)
    fitted = fit(claims, SLOT)
    assert fitted.texts == claims
    assert 0.6 <= fitted.scale <= 1.0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=NASTY, company=NASTY, claim=NASTY, source=NASTY)
def test_any_text_gives_a_deck_that_opens_or_findings(
    tmp_path: Path, title: str, company: str, claim: str, source: str
) -> None:
    path = tmp_path / "deck.pptx"
    path.unlink(missing_ok=True)
    pain = PAINS[0].model_copy(update={"so_what": claim, "source": source})
    fact = Evidence(label=company, value=claim, source=source)
    deck = CONTENT.model_copy(
        update={"title": title, "company": company, "pains": (pain,), "evidence": (fact,), "plan": (claim, title)}
    )
    findings = BUILDER.build(deck, path)
    assert path.exists() is not bool(findings)
    if not findings:
        slides = Presentation(str(path)).slides
        shown = " ".join(node.text or "" for slide in slides for node in slide._element.iter("{*}t"))
        assert all(word in shown for word in re.split(r"[ \t\r\n\u2028\u2029]+", claim))


@pytest.mark.rendering
def test_the_estimate_is_never_narrower_than_the_real_font() -> None:
    try:
        fonts = [ImageFont.truetype(f"LiberationSans-{style}.ttf", 1000) for style in ("Regular", "Bold")]
    except OSError:
        pytest.skip("Liberation Sans, the metric twin of Arial, is not installed")
    letters = [chr(code) for code in (*range(0x20, 0x7F), *range(0xA1, 0x250), *range(0x386, 0x530))]
    for font in fonts:
        unknown = font.getlength("\U000f0000")
        for letter in letters:
            real = font.getlength(letter)
            if unicodedata.category(letter)[0] != "M" and real != unknown:
                assert advance(letter) >= real / 1000 - 0.011, (letter, real)
    text = "Finance closes in three days and spends the other six on decisions, not on matching"
    assert sum(map(advance, text)) >= fonts[1].getlength(text) / 1000

"""The documents of a quote: the same bytes each time, nothing loaded, every line on the page and in the PDF."""

from __future__ import annotations

import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from closeloop.adapters.quotes import QuoteFiles
from closeloop.adapters.quotes.page import page
from closeloop.adapters.quotes.view import shown
from closeloop.domain.close_rules import CloseKind
from closeloop.domain.deal_terms import Kind, TermLine, TermRules
from closeloop.domain.offers import AS_WRITTEN, offer_of
from closeloop.domain.playbook import Playbook
from closeloop.domain.quotes import Quote, quote, quoted
from tests.sandbox.inbox.browser import watched_page
from tests.unit.domain.people import NOW, playbook, prospect

TODAY = NOW.date()


def a_quote(language: str = "en", book: Playbook | None = None, **fields: Any) -> Quote:
    rules = book or playbook()
    deal = prospect(amount=Decimal(63_000), **fields)
    extra = offer_of(CloseKind.INDUCEMENT, rules, TODAY, AS_WRITTEN)
    mark = quoted(deal, rules, TODAY, extra)
    return quote(deal.model_copy(update={"quote": mark}), rules, language)


@pytest.mark.parametrize("language", ["en", "th"])
def test_the_same_quote_gives_the_same_bytes(language: str, tmp_path: Path) -> None:
    files = [tmp_path / name / "quote.html" for name in ("first", "second")]
    for file in files:
        QuoteFiles({"pdf"}).build(a_quote(language), file)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].with_suffix(".pdf").read_bytes() == files[1].with_suffix(".pdf").read_bytes()


def test_without_a_pdf_only_the_page_is_written(tmp_path: Path) -> None:
    QuoteFiles().build(a_quote(), tmp_path / "quote.html")
    assert [file.name for file in tmp_path.iterdir()] == ["quote.html"]


def test_the_page_says_every_line_and_both_totals_and_loads_nothing() -> None:
    document = a_quote(company="Müller & Söhne <b>")
    html = page(shown(document)).decode()
    for line in (*document.terms.give, *document.terms.take):
        assert f"{line.amount:,.2f}" in html
    assert html.count("EUR 63,000.00") == 3
    assert "Müller &amp; Söhne &lt;b&gt;" in html
    assert "<b>" not in html
    assert not re.search(r"""(src|href)=["']|url\(|@import""", html)


def test_both_languages_have_the_same_words() -> None:
    english, thai = shown(a_quote("en")).words, shown(a_quote("th")).words
    assert set(english) == set(thai)
    assert [set(re.findall(r"\{\w+\}", english[name])) for name in english] == [
        set(re.findall(r"\{\w+\}", thai[name])) for name in english
    ]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not installed")
def test_the_pdf_is_one_page_with_every_line_even_of_the_longest_terms(tmp_path: Path) -> None:
    lines = [
        TermLine(kind=Kind.GOODS, what=f"Thing number {n} of a rather long list of things", price=100)
        for n in range(9)
    ]
    rest = TermLine(kind=Kind.SERVICES, what="Everything else", price="rest")
    terms = TermRules(give=(rest, *lines), take=(rest, *lines))
    closing = playbook().closing.model_copy(update={"terms": terms})
    document = a_quote(book=playbook().model_copy(update={"closing": closing}))
    QuoteFiles({"pdf"}).build(document, tmp_path / "quote.html")
    told = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "quote.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert told.count("\f") == 1
    assert all(f"Thing number {n}" in told for n in range(9))
    assert document.number in told
    assert "62,100.00" in told


@pytest.mark.parametrize("language", ["en", "th"])
def test_the_page_prints_on_one_sheet_and_asks_nobody_for_anything(language: str, tmp_path: Path) -> None:
    file = tmp_path / "quote.html"
    QuoteFiles().build(a_quote(language, company="Volvo Construction Equipment International"), file)
    with watched_page(tmp_path) as watched:
        watched.page.goto(file.as_uri())
        printed = watched.page.pdf(prefer_css_page_size=True)
        assert watched.requests == [file.as_uri()]
        assert watched.complaints == []
    assert printed.count(b"/Type /Page\n") == 1

"""The report in a real browser: whoever sees little, hears it read, has no mouse or a small screen can use it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, sync_playwright

from closeloop.adapters.report.html import render_report
from tests.unit.busy_year import BusyYear
from tests.unit.invented_deals import figures_of

SCRIPT = Path(__file__).with_name("accessibility.js").read_text("utf-8")
NARROW, WIDE = 390, 1280
ARGUMENTS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking".split()

pytestmark = pytest.mark.rendering


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS, timeout=60_000)
        yield browser.new_page()
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_report(BusyYear(leads=120).figures(), {"crm_base": "https://org.my.example"}), "utf-8")
    return path


def wrong_with(page: Page) -> list[str]:
    found: list[str] = page.evaluate(SCRIPT)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_in_anybodys_way(browser_page: Page, report: Path, scheme: Literal["light", "dark"]) -> None:
    browser_page.emulate_media(color_scheme=scheme)
    browser_page.set_viewport_size({"width": WIDE, "height": 900})
    browser_page.goto(report.as_uri())
    assert wrong_with(browser_page) == []


def test_an_empty_report_is_as_usable(browser_page: Page, tmp_path: Path) -> None:
    path = tmp_path / "empty.html"
    path.write_text(render_report(figures_of(), {}), "utf-8")
    browser_page.goto(path.as_uri())
    assert wrong_with(browser_page) == []


def test_the_check_sees_what_is_wrong(browser_page: Page) -> None:
    browser_page.set_content(
        '<h3>A</h3><p style="color:#ccc">pale</p><svg></svg><table><tr><th>x</th></tr></table>'
    )
    found = " ".join(wrong_with(browser_page))
    for words in ("language", "skips a level", "contrast of", "no words", "no column headers", "no scope"):
        assert words in found


def test_a_phone_need_not_scroll_sideways(browser_page: Page, report: Path) -> None:
    browser_page.set_viewport_size({"width": NARROW, "height": 800})
    browser_page.goto(report.as_uri())
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= NARROW


def test_it_prints_on_few_pages(browser_page: Page, report: Path) -> None:
    browser_page.goto(report.as_uri())
    assert browser_page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") <= 12

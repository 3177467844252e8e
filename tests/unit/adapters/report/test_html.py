"""The HTML report: complete, self-contained, and deaf to whatever stands in the records."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.adapters.report.html import render_report
from closeloop.domain.errors import UsageError
from closeloop.domain.figures import Figures, Held
from closeloop.domain.leads import Quarantined
from closeloop.domain.stage import Stage, Standing
from tests.unit.busy_year import BusyYear
from tests.unit.invented_deals import NOW, a_deal, a_decision, a_prospect, figures_of

CRM = "https://org.my.example"
LOADING = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping", "xlink:href"}
VOID = {"meta", "br", "img", "link", "rect", "line", "circle"}
NASTY = "\"><script>alert(1)</script>{{7*7}}{% raw %}<img src=x onerror=alert(1)>'&"


class Page(HTMLParser):
    """What a browser would see: tags with attributes, texts, and whether all tags are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def page(figures: Figures, **links: str) -> Page:
    found = Page(render_report(figures, links))
    assert found.open == []
    return found


@pytest.fixture(scope="module")
def busy() -> Figures:
    return BusyYear().figures()


def test_a_director_finds_every_section(busy: Figures) -> None:
    text = page(busy).text
    for heading in (
        "Forecast",
        "Approaches compared",
        "Funnel",
        "Deals that need somebody",
        "Replies",
        "Persistence",
        "Qualified prospects and their presentations",
        "Deliverability",
        "Holds",
        "Quarantine: 3 rows",
    ):
        assert heading in text


def test_the_figures_are_on_the_page(busy: Figures) -> None:
    text = page(busy).text
    for reached in busy.funnel.values():
        assert f" {reached:,} " in text
    first = busy.stalled[0]
    assert first.evidence in text
    assert first.action in text
    assert f"{busy.deals.won} deals, {busy.deals.lost} lost" in text
    assert all(f"{share} " in text for share in ("44%", "22%", "14%", "12%"))


def test_an_empty_ledger_makes_a_page_too() -> None:
    text = page(figures_of()).text
    assert "Nobody has written back yet" in text
    assert "nothing to forecast" in text
    assert "No deal has ended yet" in text


@pytest.mark.parametrize("amount", [None, 0, 1])
def test_deals_without_money_make_a_page_too(amount: int | None) -> None:
    text = page(figures_of([a_deal(amount=amount)])).text
    assert "open deal" in text


def test_nothing_is_loaded_and_nothing_is_executed(busy: Figures) -> None:
    html = render_report(busy, {"crm_base": CRM, "inbox": "http://127.0.0.1:9/_inbox"})
    found = Page(html)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & {t for t, _ in found.tags}
    for tag, attrs in found.tags:
        assert not LOADING & set(attrs), tag
        assert not [name for name in attrs if name.startswith("on")], tag
    styles = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in styles
    assert "@import" not in styles
    policy = next(meta["content"] for meta in found.all("meta") if meta.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_records_are_linked_where_the_org_is_known(busy: Figures) -> None:
    links = {attrs["href"] for attrs in page(busy, crm_base=f"{CRM}/").all("a")}
    assert f"{CRM}/{busy.stalled[0].record_id}" in links
    assert not [href for href in {a["href"] for a in page(busy).all("a")} if href and href.startswith("http")]


def test_decks_are_linked_relative_to_the_report() -> None:
    deal = a_deal(deck="decks/Größe & co: 1?.pptx")
    hrefs = [attrs["href"] for attrs in page(figures_of([deal]), files_base="..").all("a")]
    assert hrefs == ["../decks/Gr%C3%B6%C3%9Fe%20%26%20co%3A%201%3F.pptx"]


def test_a_deck_path_cannot_pass_for_a_script() -> None:
    (link,) = page(figures_of([a_deal(deck="javascript:alert(1)")])).all("a")
    assert link["href"] == "javascript%3Aalert%281%29"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/x",
        "file:///etc",
        "java\nscript:x",
        "https:",
    ],
)
def test_a_link_that_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="relative path"):
        render_report(figures_of(), {"inbox": url})


def test_every_chart_has_a_title_and_its_numbers_in_words(busy: Figures) -> None:
    html = render_report(busy, {})
    charts = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(charts) == 11
    ids: list[str] = []
    for chart in charts:
        names = re.search(r'role="img".*?aria-labelledby="([\w-]+) ([\w-]+)"', chart)
        assert names is not None
        title, text = (re.search(rf'id="{name}">(.+?)<', chart) for name in names.groups())
        assert title is not None
        assert text is not None
        ids += names.groups()
    assert len(ids) == len(set(ids))
    assert "question 25 of 70" in html


def test_every_region_and_heading_that_is_named_exists(busy: Figures) -> None:
    found = page(busy)
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in found.tags:
        for name in (attrs.get("aria-labelledby") or "").split():
            assert name in ids
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(attrs.get("scope") in {"col", "row"} for attrs in found.all("th"))


def test_bars_stay_inside_their_charts(busy: Figures) -> None:
    html = render_report(busy, {})
    for chart in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        box = re.search(r'viewBox="0 0 (\d+) (\d+)"', chart)
        assert box is not None
        width, height = (int(size) for size in box.groups())
        for x, y, wide, tall in re.findall(r'<rect x="(.+?)" y="(.+?)" width="(.+?)" height="(.+?)"', chart):
            assert 0 <= float(x) <= float(x) + float(wide) <= width
            assert 0 <= float(y) <= float(y) + float(tall) <= height


def test_a_long_list_is_cut_and_says_so() -> None:
    deals = [a_deal(f"00Q{n:05}", stage_entered_at=NOW.replace(year=2025), next_step=None) for n in range(230)]
    found = page(figures_of(deals))
    assert "Show the other 220" in found.text
    assert "30 more deals in" in found.text


def hostile(text: str) -> Figures:
    """Figures with this text wherever a record may carry one."""
    names = ("first_name", "company", "title", "owner_name", "deck", "reason", "domain")
    fields: dict[str, Any] = dict.fromkeys(names, text)
    people = [
        a_deal("00Q1", next_step=None, stage_entered_at=NOW.replace(year=2025), **fields),
        a_prospect("00Q2", standing=Standing.DISQUALIFIED, **fields),
        a_prospect("00Q3", standing=Standing.NURTURE, mails=1, **(fields | {"approach": text})),
    ]
    rows = [
        a_decision("Hold", "00Q1", rule=text, reasons=(text,)),
        a_decision("Touch", "00Q3", stage=Stage.APPROACH, detail={"channel": "email"}),
    ]
    return figures_of(people, rows, quarantined=[(text, Quarantined(line=1, reason=text, row={}))])


def test_markup_in_records_is_shown_as_text() -> None:
    found = page(hostile(NASTY), crm_base=CRM)
    assert not {"script", "img"} & {tag for tag, _ in found.tags}
    assert NASTY in found.text
    assert "49" not in found.text.replace(NASTY, "").replace("49%", "")


@settings(max_examples=30, deadline=None)
@given(st.text(st.sampled_from("<>\"'&{}%#/=!- \na\u202e") | st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_no_text_changes_the_structure_of_the_page(text: str) -> None:
    plain, strange = Page(render_report(hostile("x"), {})), Page(render_report(hostile(text), {}))
    assert [tag for tag, _ in strange.tags] == [tag for tag, _ in plain.tags]


@contextmanager
def a_trap() -> Iterator[tuple[str, list[str]]]:
    """A loopback server that notes every path it is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def browse(page: Path, profile: Path) -> str:
    """What headless Chromium makes of the page; the network outside this machine is closed to it."""
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    off = ("gpu", "quic", "background-networking", "component-update", "sync")
    options = ["--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in off)]
    closed = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    command = [browser, *options, closed, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout


@pytest.mark.rendering
def test_a_browser_opens_it_and_asks_for_nothing(busy: Figures, tmp_path: Path) -> None:
    report, control = tmp_path / "report.html", tmp_path / "control.html"
    with a_trap() as (url, asked):
        html = render_report(busy, {"crm_base": url, "inbox": f"{url}/_inbox", "files_base": url})
        report.write_text(html, encoding="utf-8")
        assert "Deals that need somebody" in browse(report, tmp_path / "profile")
        assert asked == []
        control.write_text(f'<img src="{url}/seen.png">', encoding="utf-8")
        browse(control, tmp_path / "profile")
        assert asked == ["/seen.png"]


def test_who_waits_for_a_person_is_named_where_a_director_looks_for_it(busy: Figures) -> None:
    waiting = Held(
        stage=Stage.APPROACH,
        rule="replies.unclear",
        reason="nobody could read it",
        prospects=2,
        times=9,
        needs_person=True,
    )
    calm = busy.model_copy(update={"stalled": (), "stalled_causes": {}, "holds": (waiting,)})
    text = page(calm).text
    section = text[text.index("Deals that need somebody") : text.index("Replies")]
    assert "2 prospects wait for a person" in section
    assert "nobody could read it" in section
    away = waiting.model_copy(update={"needs_person": False})
    assert "for a person to act" not in page(calm.model_copy(update={"holds": (away,)})).text


def test_the_funnel_has_a_table_for_narrow_screens_with_the_same_figures(busy: Figures) -> None:
    html = render_report(busy, {})
    table = html[html.index('<table class="slim">') :]
    table = table[: table.index("</table>")]
    for reached in busy.funnel.values():
        assert f"<b>{reached:,}</b>" in table

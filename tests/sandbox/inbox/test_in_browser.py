"""The inbox in a real browser: it opens, asks nobody else for anything, complains of nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.inbox.browser import watched_page
from tests.sandbox.mail_fixtures import addresses_of
from tests.sandbox.served import MailSandbox

pytestmark = pytest.mark.rendering
NOSY = (
    '<p onclick="alert(1)">Hello <b>Ann</b></p><script>document.title = "taken over"</script>'
    '<img src="https://tracker.example/pixel.gif" alt="a chart"><link rel="stylesheet" href="https://x.example/a.css">'
    '<style>p { background: url(https://x.example/b.png) }</style><iframe src="https://x.example/"></iframe>'
    '<meta http-equiv="refresh" content="0;url=https://x.example/"><form action="https://x.example/"></form>'
)


@pytest.fixture
def busy(mail: MailSandbox) -> tuple[MailSandbox, str]:
    """A mailbox after a week, with nosy HTML in it, and the address of somebody who answered."""
    people = addresses_of("champion", 8) + addresses_of("robot", 2) + addresses_of("dead_address", 2)
    content = [{"type": "text/plain", "value": "Hello Ann"}, {"type": "text/html", "value": NOSY}]
    mail.send(*people, content=content)
    mail.advance(24 * 7)
    return mail, people[0]


def test_every_page_opens_quietly_and_the_mail_is_readable_in_its_frame(
    busy: tuple[MailSandbox, str], tmp_path: Path
) -> None:
    mail, who = busy
    paths = ["", "?state=replied&q=hello", "/people", f"/people/{who}", "/conversations", "/conversations/1"]
    with watched_page(tmp_path) as watched:
        for path in [*paths, "/mails/1?view=headers", "/mails/1?view=source", "/mails/1", "/export"]:
            answer = watched.page.goto(f"{mail.url}/_inbox{path}")
            assert answer is not None
            assert answer.status == 200
        watched.page.goto(f"{mail.url}/_inbox/mails/1")
        framed = watched.page.frame_locator("iframe").locator("body")
        framed.wait_for()
        assert "Hello Ann" in framed.inner_text()
        assert "[picture: a chart]" in framed.inner_text()
        assert "taken over" not in watched.page.title()
        watched.page.screenshot(path=str(tmp_path / "mail.png"), full_page=True)
    assert watched.complaints == []
    assert [url for url in watched.requests if not url.startswith((mail.url, "data:", "about:"))] == []
    assert (tmp_path / "mail.png").stat().st_size > 10_000


def test_a_person_finds_a_thread_by_search_and_reads_it(busy: tuple[MailSandbox, str], tmp_path: Path) -> None:
    mail, who = busy
    with watched_page(tmp_path) as watched:
        page = watched.page
        page.goto(f"{mail.url}/_inbox/people")
        page.get_by_role("searchbox").fill(who)
        page.keyboard.press("Enter")
        page.get_by_role("main").get_by_role("link", name=who).click()
        assert page.locator("article.mail").count() == 1
        assert page.locator("article.reply").count() == 1
        boxes = [page.locator(f"article.{kind}").bounding_box() for kind in ("mail", "reply")]
        assert boxes[0] is not None
        assert boxes[1] is not None
        assert boxes[0]["x"] > boxes[1]["x"]
        assert boxes[0]["y"] < boxes[1]["y"]
        page.get_by_text("Headers").click()
        assert page.get_by_text("In-Reply-To:").is_visible()
        page.screenshot(path=str(tmp_path / "thread.png"))
    assert watched.complaints == []


def test_a_narrow_screen_scrolls_in_one_direction_only_and_the_keyboard_reaches_everything(
    busy: tuple[MailSandbox, str], tmp_path: Path
) -> None:
    mail, who = busy
    with watched_page(tmp_path, width=360, height=740, scheme="dark") as watched:
        page = watched.page
        for path in ("", "/people", f"/people/{who}", "/mails/1", "/conversations"):
            page.goto(f"{mail.url}/_inbox{path}")
            box = page.locator("main").bounding_box()
            assert box is not None
            assert box["width"] <= 360
            # Without the page's own scripts, which its policy forbids: what is too wide would scroll.
            page.mouse.wheel(500, 0)
            after = page.locator("main").bounding_box()
            assert after is not None
            assert after["x"] == 0
        page.goto(f"{mail.url}/_inbox")
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        assert focused.inner_text() == "Skip to the content"
        assert len(page.get_by_role("heading", level=1).all()) == 1
        assert page.get_by_role("navigation", name="Views").is_visible()
    assert watched.complaints == []

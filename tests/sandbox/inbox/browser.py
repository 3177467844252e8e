"""A headless Chromium for the tests of the inbox, which notes every request and every complaint of the console.

Skips, with the reason, where there is no Chromium or no playwright.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Request

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync".split()
)


@dataclass
class Watched:
    """A page with what it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def note_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def note_error(self, error: Exception) -> None:
        self.complaints.append(str(error))


@contextmanager
def watched_page(home: Path, width: int = 1280, height: int = 900, scheme: str = "light") -> Iterator[Watched]:
    """A page in a new Chromium that keeps its things in `home`."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            str(home / "profile"),
            executable_path=chromium,
            args=ARGUMENTS,
            viewport={"width": width, "height": height},
            color_scheme=scheme,
        )
        try:
            watched = Watched(context.pages[0])
            watched.page.on("request", watched.note_request)
            watched.page.on("console", watched.note_console)
            watched.page.on("pageerror", watched.note_error)
            yield watched
        finally:
            context.close()

"""The Prefect UI as the ops team uses it, in a real browser: a scheduled stage, its page, a form that is filled in.

Pictures of what was seen stay in the folder that DESK_PICTURES names, else among the test's own files.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.domain.approvals import Approval, ApprovalState
from tests.flows.up_process import ROOT, UpProcess, running, until
from tests.sandbox.inbox.browser import Watched, watched_page

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.e2e,
    pytest.mark.rendering,
    pytest.mark.timeout(600),
    pytest.mark.long,
]
ASKED = {"all": [{"every_seconds": 45}]}
PATIENCE_MS = 60_000


@dataclass
class Desk:
    """Everything up, a page to look at it, and a place for pictures."""

    up: UpProcess
    seen: Watched
    pictures: Path
    ledger: SqlLedger

    def open(self, path: str) -> None:
        self.seen.page.goto(f"{self.up.line['prefect_ui']}/{path}")

    def picture(self, name: str) -> None:
        self.seen.page.screenshot(path=self.pictures / f"{name}.png")

    def latest(self, key: str) -> str:
        """Id of the latest artifact of this key."""
        chosen = {"artifacts": {"key": {"any_": [key]}}, "sort": "CREATED_DESC", "limit": 1}
        return str(self.up.ask("artifacts/filter", **chosen)[0]["id"])

    def approval(self, name: str) -> Approval:
        return self.ledger.approvals([name])[name]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A company whose playbook wants every draft presentation and every first mail approved."""
    folder = tmp_path_factory.mktemp("desk")
    pictures = Path(os.environ.get("DESK_PICTURES") or folder / "pictures")
    pictures.mkdir(parents=True, exist_ok=True)
    rules = (ROOT / "config" / "playbook.yaml").read_text(encoding="utf-8")
    playbook = folder / "playbook.yaml"
    playbook.write_text(rules.replace("approvals: {}", "approvals: {deck: {}, first_mail: {}}"), encoding="utf-8")
    home = folder / "home"
    with (
        watched_page(folder, width=1400, height=1000) as seen,
        running(home, ASKED, CLOSELOOP_PLAYBOOK=str(playbook)) as up,
    ):
        seen.page.set_default_timeout(PATIENCE_MS)
        until(lambda: up.runs("approval", "Suspended"), 200)
        ledger = open_ledger(home / "ledger.db")
        yield Desk(up, seen, pictures, ledger)
        ledger.close()


def test_an_approval_is_answered_by_a_form_and_the_process_goes_on(desk: Desk) -> None:
    waiting = desk.up.runs("approval", "Suspended")
    assert waiting, desk.up.log("runner")
    run, page = waiting[0], desk.seen.page
    asked = run["parameters"]["approval"]
    desk.open(f"runs/flow-run/{run['id']}")
    page.get_by_role("button", name="Resume").first.click()
    form = page.locator(".p-modal").first
    form.get_by_text("Your name").wait_for()
    drawn = form.get_by_alt_text("A page of the draft")
    drawn.first.wait_for()
    assert drawn.evaluate_all("shown => shown.map(one => one.naturalWidth)") == [480, 480]
    desk.picture("3-form")
    form.locator("button.p-select-button__control").first.focus()
    page.keyboard.press("ArrowDown")
    page.locator(".p-select-option").filter(has_text="approve").first.click()
    fields = form.locator("textarea")
    fields.nth(0).fill("Mira Castellan")
    fields.nth(1).fill("a clear story")
    desk.picture("4-form-filled-in")
    form.get_by_role("button", name="Submit").click()
    until(lambda: desk.approval(asked).state is not ApprovalState.WAITING, 180)
    decided = desk.approval(asked)
    assert (decided.state, decided.decided_by, decided.reason) == (
        ApprovalState.APPROVED,
        "Mira Castellan",
        "a clear story",
    )
    assert until(lambda: [r for r in desk.up.runs("approval", "Approved") if r["id"] == run["id"]])
    page.reload()
    page.get_by_text("Approved").first.wait_for()
    desk.picture("5-answered")
    moved_on = until(
        lambda: desk.ledger.prospects([decided.prospect_key])[decided.prospect_key].deck_asked is None, 90
    )
    assert moved_on, desk.up.log("runner")


def test_an_answer_without_its_reason_opens_the_form_again(desk: Desk) -> None:
    run = desk.up.runs("approval", "Suspended")[-1]
    answer = {"run_input": {"decision": "reject", "by": "Mira Castellan"}}
    desk.up.post(f"flow_runs/{run['id']}/resume", answer)
    assert until(lambda: [r for r in desk.up.runs("approval", "NotTaken") if r["id"] == run["id"]], 180)
    asked = run["parameters"]["approval"]
    again = [r for r in desk.up.runs("approval", "Suspended") if r["parameters"]["approval"] == asked]
    assert len(again) == 1
    assert desk.approval(asked).state is ApprovalState.WAITING


def test_a_scheduled_stage_and_its_pages_are_seen(desk: Desk) -> None:
    page = desk.seen.page
    desk.open("deployments")
    page.get_by_text("approach").first.wait_for()
    desk.picture("1-deployments")
    desk.open(f"deployments/deployment/{desk.up.deployments()['sales_cycle']['id']}")
    page.get_by_text("Every 45 seconds").first.wait_for()
    desk.picture("2-scheduled")
    desk.open("runs")
    page.get_by_text("sales_cycle, now").first.wait_for()
    desk.picture("6-runs")
    desk.open(f"artifacts/artifact/{desk.latest('closeloop-all-now')}")
    page.get_by_text("Where everybody stands").first.wait_for()
    desk.picture("7-how-things-stand")
    desk.open(f"artifacts/artifact/{desk.latest('closeloop-all')}")
    page.get_by_text("looked at").first.wait_for()
    desk.picture("8-what-a-run-did")


def test_the_pages_ask_nobody_but_our_own_server(desk: Desk) -> None:
    hosts = {urlsplit(url).hostname for url in desk.seen.requests if url.startswith("http")}
    assert hosts == {"127.0.0.1"}


def test_nothing_in_prefects_database_names_a_person_or_quotes_a_mail(desk: Desk) -> None:
    """People, their addresses, the words of planned mails and what was typed into forms: none of it is there."""
    kept = "\n".join(sqlite3.connect(desk.up.home / "prefect" / "prefect.db").iterdump())
    people = list(desk.ledger.all_prospects())
    assert people
    names = {p.email for p in people} | {f"{p.first_name} {p.last_name}" for p in people if p.first_name}
    assert {name for name in names if name in kept} == set()
    assert "a clear story" not in kept
    assert "Mira Castellan" not in kept
    for action in desk.ledger.actions(
        a.action_key for a in desk.ledger.waiting_approvals(50) if a.action_key
    ).values():
        assert action[0].payload["text"].split("\n")[2] not in kept

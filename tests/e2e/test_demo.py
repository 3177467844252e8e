"""The demo: the whole process in one command, judged by what it leaves behind. Same seed, same everything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.e2e.conftest import Closeloop, Finished, two_at_a_time

pytestmark = [pytest.mark.e2e, pytest.mark.long]

LEADS, DAYS = 25, 12
STAGES = ("prospecting", "preparation", "approach", "presentation", "objections", "closing", "follow_up")
PROMISED = {
    "leads_in", "quarantined", "funnel", "qualified", "disqualified", "emails_sent", "touches_by_channel",
    "replies", "decks", "deals", "crm", "duplicate_sends", "sends_after_stop", "uncertain", "report", "inbox",
    "seconds",
}  # fmt: skip
PLACES_AND_TIME = {"decks", "report", "inbox", "seconds"}


@dataclass(frozen=True)
class Demo:
    """A demo that has ended, and its folder."""

    closeloop: Closeloop
    ran: Finished

    @property
    def found(self) -> dict[str, Any]:
        return self.ran.json

    @property
    def crm(self) -> dict[str, list[dict[str, Any]]]:
        return dict(json.loads(self.file("crm.json")))

    def file(self, name: str) -> str:
        return (self.closeloop.home / name).read_text(encoding="utf-8")

    def decks(self) -> dict[str, bytes]:
        """The drafts by name, each as the text of its slides."""
        return {path.name: slides(path) for path in map(Path, self.found["decks"])}


def slides(path: Path) -> bytes:
    with ZipFile(path) as deck:
        return b"".join(deck.read(name) for name in sorted(deck.namelist()) if name.startswith("ppt/slides/slide"))


@pytest.fixture(scope="session")
def demos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Demo]:
    """Two with one seed and one with another; the last talks to people, the first two print JSON."""
    asked = {"first": ("7", "--json"), "second": ("7", "--json"), "other": ("11",)}
    shells = {name: Closeloop(tmp_path_factory.mktemp(name)) for name in asked}
    sized = ("demo", "--leads", str(LEADS), "--days", str(DAYS), "--seed")
    runs = {name: partial(shells[name], *sized, *seed, "--home", shells[name].home) for name, seed in asked.items()}
    return {name: Demo(shells[name], ran) for name, ran in two_at_a_time(runs).items()}


@pytest.fixture(scope="session")
def demo(demos: dict[str, Demo]) -> Demo:
    return demos["first"]


def test_a_demo_succeeds_and_says_nothing_alarming(demos: dict[str, Demo]) -> None:
    assert all(each.ran.is_clean for each in demos.values())


def test_every_promised_field_is_there(demo: Demo) -> None:
    found = demo.found
    assert set(found) >= PROMISED
    assert tuple(found["funnel"]) == STAGES
    assert {"won", "lost", "open"} <= set(found["deals"])
    assert set(found["crm"]) == {"calls", "writes"}
    assert all(set(row) == {"line", "reason"} for row in found["quarantined"])


def test_nobody_is_written_to_twice_or_after_a_no(demo: Demo) -> None:
    found = demo.found
    assert found["emails_sent"] == found["touches_by_channel"]["email"] > LEADS
    assert (found["duplicate_sends"], found["sends_after_stop"], found["uncertain"]) == (0, 0, 0)


def test_every_lead_is_worked_or_kept_out_with_line_and_reason(demo: Demo) -> None:
    found = demo.found
    assert found["leads_in"] == LEADS
    assert found["quarantined"]
    assert all(row["reason"] and 2 <= row["line"] <= LEADS + 1 for row in found["quarantined"])
    assert found["qualified"] + found["disqualified"] >= LEADS - len(found["quarantined"])


def test_the_funnel_narrows_and_buyers_have_answered(demo: Demo) -> None:
    funnel = [demo.found["funnel"][stage] for stage in STAGES]
    assert funnel[0] >= funnel[2] > funnel[3] > funnel[5] > 0
    assert sum(demo.found["replies"].values()) > 5


def test_same_seed_same_figures(demos: dict[str, Demo]) -> None:
    first, second = (
        {k: v for k, v in demos[n].found.items() if k not in PLACES_AND_TIME} for n in ("first", "second")
    )
    assert first == second


def test_same_seed_same_mails(demos: dict[str, Demo]) -> None:
    first, second = demos["first"].file("inbox.html"), demos["second"].file("inbox.html")
    assert first == second
    assert "Re: " in first


def test_same_seed_same_crm(demos: dict[str, Demo]) -> None:
    assert demos["first"].file("crm.json") == demos["second"].file("crm.json")


def test_same_seed_same_slides(demos: dict[str, Demo]) -> None:
    assert demos["first"].decks() == demos["second"].decks()


def test_another_seed_gives_other_mails_and_another_crm(demos: dict[str, Demo]) -> None:
    first, other = demos["first"], demos["other"]
    assert first.file("inbox.html") != other.file("inbox.html")
    assert first.crm != other.crm


def test_every_outcome_stands_in_the_crm(demo: Demo) -> None:
    found, crm = demo.found, demo.crm
    assert len(crm["Opportunity"]) == sum(found["deals"].values())
    assert sum(deal["IsWon"] for deal in crm["Opportunity"]) == found["deals"]["won"]
    assert all(deal["StageName"] and deal["Amount"] > 0 for deal in crm["Opportunity"])
    assert len(crm["OpportunityContactRole"]) == len(crm["Opportunity"]) > 0
    assert {lead["Status"] for lead in crm["Lead"] if lead["IsConverted"]} != set()
    assert len(crm["Task"]) >= sum(found["touches_by_channel"].values())


def test_every_qualified_prospect_has_a_draft_that_is_a_presentation(demo: Demo) -> None:
    decks = demo.decks()
    assert len(decks) == demo.found["qualified"]
    assert min(map(len, decks.values())) > 5_000


def test_report_and_inbox_lie_where_it_says(demo: Demo) -> None:
    home = demo.closeloop.home.resolve()
    assert (demo.found["report"], demo.found["inbox"]) == (str(home / "report.html"), str(home / "inbox.html"))
    assert 'href="inbox.html"' in demo.file("report.html")
    assert demo.file("inbox.html").rstrip().endswith("</html>")


def test_a_report_by_hand_lives_in_the_demos_time(demo: Demo) -> None:
    page = demo.file("report.html")
    asked = demo.closeloop("report", "--json")
    assert asked.is_clean
    assert asked.json["funnel"] == demo.found["funnel"]
    assert asked.json["as_of"].startswith("2026-01-17")
    assert demo.file("report.html") == page


def test_people_see_a_funnel_and_where_to_look_next(demos: dict[str, Demo]) -> None:
    shown = demos["other"].ran.out
    assert [stage for stage in STAGES if stage.replace("_", "-") not in shown] == []
    assert "0 sent twice · 0 after an opt-out, bounce, complaint or legal reply" in " ".join(shown.split())
    assert str(demos["other"].closeloop.home / "report.html") in shown
    assert "closeloop why " in shown


def test_the_demo_suggests_a_story_that_can_be_read(demos: dict[str, Demo]) -> None:
    key = demos["other"].ran.out.rstrip().splitlines()[-1].split()[-1]
    told = demos["other"].closeloop("why", key)
    assert told.is_clean
    assert "mail" in told.out


def test_a_demo_leaves_no_folder_in_the_persons_home_directory(demo: Demo) -> None:
    assert list(demo.closeloop.user_home.iterdir()) == []

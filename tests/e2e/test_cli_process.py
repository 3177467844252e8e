"""A person's first hour: import, rehearse, run, ask why, read the report; all against one running sandbox."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from closeloop.data import SAMPLE_LEADS
from tests.e2e.conftest import Closeloop, Finished, Served

pytestmark = [pytest.mark.e2e, pytest.mark.long]

ROWS = 40
TUESDAY = "2026-01-06T09:00:00+00:00"  # the day after the sandbox begins: mails go out on business days only
READS = {"query", "read", "retrieve", "describe"}
REPORT_FIELDS = {"funnel", "forecast", "calibration", "stalled", "persistence", "stages", "html"}


class Hour:
    """The commands in the order in which a person types them, and what the sandbox had recorded in between."""

    def __init__(self, here: Closeloop, served: Served) -> None:
        self.closeloop = here
        lines = SAMPLE_LEADS.read_text(encoding="utf-8").splitlines(keepends=True)
        (here.place / "leads.csv").write_text("".join(lines[: ROWS + 1]), encoding="utf-8")
        self.imported = here("import", "leads.csv", "--json")
        before = served.snapshot(), writes(served), len(served.journal("sendgrid"))
        self.before_rehearsal = counted(here)
        self.rehearsed = here("run", "all", "--dry-run", "--as-of", TUESDAY, "--json")
        self.untouched = before == (served.snapshot(), writes(served), len(served.journal("sendgrid")))
        self.after_rehearsal = counted(here)
        self.ran = here("run", "all", "--as-of", TUESDAY, "--json")
        self.sent = mails(served)
        self.crm = served.snapshot()
        self.again = here("run", "all", "--as-of", TUESDAY, "--json")
        self.sent_again = mails(served)
        self.imported_again = here("import", "leads.csv", "--json")
        self.crm_at_the_end = served.snapshot()
        self.report = here("report", "--json")

    @property
    def would(self) -> dict[str, list[dict[str, Any]]]:
        return dict(self.rehearsed.json["would"])


def writes(served: Served) -> list[str]:
    """Every change of the CRM that went through."""
    operations = [op for entry in served.journal("salesforce") for op in entry["summary"].get("operations", [])]
    return [op["op"] for op in operations if op["op"] not in READS]


def mails(served: Served) -> list[dict[str, Any]]:
    """Every mail that arrived."""
    accepted = [entry for entry in served.journal("sendgrid") if entry["path"].endswith("/mail/send")]
    return [mail for entry in accepted for mail in entry["summary"]["messages"]]


def counted(here: Closeloop) -> dict[str, int]:
    """Rows in the ledger on disk, and drafts beside it."""
    with closing(sqlite3.connect(here.home / "ledger.db")) as ledger:
        tables = ("prospects", "actions", "decisions", "crm_writes", "runs")
        found = {name: ledger.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}
    return found | {"decks": len(list(here.home.glob("decks/*")))}


def total(finished: Finished, name: str) -> int:
    return sum(each["counts"].get(name, 0) for each in finished.json["passes"])


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory, sandbox: Served) -> Hour:
    sandbox.reset()
    return Hour(Closeloop(tmp_path_factory.mktemp("hour"), sandbox.settings), sandbox)


def test_every_row_is_imported_or_named_with_its_line_and_reason(hour: Hour) -> None:
    assert hour.imported.is_clean
    found = hour.imported.json
    assert found["rows"] == ROWS
    assert found["imported"] + len(found["quarantined"]) == ROWS
    assert found["quarantined"]
    assert all(row["reason"] and 2 <= row["line"] <= ROWS + 1 for row in found["quarantined"])
    assert len(hour.crm["Lead"]) == found["imported"]


def test_a_rehearsal_tells_everything_and_writes_nothing(hour: Hour) -> None:
    assert hour.rehearsed.is_clean
    assert hour.rehearsed.err == ""
    assert hour.rehearsed.json["dry_run"] is True
    assert hour.would["mails"]
    assert hour.would["activities"]
    assert hour.untouched
    assert hour.after_rehearsal == hour.before_rehearsal
    assert hour.after_rehearsal["prospects"] == hour.after_rehearsal["actions"] == 0


def test_a_rehearsal_holds_every_mail_whole_and_every_field_before_and_after(hour: Hour) -> None:
    assert all(mail["subject"] and len(mail["text"]) > 200 and mail["company"] for mail in hour.would["mails"])
    changes = hour.would["field_changes"]
    assert {entry["object"] for entry in changes} == {"Lead"}
    assert all(entry["before"].keys() == entry["fields"].keys() and entry["person"] for entry in changes)
    statuses = {entry["before"]["Status"] for entry in changes if "Status" in entry["fields"]}
    assert statuses == {"Open - Not Contacted"}
    assert all(entry["person"] and entry["company"] and entry["reasons"] for entry in hour.would["decided"])


def test_the_run_sends_exactly_the_mails_that_were_rehearsed(hour: Hour) -> None:
    assert hour.ran.is_clean
    assert hour.ran.json["dry_run"] is False
    rehearsed = {(mail["to"], mail["subject"], mail["key"]) for mail in hour.would["mails"]}
    assert {(m["to"], m["subject"], m["custom_args"]["action_key"]) for m in hour.sent} == rehearsed
    assert 0 < len(hour.sent) == len(hour.would["mails"]) == total(hour.ran, "accepted")
    # For most of them it is night or a holiday: their mails are planned for their own morning.
    assert len(hour.sent) < total(hour.ran, "touch: email")


def test_every_mail_is_an_activity_in_the_crm_and_every_draft_a_file(hour: Hour) -> None:
    assert len(hour.crm["Task"]) >= len(hour.sent)
    drafts = [path.stat().st_size for path in hour.closeloop.home.glob("decks/*.pptx")]
    assert len(drafts) == total(hour.ran, "decks in the CRM") > 0
    assert min(drafts) > 10_000


def test_a_second_run_at_the_same_moment_sends_nothing_more(hour: Hour) -> None:
    assert hour.again.is_clean
    assert len(hour.sent_again) == len(hour.sent)


def test_importing_the_same_file_again_changes_no_lead(hour: Hour) -> None:
    imported = hour.imported.json["imported"]
    assert hour.imported_again.json["imported"] == imported
    assert (hour.imported.json["new"], hour.imported.json["updated"]) == (imported, 0)
    assert (hour.imported_again.json["new"], hour.imported_again.json["updated"]) == (0, imported)
    assert hour.crm_at_the_end["Lead"] == hour.crm["Lead"]


def test_the_report_has_all_its_fields_and_a_page_that_needs_nothing_else(hour: Hour) -> None:
    assert hour.report.is_clean
    found = hour.report.json
    assert set(found) >= REPORT_FIELDS
    assert {"expected", "p10", "p90", "currency"} <= set(found["forecast"])
    assert {"brier", "deals"} <= set(found["calibration"])
    assert {"touches", "dropped_early"} <= set(found["persistence"])
    assert list(found["stages"]) == list(found["funnel"])
    assert all({"weight", "conversion", "median_days"} <= set(stage) for stage in found["stages"].values())
    held = total(hour.ran, "hold")  # colleagues of somebody who hears from us first
    assert found["funnel"]["approach"] == total(hour.ran, "touch: email") + held
    page = (hour.closeloop.home / "report.html").read_text(encoding="utf-8")
    assert found["html"] == str((hour.closeloop.home / "report.html").resolve())
    assert page.rstrip().endswith("</html>")


def test_why_tells_the_story_of_a_prospect_from_fact_to_send(hour: Hour) -> None:
    address = hour.sent[0]["to"]
    told = hour.closeloop("why", address, "--json")
    assert told.is_clean
    story = told.json
    assert story["email"] == address
    assert {"decision", "receipt"} <= {episode["kind"].split("_")[0] for episode in story["episodes"]}
    decided = [episode["detail"] for episode in story["episodes"] if episode["kind"].startswith("decision")]
    assert all(detail["rule"] and detail["playbook_version"] for detail in decided)


def test_why_asks_back_when_several_may_be_meant_or_nobody_is(hour: Hour) -> None:
    several = hour.closeloop("why", "a", "--json")
    nobody = hour.closeloop("why", "no such person", "--json")
    assert (several.code, nobody.code) == (1, 1)
    assert nobody.json == {"candidates": []}
    assert "try a CRM id, an e-mail address" in nobody.err
    assert len(several.json["candidates"]) > 1
    assert "ask again with the e-mail address" in several.err


def test_no_folder_appears_in_the_persons_home_directory(hour: Hour) -> None:
    assert list(hour.closeloop.user_home.iterdir()) == []


def test_the_short_story_says_each_mail_once_and_all_of_it_when_asked(hour: Hour) -> None:
    mail = hour.sent[0]
    short, whole = hour.closeloop("why", mail["to"]), hour.closeloop("why", mail["to"], "--all")
    assert short.is_clean
    assert whole.is_clean
    assert [text.count("Started on") for text in (short.out, whole.out)] == [0, whole.out.count("attempt")]
    assert len(short.out.splitlines()) < len(whole.out.splitlines())
    assert "Last look" not in short.out
    assert "Last look" in whole.out

"""`closeloop mapping` and `closeloop undo` as somebody types them: wrong files are named, a run is taken back."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import ROOT, Closeloop, Served

pytestmark = [pytest.mark.e2e, pytest.mark.long]

SHIPPED = ROOT / "config" / "crm_mapping.yaml"
SCHEMA = ROOT / "config" / "crm_mapping.schema.json"
LEADS = "First Name,Last Name,Company,Email,Title\nPia,Lindqvist,Volvo,pia.undo@volvo.example,Director Finance\n"


def test_the_committed_schema_is_what_the_command_prints(closeloop: Closeloop) -> None:
    printed = closeloop("mapping", "schema")
    assert printed.is_clean
    same = SCHEMA.read_text(encoding="utf-8") == printed.out
    assert same, "run `closeloop mapping schema > config/crm_mapping.schema.json`"
    assert json.loads(printed.out)["type"] == "object"


def test_the_shipped_mapping_names_its_schema_and_is_valid(closeloop: Closeloop) -> None:
    assert f"$schema={SCHEMA.name}" in SHIPPED.read_text(encoding="utf-8").splitlines()[0]
    checked = closeloop("mapping", "check", "--json")
    assert checked.is_clean
    assert checked.json["objects"]["Account"] == {"fill_if_blank": 4}


def test_wrong_places_of_a_mapping_are_listed_and_stop_every_command(closeloop: Closeloop) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    changed = text.replace("{field: Phone, rule: theirs}", "{field: Phone, rule: ours}").replace(
        "score:", "points:"
    )
    (closeloop.place / "mine.yaml").write_text(changed, encoding="utf-8")
    checked = closeloop("mapping", "check", CLOSELOOP_CRM_MAPPING="mine.yaml")
    assert (checked.code, checked.out) == (2, "")
    assert "mine.yaml is not a valid CRM mapping" in checked.err
    assert "Lead has no word points" in checked.err
    assert "Lead.phone: people write this" in checked.err
    tried = closeloop("undo", "anything", CLOSELOOP_CRM_MAPPING="mine.yaml")
    assert (tried.code, tried.out) == (2, "")


def test_an_unknown_run_is_wrong_use(connected: Closeloop) -> None:
    assert connected("undo", "run-9").complains(2, "there was no run called 'run-9'")


def test_a_run_is_taken_back_but_for_what_a_person_edited_since(connected: Closeloop, sandbox: Served) -> None:
    (connected.place / "leads.csv").write_text(LEADS, encoding="utf-8")
    imported = connected("import", "leads.csv", "--json").json
    assert imported["run"].startswith("import-")
    run = connected("run", "all", "--json").json["run"]
    dry = connected("undo", run, "--dry-run", "--json").json
    fields = {line["field"] for line in dry["restored"]}
    assert {"Closeloop_Stage__c", "Closeloop_Score__c"} <= fields
    assert dry["undo_run"] is None
    told = connected("undo", run)
    assert told.is_clean
    assert f"{len(dry['restored'])} fields taken back" in told.out
    again = connected("undo", run, "--json").json
    assert again["restored"] == []
    assert {line["reason"] for line in again["kept"]} == {"taken back already"}
    assert connected("run", "deliver", "--json").json["passes"]
    (lead,) = [row for row in sandbox.snapshot()["Lead"] if row["Email"] == "pia.undo@volvo.example"]
    assert lead.get("Closeloop_Stage__c") is None

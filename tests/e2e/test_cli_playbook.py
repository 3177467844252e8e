"""`closeloop playbook`: a wrong playbook is refused with every wrong place; the schema for editors is current."""

from __future__ import annotations

import json
import re

import pytest

from tests.e2e.conftest import ROOT, Closeloop

pytestmark = [pytest.mark.e2e, pytest.mark.long]

SHIPPED = ROOT / "config" / "playbook.yaml"
SCHEMA = ROOT / "config" / "playbook.schema.json"


def test_the_committed_schema_is_what_the_command_prints(closeloop: Closeloop) -> None:
    printed = closeloop("playbook", "schema")
    assert printed.is_clean
    same = SCHEMA.read_text(encoding="utf-8") == printed.out
    assert same, "run `closeloop playbook schema > config/playbook.schema.json`"
    assert json.loads(printed.out)["type"] == "object"


def test_the_shipped_playbook_names_its_schema_and_is_valid(closeloop: Closeloop) -> None:
    assert f"$schema={SCHEMA.name}" in SHIPPED.read_text(encoding="utf-8").splitlines()[0]
    checked = closeloop("playbook", "check", "--json")
    assert checked.is_clean
    assert checked.json["valid"] is True
    assert "valid" in closeloop("playbook", "check", SHIPPED).out


def test_every_wrong_place_of_a_playbook_is_listed_at_once(closeloop: Closeloop) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    changed = text.replace("framework: bant", "framework: guesswork").replace("\nversion:", "\nverison:")
    assert changed.count("guesswork") == changed.count("verison") == 1
    (closeloop.place / "mine.yaml").write_text(changed, encoding="utf-8")
    checked = closeloop("playbook", "check", "mine.yaml", "--json")
    assert (checked.code, checked.out) == (2, "")
    first, *places = checked.err.splitlines()
    assert first == "closeloop: mine.yaml is not a valid playbook:"
    assert {place.split(":")[0].strip() for place in places} == {"version", "verison", "qualification.framework"}


def test_an_edited_copy_is_compared_place_by_place(closeloop: Closeloop) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    edited = text.replace("qualify_at: 55", "qualify_at: 60").replace("nurture_days: 45", "nurture_days: 30")
    (closeloop.place / "mine.yaml").write_text(edited, encoding="utf-8")
    told = closeloop("playbook", "diff", SHIPPED, "mine.yaml", "--json")
    assert told.is_clean
    assert [(one["place"], one["before"], one["after"]) for one in told.json["changes"]] == [
        ("qualification.qualify_at", 55, 60),
        ("qualification.nurture_days", 45, 30),
    ]
    assert "version" in told.json["warnings"][0]
    shown = closeloop("playbook", "diff", SHIPPED, "mine.yaml").out
    assert "2 places differ" in shown
    assert "nothing differs" in closeloop("playbook", "diff", SHIPPED).out
    assert closeloop("playbook", "diff", "none.yaml").code == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"stages: [\n", "is not valid YAML"),
        (b"- a list\n", "is not a valid playbook"),
        (b"", "is not a valid playbook"),
        (b"version: caf\xe9\n", "save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_playbook_is_refused(closeloop: Closeloop, content: bytes, words: str) -> None:
    (closeloop.place / "mine.yaml").write_bytes(content)
    checked = closeloop("playbook", "check", "mine.yaml")
    assert (checked.code, checked.out) == (2, "")
    assert words in checked.err
    assert "Traceback" not in checked.err


def test_a_dry_run_with_a_wrong_playbook_stops_at_once(connected: Closeloop) -> None:
    (connected.place / "mine.yaml").write_text("version: [1, 2]\n")
    tried = connected("run", "all", "--dry-run", "--json", CLOSELOOP_PLAYBOOK="mine.yaml")
    assert (tried.code, tried.out) == (2, "")
    assert "mine.yaml is not a valid playbook" in tried.err


def test_an_expired_scarcity_is_a_warning_and_no_error(closeloop: Closeloop) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    over, ahead = (re.sub(r"ends_on: \S+", f"ends_on: {day}", text) for day in ("2020-01-31", "2999-01-31"))
    for name, words in (("over", over), ("ahead", ahead)):
        (closeloop.place / f"{name}.yaml").write_text(words, encoding="utf-8")
    checked = closeloop("playbook", "check", "over.yaml")
    assert checked.code == 0
    assert "warning: closing.scarcity ended on 2020-01-31" in checked.out
    assert "ended on 2020-01-31" in closeloop("playbook", "check", "over.yaml", "--json").json["warnings"][0]
    assert closeloop("playbook", "check", "ahead.yaml", "--json").json["warnings"] == []


def test_a_run_with_a_template_that_is_not_there_does_not_start(connected: Closeloop) -> None:
    text = SHIPPED.read_text(encoding="utf-8").replace(
        "template: approach_question,", "template: approach_kwestion,"
    )
    (connected.place / "mine.yaml").write_text(text, encoding="utf-8")
    tried = connected("run", "all", CLOSELOOP_PLAYBOOK="mine.yaml")
    assert (tried.code, tried.out) == (2, "")
    assert "there is no mail 'approach_kwestion'; did you mean approach_question?" in tried.err

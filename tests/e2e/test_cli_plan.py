"""`closeloop plan`, `apply` and `settle` as somebody types them, over a sandbox that loses an answer."""

from __future__ import annotations

import json
import stat

import httpx
import pytest

from tests.e2e.conftest import Closeloop, Served

pytestmark = [pytest.mark.e2e, pytest.mark.long]

TUESDAY = "2026-01-13T09:00:00+00:00"
LEADS = """First Name,Last Name,Company,Email,Title
Pia,Lindqvist,Volvo,pia.plan@volvo.example,Director Finance
Al,Ko,Siemens,al.plan@siemens.example,Head of Finance
"""
LOST = {"kind": "reset_after_commit", "match": {"path": "/v3/mail/send"}, "times": 1}


def mails(sandbox: Served) -> list[str]:
    return [mail["to"] for entry in sandbox.journal("sendgrid") for mail in entry["summary"].get("messages", [])]


def test_a_plan_is_shown_kept_and_applied_and_a_lost_answer_is_settled_by_a_person(
    connected: Closeloop, sandbox: Served
) -> None:
    sandbox.reset()
    (connected.place / "leads.csv").write_text(LEADS, encoding="utf-8")
    connected("import", "leads.csv")
    shown = connected("plan", "all", "--as-of", TUESDAY, "--out", "plan.json")
    assert shown.is_clean
    for words in ("2 prospects: 2 mails to send", "Pia Lindqvist, Volvo: “", "apply plan.json` does exactly this"):
        assert words in shown.out
    file = connected.place / "plan.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert mails(sandbox) == []
    plan = json.loads(file.read_text(encoding="utf-8"))
    (edited,) = [part for part in plan["parts"] if part["company"] == "Siemens"]
    next(item for item in edited["items"] if item["kind"] == "mail")["content"]["mail"]["text"] += "PS"
    file.write_text(json.dumps(plan), encoding="utf-8")
    httpx.post(f"{sandbox.line['control']}/faults", json={"rules": [LOST], "seed": 1}).raise_for_status()
    applied = connected("apply", "plan.json", "--json")
    httpx.delete(f"{sandbox.line['control']}/faults").raise_for_status()
    assert applied.code == 1
    outcomes = {(r["kind"], r["company"]): (r["outcome"], r["why"]) for r in applied.json["results"]}
    assert outcomes["fields", "Volvo"] == ("applied", "")
    assert "edited in the file" in outcomes["mail", "Siemens"][1]
    assert outcomes["mail", "Volvo"][0] == "refused"
    assert "nobody knows yet" in outcomes["mail", "Volvo"][1]
    assert mails(sandbox) == ["pia.plan@volvo.example"]

    (doubtful,) = connected("settle", "--json").json["in_doubt"]
    assert doubtful["email"] == "pia.plan@volvo.example"
    settled = connected("settle", doubtful["key"], "--sent", "--why", "she has it", "--by", "jane")
    assert settled.is_clean
    assert "went out" in settled.out
    story = connected("why", "pia.plan@volvo.example").out
    assert "jane settled that it went out: she has it" in " ".join(story.split())
    assert "no reply waiting, not opted out" in " ".join(story.split())


def test_what_is_no_plan_is_refused_in_one_line(connected: Closeloop) -> None:
    assert connected("apply", "nowhere.json").complains(2, "cannot read nowhere.json", "closeloop plan all --out")
    (connected.place / "no.json").write_text('{"schema_version": 9}')
    assert connected("apply", "no.json").complains(2, "no.json is no plan of this program", "Make a new one")


def test_settling_says_what_it_needs(connected: Closeloop) -> None:
    assert connected("settle", "email:x", "--why", "so").complains(2, "either --sent or --not-sent")
    assert connected("settle", "--sent").complains(2, "say which mail")
    assert connected("settle", "email:x", "--sent", "--why", "so").complains(2, "there is no mail 'email:x'")

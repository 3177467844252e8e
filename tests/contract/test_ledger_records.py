"""What every ledger promises about the CRM, account facts, quarantine, runs and decisions."""

from __future__ import annotations

from closeloop.application.ports import Change, Ledger, RunRow, WriteState
from closeloop.domain.field_ownership import Memory
from closeloop.domain.leads import Quarantined
from tests.contract.ledger_samples import MINUTE, NOW, crm_write, decision, fact, person


def test_a_cursor_is_what_was_set_last(ledger: Ledger) -> None:
    assert ledger.cursor("leads") is None
    ledger.set_cursor("leads", "2026-03-01T00:00:00.000+0000")
    ledger.set_cursor("leads", "2026-03-02T00:00:00.000+0000")
    ledger.set_cursor("other", "x")
    assert ledger.cursor("leads") == "2026-03-02T00:00:00.000+0000"


def test_what_was_seen_in_the_crm_is_merged_field_by_field(ledger: Ledger) -> None:
    opened, score, nothing = Memory(value="Open", at=NOW), Memory(value=3.5, at=NOW, ours=True), Memory(at=NOW)
    working = Memory(value="Working", at=NOW + MINUTE, ours=True, undone=True)
    ledger.note_crm_seen({"00Q1": {"Status": opened, "Score__c": score}, "00Q2": {"Status": nothing}})
    ledger.note_crm_seen({"00Q1": {"Status": working, "Due__c": nothing}})
    assert ledger.crm_seen(["00Q1", "00Q2", "00Q3"]) == {
        "00Q1": {"Status": working, "Score__c": score, "Due__c": nothing},
        "00Q2": {"Status": nothing},
    }


def test_the_journal_keeps_writes_in_order_and_settles_each_once(ledger: Ledger) -> None:
    intended = crm_write(state=WriteState.INTENDED)
    first, second, third = ledger.add_crm_writes([intended, intended, crm_write(record_id="00Q2", undoes=7)])
    assert first < second < third
    assert [row.id for row in ledger.intended_crm_writes(["00Q1", "00Q2"])] == [first, second]
    ledger.settle_crm_writes({first: WriteState.WRITTEN, second: WriteState.REFUSED, third: WriteState.REFUSED})
    ledger.settle_crm_writes({first: WriteState.REFUSED})
    assert [row.state for row in ledger.crm_writes("run-1")] == [
        WriteState.WRITTEN,
        WriteState.REFUSED,
        WriteState.WRITTEN,
    ]
    assert ledger.intended_crm_writes(["00Q1", "00Q2"]) == []
    assert [(row.id, row.undoes) for row in ledger.crm_writes_to(["00Q2"])] == [(third, 7)]
    assert ledger.crm_writes("run-2") == []


def test_the_last_decision_about_each_is_found(ledger: Ledger) -> None:
    ledger.add_prospects([person(), person("00Q2")])
    for rule in ("approach.first", "approach.second"):
        ledger.commit(Change(decisions=(decision(rule=rule), decision("00Q2", rule=f"{rule}.other"))))
    found = ledger.last_decisions(["00Q1", "00Q2", "00Q3"])
    assert {key: row.rule for key, row in found.items()} == {
        "00Q1": "approach.second",
        "00Q2": "approach.second.other",
    }


def test_facts_of_an_account_are_known_until_they_expire(ledger: Ledger) -> None:
    ledger.cache_facts({"north.example": (fact(), fact("public", value=True)), "x.test": ()}, NOW)
    just_before = NOW - MINUTE
    assert ledger.cached_facts(["north.example", "x.test", "never"], just_before) == {
        "north.example": (fact(), fact("public", value=True)),
        "x.test": (),
    }
    assert ledger.cached_facts(["north.example", "x.test"], NOW) == {}
    ledger.cache_facts({"x.test": (fact(),)}, NOW + MINUTE)
    assert ledger.cached_facts(["north.example", "x.test"], NOW) == {"x.test": (fact(),)}


def test_a_row_kept_out_is_listed_once_however_often_its_file_is_read(ledger: Ledger) -> None:
    bad = Quarantined(line=7, reason="no e-mail address", row={"Company": "=HYPERLINK(1)"})
    worse = Quarantined(line=7, reason="no company", row={"Email": "a@b.test"})
    ledger.add_quarantine("leads.csv", [bad, worse], NOW)
    ledger.add_quarantine("leads.csv", [bad], NOW + MINUTE)
    ledger.add_quarantine("other.csv", [bad], NOW)
    assert ledger.quarantine() == [("leads.csv", bad), ("leads.csv", worse), ("other.csv", bad)]


def test_runs_come_latest_first_with_one_row_for_each_stage(ledger: Ledger) -> None:
    def run(run_id: str, stage: str) -> RunRow:
        return RunRow(run_id=run_id, stage=stage, as_of=NOW, counts={"touches": 3}, holds={"quiet hours": 1})

    ledger.add_run(run("r2", "approach"), NOW + MINUTE)
    ledger.add_run(run("r1", "approach"), NOW)
    ledger.add_run(run("r2", "closing"), NOW + MINUTE)
    ledger.add_run(run("r1", "approach").model_copy(update={"counts": {}}), NOW + MINUTE)
    assert ledger.runs(9) == [run("r2", "closing"), run("r2", "approach"), run("r1", "approach")]
    assert ledger.runs(1) == [run("r2", "closing")]


def test_decisions_stay_in_the_order_they_were_taken(ledger: Ledger) -> None:
    ledger.add_prospects([person(), person("00Q2")])
    taken = [decision("00Q2", NOW + MINUTE), decision(), decision(detail={"at": None, "list": [1]})]
    ledger.commit(Change(decisions=(taken[0],)))
    ledger.commit(Change(decisions=tuple(taken[1:])))
    assert list(ledger.decisions()) == taken


def test_decisions_can_be_read_while_more_are_taken(ledger: Ledger) -> None:
    ledger.add_prospects([person()])
    ledger.commit(Change(decisions=tuple(decision() for _ in range(2500))))
    seen = 0
    for _ in ledger.decisions():
        seen += 1
        if seen == 10:
            ledger.set_cursor("report", "10")
    assert seen == 2500


def test_every_field_we_wrote_is_in_the_story(ledger: Ledger) -> None:
    ledger.add_prospects([person()])
    ledger.add_crm_writes(
        [crm_write(), crm_write(field="Score__c", before=None, after=71), crm_write(prospect_key=None)]
    )
    details = [line.detail for line in ledger.story("00Q1") if line.kind == "crm"]
    assert [(one["field"], one["before"], one["after"]) for one in details] == [
        ("Status", "Open", "Working"),
        ("Score__c", None, 71),
    ]

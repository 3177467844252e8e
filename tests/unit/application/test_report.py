"""The report from a ledger: the promised JSON, and a ledger far larger than memory should hold."""

from __future__ import annotations

import json
from collections.abc import Iterator

from closeloop.application.ports import DecisionRow, RunRow
from closeloop.application.report import as_json, figures
from closeloop.domain.leads import Quarantined
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Stage
from tests.fakes.ledger import MemoryLedger
from tests.unit.busy_year import BusyYear
from tests.unit.invented_deals import NOW, a_decision, a_prospect, a_touch
from tests.unit.invented_playbook import a_playbook


class CountedStreams(MemoryLedger):
    """Notes how often the two large streams are opened."""

    def __init__(self, people: int) -> None:
        super().__init__()
        self.crowd, self.opened = people, {"prospects": 0, "decisions": 0}

    def all_prospects(self) -> Iterator[Prospect]:
        self.opened["prospects"] += 1
        one = a_prospect(stage=Stage.APPROACH)
        return (one.model_copy(update={"key": f"00Q{n}"}) for n in range(self.crowd))

    def decisions(self) -> Iterator[DecisionRow]:
        self.opened["decisions"] += 1
        one = a_touch()
        return (one.model_copy(update={"prospect_key": f"00Q{n}"}) for n in range(self.crowd))


def test_the_streams_are_read_once_each() -> None:
    ledger = CountedStreams(5_000)
    found = figures(ledger, a_playbook(), NOW)
    assert ledger.opened == {"prospects": 1, "decisions": 1}
    assert (found.leads, found.funnel[Stage.APPROACH]) == (5_000, 5_000)
    assert found.persistence.touches == {1: 5_000}


def test_calls_are_those_the_runs_counted() -> None:
    ledger = MemoryLedger()
    assert figures(ledger, a_playbook(), NOW).api_calls is None
    for number in (1, 2):
        run = RunRow(run_id=f"run-{number}", stage="approach", as_of=NOW, counts={"crm_calls": 7, "touch": 1})
        ledger.add_run(run, NOW)
    assert figures(ledger, a_playbook(), NOW).api_calls == 14


def test_what_the_ledger_knows_reaches_the_figures() -> None:
    ledger = MemoryLedger()
    ledger.add_prospects([a_prospect()])
    ledger.add_quarantine("leads.csv", [Quarantined(line=3, reason="no company", row={})], NOW)
    found = figures(ledger, a_playbook(), NOW)
    assert found.leads == 1
    assert [(row.line, row.reason) for row in found.quarantined] == [(3, "no company")]


def test_the_json_holds_every_promised_field() -> None:
    found = json.loads(json.dumps(as_json(BusyYear().figures(), "/home/of/report.html")))
    assert found["html"] == "/home/of/report.html"
    assert set(found["funnel"]) == set(found["stages"]) == {stage.value for stage in Stage}
    assert {"expected", "p10", "p90", "currency"} <= set(found["forecast"])
    assert isinstance(found["forecast"]["expected"], float)
    assert {"brier", "deals"} <= set(found["calibration"])
    assert {"deal", "stage", "cause", "evidence", "action"} <= set(found["stalled"][0])
    assert {"touches", "dropped_early"} <= set(found["persistence"])
    assert all(int(touches) > 0 for touches in found["persistence"]["touches"])
    assert {"weight", "conversion", "median_days"} <= set(found["stages"]["approach"])


def test_the_json_feeds_the_demo_too() -> None:
    found = as_json(BusyYear().figures(), "report.html")
    assert {"qualified", "disqualified", "touches_by_channel", "replies", "quarantined"} <= set(found)
    assert {"won", "lost", "open"} <= set(found["deals"])
    assert {"line", "reason"} <= set(found["quarantined"][0])


def test_a_decision_about_nobody_we_know_is_no_obstacle() -> None:
    ledger = MemoryLedger()
    row = a_decision("Touch", "00Qgone", detail={})
    assert row.prospect_key not in {p.key for p in ledger.all_prospects()}
    assert figures(ledger, a_playbook(), NOW).leads == 0

"""Every query of a pass uses an index, so that 100,000 prospects stay fast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.application.ports import Change, WriteState
from closeloop.domain.actions import ActionKind, ActionState, Settlement
from closeloop.domain.field_ownership import Memory
from closeloop.domain.stage import Stage, Standing
from tests.contract.ledger_samples import LEASE, NOW, crm_write, decision, mail, person, receipt, reply, too_dear
from tests.contract.test_ledger_events import event as crm_event
from tests.contract.test_ledger_sending import wish

KEY = mail().key


def _settle(ledger: SqlLedger) -> None:
    ledger.claim(ActionKind.EMAIL, NOW, "w", 9, LEASE)
    ledger.settle([Settlement(key=KEY, attempt=1, state=ActionState.ACCEPTED)], NOW)


def _halted(ledger: SqlLedger) -> None:
    ledger.receive([reply(prospect_key="00Q1", action_key=KEY, address="a@a.example")], NOW)
    assert ledger.halted([person()]) == {"00Q1"}


PASS: dict[str, Callable[[SqlLedger], object]] = {
    "prospects": lambda ledger: ledger.prospects(["00Q1"]),
    "due": lambda ledger: ledger.due(list(Stage), NOW, 9, list(Standing)),
    "all_prospects": lambda ledger: list(ledger.all_prospects()),
    "by_address": lambda ledger: ledger.by_address(["a@a.example"]),
    "colleagues": lambda ledger: ledger.colleagues(["a.example"]),
    "in_play": lambda ledger: ledger.in_play(["a.example"]),
    "in_outreach": lambda ledger: ledger.in_outreach(["a.example"]),
    "take_slots": lambda ledger: ledger.take_slots([wish("00Q1")], NOW),
    "mail_on_its_way": lambda ledger: ledger.mail_on_its_way(["00Q1"]),
    "playbook_lines": lambda ledger: ledger.playbook_lines(["abc"]),
    "commit": lambda ledger: ledger.commit(
        Change(
            prospects=(person(touches=3),),
            decisions=(decision(),),
            actions=(mail(step=2),),
            handled_signals=(("inbound", "m1"),),
        )
    ),
    "claim": lambda ledger: ledger.claim(ActionKind.EMAIL, NOW, "w", 9, LEASE),
    "settle": _settle,
    "expire_leases": lambda ledger: ledger.expire_leases(NOW + timedelta(days=1)),
    "actions": lambda ledger: ledger.actions([KEY]),
    "with_uncertain_mail": lambda ledger: ledger.with_uncertain_mail(["00Q1"]),
    "runs_since": lambda ledger: ledger.runs_since(NOW),
    "workload": lambda ledger: ledger.workload(NOW),
    "words_sent": lambda ledger: ledger.words_sent(["00Q1"]),
    "in_state": lambda ledger: ledger.in_state(ActionState.PLANNED, None, 9),
    "cancel_planned": lambda ledger: ledger.cancel_planned(["00Q1"], "no", NOW),
    "add_receipts": lambda ledger: ledger.add_receipts([receipt(KEY)]),
    "receive": lambda ledger: ledger.receive([reply()], NOW),
    "receipts_of": lambda ledger: ledger.receipts_of([KEY]),
    "signals_about": lambda ledger: ledger.signals_about([KEY]),
    "waiting_signals": lambda ledger: ledger.waiting_signals(9),
    "halted": _halted,
    "note_understanding": lambda ledger: ledger.note_understanding(("inbound", "m1"), too_dear()),
    "replies": lambda ledger: ledger.replies(),
    "suppressed": lambda ledger: ledger.suppressed(["a@a.example"]),
    "crm_seen": lambda ledger: ledger.crm_seen(["00Q1"]),
    "note_crm_seen": lambda ledger: ledger.note_crm_seen({"00Q1": {"Status": Memory(value="Open", at=NOW)}}),
    "add_crm_writes": lambda ledger: ledger.add_crm_writes([crm_write()]),
    "settle_crm_writes": lambda ledger: ledger.settle_crm_writes({1: WriteState.WRITTEN}),
    "intended_crm_writes": lambda ledger: ledger.intended_crm_writes(["00Q1"]),
    "crm_writes": lambda ledger: ledger.crm_writes("run-1"),
    "crm_writes_to": lambda ledger: ledger.crm_writes_to(["00Q1"]),
    "granted": lambda ledger: ledger.granted(["inducement:2026-01"]),
    "deals_won_since": lambda ledger: (ledger.deals_won_since(NOW), ledger.deals_won_since(None)),
    "last_decisions": lambda ledger: ledger.last_decisions(["00Q1"]),
    "changed_since_sync": lambda ledger: ledger.changed_since_sync(9),
    "mark_synced": lambda ledger: ledger.mark_synced([person()]),
    "cached_facts": lambda ledger: ledger.cached_facts(["a.example"], NOW),
    "runs": lambda ledger: ledger.runs(9),
    "decisions": lambda ledger: list(ledger.decisions()),
    "receive_crm_events": lambda ledger: ledger.receive_crm_events([crm_event()], NOW),
    "waiting_crm_events": lambda ledger: ledger.waiting_crm_events(9),
    "wanted_event_run": lambda ledger: ledger.wanted_event_run(NOW, LEASE),
    "take_crm_events": lambda ledger: ledger.take_crm_events("run-1", NOW, 9, LEASE),
    "handle_crm_events": lambda ledger: ledger.handle_crm_events({crm_event().identity: "echo"}, NOW),
    "end_event_run": lambda ledger: ledger.end_event_run("run-1"),
}


@contextmanager
def _statements(ledger: SqlLedger) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []
    engine = ledger._database.engine

    def note(connection: object, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE", "WITH")):
            seen.append((statement, parameters[0] if isinstance(parameters, list) else parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def _slow_steps(ledger: SqlLedger, statement: str, parameters: Any) -> list[str]:
    with ledger._database.read() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    steps = [str(row[-1]) for row in rows]
    return [step for step in steps if _whole_table(step) or "TEMP B-TREE" in step]


def _whole_table(step: str) -> bool:
    """The rows of a batch, which travel as one JSON text, are read from end to end too."""
    return step.startswith("SCAN") and " USING " not in step and "VIRTUAL TABLE" not in step


@pytest.mark.parametrize("name", list(PASS))
def test_a_pass_reads_no_table_from_end_to_end_and_sorts_nothing(name: str) -> None:
    ledger = open_ledger(":memory:")
    ledger.commit(Change(prospects=(person(),), actions=(mail(),)))
    with _statements(ledger) as seen:
        PASS[name](ledger)
    assert seen
    slow = {statement: steps for statement, values in seen if (steps := _slow_steps(ledger, statement, values))}
    ledger.close()
    assert slow == {}


def test_a_story_may_sort_its_few_lines_but_reads_no_table_from_end_to_end() -> None:
    ledger = open_ledger(":memory:")
    ledger.commit(Change(prospects=(person(),), actions=(mail(),)))
    with _statements(ledger) as seen:
        ledger.story("00Q1")
    steps = [step for statement, values in seen for step in _slow_steps(ledger, statement, values)]
    ledger.close()
    assert len(seen) > 5
    assert [step for step in steps if _whole_table(step)] == []


def test_a_search_by_words_is_seen_to_read_the_whole_table() -> None:
    """The guard above can fail: `find` is for a person who types, and does scan."""
    ledger = open_ledger(":memory:")
    with _statements(ledger) as seen:
        ledger.find("north")
    assert _slow_steps(ledger, *seen[0])
    ledger.close()


def _without_index(ledger: SqlLedger, statement: str, parameters: Any) -> list[str]:
    """Tables that are read from end to end although that was made as dear as can be."""
    with ledger._database.engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
    return [row for row in rows if "Seq Scan" in row]


def test_postgresql_has_an_index_for_every_query_of_a_pass_too(postgres_url: str) -> None:
    ledger = open_ledger(postgres_url)
    ledger.commit(Change(prospects=(person(),), actions=(mail(),)))
    slow: dict[str, list[str]] = {}
    for name in sorted(PASS, key=lambda name: name != "halted"):  # it wants the reply that it receives itself
        with _statements(ledger) as seen:
            PASS[name](ledger)
        slow |= {text: steps for text, values in seen if (steps := _without_index(ledger, text, values))}
    ledger.close()
    assert slow == {}


def test_a_search_by_words_is_seen_to_read_the_whole_table_on_postgresql(postgres_url: str) -> None:
    ledger = open_ledger(postgres_url)
    with _statements(ledger) as seen:
        ledger.find("north")
    assert _without_index(ledger, *seen[0])
    ledger.close()

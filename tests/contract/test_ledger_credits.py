"""What every ledger promises about the credits that sources of facts cost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from closeloop.adapters.ledger import open_ledger
from closeloop.application.ports import Ledger

MONTH, RUN = "2026-11", "run:1"


def test_as_many_calls_are_granted_as_the_tightest_account_pays_for(ledger: Ledger) -> None:
    assert ledger.take_credits({MONTH: 1_000, RUN: 250}, 100, 5) == 2
    assert ledger.credits_spent([MONTH, RUN, "never"]) == {MONTH: 200, RUN: 200, "never": 0}
    assert ledger.take_credits({MONTH: 1_000, RUN: 250}, 100, 1) == 0
    assert ledger.take_credits({MONTH: 1_000, "run:2": 250}, 20, 3) == 3
    assert ledger.credits_spent([MONTH]) == {MONTH: 260}


def test_a_call_that_cost_nothing_is_given_back_and_no_account_earns(ledger: Ledger) -> None:
    ledger.take_credits({MONTH: 1_000, RUN: 500}, 100, 2)
    ledger.give_back_credits([MONTH, RUN], 100)
    assert ledger.credits_spent([MONTH, RUN]) == {MONTH: 100, RUN: 100}
    ledger.give_back_credits([MONTH, RUN], 5_000)
    assert ledger.credits_spent([MONTH, RUN]) == {MONTH: 0, RUN: 0}


def test_what_is_free_needs_no_account(ledger: Ledger) -> None:
    assert ledger.take_credits({MONTH: 0}, 0, 7) == 7
    assert ledger.take_credits({MONTH: 0}, 1, 0) == 0


def test_workers_that_ask_at_once_never_get_more_than_there_is(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    with ThreadPoolExecutor(4) as pool:
        granted = list(pool.map(lambda _: ledger.take_credits({MONTH: 1_000}, 100, 3), range(8)))
    assert sum(granted) == 10
    assert ledger.credits_spent([MONTH]) == {MONTH: 1_000}
    ledger.close()

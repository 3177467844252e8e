"""What every ledger promises about the credits that sources of facts cost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

from closeloop.adapters.ledger import SqlLedger
from closeloop.application.ports import Ledger
from closeloop.application.purse import Purse
from closeloop.domain.enrichment_rules import CreditLimits
from tests.contract.ledger_samples import NOW

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


ROUNDS = 12
BUDGET, PRICE = 2_000, 100


def together(workers: list[SqlLedger], work: Callable[[int, SqlLedger], int]) -> list[int]:
    """What each worker comes to, begun at the same moment."""
    start = Barrier(len(workers))

    def begun(number: int) -> int:
        start.wait()
        return work(number, workers[number])

    with ThreadPoolExecutor(len(workers)) as pool:
        return list(pool.map(begun, range(len(workers))))


def test_workers_that_ask_at_once_never_get_more_than_there_is(shared: list[SqlLedger]) -> None:
    def ask(number: int, ledger: SqlLedger) -> int:
        limits = {MONTH: BUDGET, f"run:{number}": 10 * BUDGET}
        return sum(ledger.take_credits(limits, PRICE, 3) for _ in range(ROUNDS))

    assert sum(together(shared, ask)) == BUDGET // PRICE
    assert shared[0].credits_spent([MONTH]) == {MONTH: BUDGET}


def test_what_is_given_back_meanwhile_is_spent_once_and_the_budget_holds(shared: list[SqlLedger]) -> None:
    """Half of the calls cost nothing: whoever asks next may have them, and nobody waits for ever."""

    def spend(number: int, ledger: SqlLedger) -> int:
        # Named so that the worker's own account sorts before the month's for some, and after it for others.
        own = f"{'a' if number % 2 else 'z'}:{number}"
        spent = 0
        for turn in range(ROUNDS):
            granted = ledger.take_credits({MONTH: BUDGET, own: 10 * BUDGET}, PRICE, 2)
            assert ledger.credits_spent([MONTH])[MONTH] <= BUDGET
            if turn % 2:
                ledger.give_back_credits([own, MONTH], granted * PRICE)
            else:
                spent += granted * PRICE
        return spent

    spent = together(shared, spend)
    assert shared[0].credits_spent([MONTH]) == {MONTH: sum(spent)}
    assert 0 < sum(spent) <= BUDGET


def test_two_purses_of_two_runs_never_spend_more_than_the_month_has(shared: list[SqlLedger]) -> None:
    limits = CreditLimits(per_month=Decimal(20), per_run=Decimal(15))

    def shop(number: int, ledger: SqlLedger) -> int:
        purse = Purse(ledger, limits, f"run-{number}", NOW)
        return sum(purse.take(Decimal("1.5"), 2) for _ in range(ROUNDS))

    assert sum(together(shared, shop)) == 13

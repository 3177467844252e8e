"""What every ledger promises about extras: counted once, never beyond the budget, free again when called off."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.adapters.ledger import open_ledger
from closeloop.application.grant_port import Grant
from closeloop.application.ports import Change, DecisionRow, Ledger
from closeloop.domain.actions import Action, ActionKind, ActionState, Settlement, action_key
from closeloop.domain.prospect import CrmIds, Prospect
from closeloop.domain.stage import Stage
from tests.fakes.ledger import MemoryLedger
from tests.unit.domain.people import NOW, prospect

MONTH = "inducement:2026-01"
WORTH, BUDGET = Decimal("2400.50"), Decimal("7201.50")
"""Three extras, to the cent."""


def person(number: int) -> Prospect:
    key = f"00Q5f0000000{number:03}EAK"
    return prospect(key=key, crm=CrmIds(lead=key), email=f"p{number}@volvo.example", stage=Stage.CLOSING)


def promise(one: Prospect, step: int = 1, budget: Decimal | None = BUDGET) -> Change:
    """A mail that promises an extra, as the closing stage saves it."""
    key = action_key(ActionKind.EMAIL, one.key, "closing", 1, step)
    mail = Action(key=key, kind=ActionKind.EMAIL, prospect_key=one.key, stage=Stage.CLOSING, due_at=NOW)
    grant = Grant(action_key=key, prospect_key=one.key, account=MONTH, amount=WORTH, budget=budget)
    return Change(prospects=(one,), actions=(mail,), grants=(grant,), read={})


def together(changes: Iterable[Change]) -> Change:
    parts = list(changes)
    return Change(
        prospects=tuple(p for one in parts for p in one.prospects),
        actions=tuple(a for one in parts for a in one.actions),
        grants=tuple(g for one in parts for g in one.grants),
    )


def spent(ledger: Ledger) -> Decimal:
    return ledger.granted([MONTH])[MONTH]


def test_an_extra_beyond_the_budget_is_not_promised_and_nothing_of_it_is_written(
    ledger: Ledger,
) -> None:
    people = [person(number) for number in range(5)]
    saved = ledger.commit(together(promise(one) for one in people))
    assert saved.overtaken == {people[3].key, people[4].key}
    assert saved.new_actions == 3
    assert spent(ledger) == BUDGET
    assert set(ledger.prospects([one.key for one in people])) == {one.key for one in people[:3]}
    assert ledger.granted(["inducement:2026-02"]) == {"inducement:2026-02": 0}


def test_the_same_promise_counts_once_however_often_it_is_saved(ledger: Ledger) -> None:
    for _ in range(5):
        assert not ledger.commit(promise(person(1))).overtaken
    assert spent(ledger) == WORTH


def test_without_a_limit_every_extra_is_promised_and_counted(ledger: Ledger) -> None:
    assert not ledger.commit(together(promise(person(number), budget=None) for number in range(9))).overtaken
    assert spent(ledger) == 9 * WORTH


@pytest.mark.parametrize(
    "end", [ActionState.SKIPPED, ActionState.REJECTED, ActionState.ACCEPTED, ActionState.UNCERTAIN]
)
def test_only_what_was_called_off_or_refused_is_free_again(ledger: Ledger, end: ActionState) -> None:
    ledger.commit(promise(person(1)))
    (mail,) = ledger.claim(ActionKind.EMAIL, NOW, "worker", 1, timedelta(minutes=1))
    ledger.settle([Settlement(key=mail.key, attempt=1, state=end)], NOW)
    assert spent(ledger) == (0 if end in {ActionState.SKIPPED, ActionState.REJECTED} else WORTH)


def test_what_somebody_was_promised_stays_spent_when_they_are_forgotten(ledger: Ledger) -> None:
    ledger.commit(together([promise(person(1)), promise(person(2))]))
    ledger.cancel_planned([person(2).key], "called off", NOW)
    for number in (1, 2):
        assert ledger.erase([person(number).key], [person(number).email], []) is not None
    assert spent(ledger) == WORTH


def test_deals_that_were_won_are_counted_from_a_moment_on(ledger: Ledger) -> None:
    def closed(one: Prospect, won: bool, days: int) -> Change:
        row = DecisionRow(
            prospect_key=one.key,
            run_id="run",
            stage=Stage.CLOSING,
            at=NOW + timedelta(days=days),
            kind="Close",
            rule="closing.order",
            reasons=("said yes",),
            playbook_version="1",
            detail={"won": won},
        )
        return Change(prospects=(one,), decisions=(row,))

    for number, (won, days) in enumerate([(True, 0), (True, 2), (False, 2), (True, 3)]):
        ledger.commit(closed(person(number), won, days))
    assert ledger.deals_won_since(None) == 3
    assert ledger.deals_won_since(NOW + timedelta(days=2)) == 2
    assert ledger.deals_won_since(NOW + timedelta(days=9)) == 0


def test_workers_that_promise_at_once_never_promise_more_than_the_budget(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    with ThreadPoolExecutor(4) as pool:
        saved = list(pool.map(lambda number: ledger.commit(promise(person(number))), range(12)))
    assert sum(one.new_actions for one in saved) == 3
    assert spent(ledger) == BUDGET
    ledger.close()


def test_two_workers_on_postgresql_never_promise_more_than_the_budget(postgres_url: str) -> None:
    ledgers = [open_ledger(postgres_url) for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        saved = list(pool.map(lambda number: ledgers[number % 2].commit(promise(person(number))), range(12)))
    assert sum(one.new_actions for one in saved) == 3
    assert spent(ledgers[0]) == BUDGET
    for ledger in ledgers:
        ledger.close()


STEPS = st.lists(
    st.tuples(st.sampled_from(["promise", "claim", "send", "refuse", "call off"]), st.integers(0, 5)), max_size=40
)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, budget=st.decimals(0, 12_000, places=2), real=st.booleans())
def test_the_budget_is_never_exceeded_in_any_order_of_events(
    steps: list[tuple[str, int]], budget: Decimal, real: bool
) -> None:
    """Against a count of our own: what was promised and neither called off nor refused."""
    ledger: Ledger = open_ledger(":memory:") if real else MemoryLedger()
    live: set[str] = set()
    held: dict[str, str] = {}
    turns = [0] * 6
    for what, number in steps:
        one = person(number)
        if what == "promise":
            turns[number] += 1
            change = promise(one, turns[number], budget)
            if not ledger.commit(change).overtaken:
                live.add(change.grants[0].action_key)
        elif what == "claim":
            for mail in ledger.claim(ActionKind.EMAIL, NOW, "worker", 1, timedelta(minutes=1)):
                held[mail.key] = mail.prospect_key
        elif what == "call off":
            mine = [key for key in live if one.key in key and key not in held]
            ledger.cancel_planned([one.key], "called off", NOW)
            live -= {key for key in mine if ledger.actions([key])[key][1] is ActionState.SKIPPED}
        elif held:
            key = sorted(held)[number % len(held)]
            held.pop(key)
            end = ActionState.ACCEPTED if what == "send" else ActionState.REJECTED
            ledger.settle([Settlement(key=key, attempt=1, state=end)], NOW)
            live -= {key} if what == "refuse" else set()
        assert spent(ledger) == WORTH * len(live)
        assert spent(ledger) <= max(budget, Decimal(0))

"""A ledger narrowed to some prospects: their work alone is seen and claimed, what is true of everybody stays so."""

from __future__ import annotations

import pytest

from closeloop.adapters.ledger import SqlLedger
from closeloop.adapters.ledger.scoped import ScopedLedger
from closeloop.application.ports import Ledger
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.stage import Stage, Standing
from tests.contract.ledger_samples import LEASE, MINUTE, NOW, mail, person, plan, reply

MANY = [f"00Q{n}" for n in range(40)]


@pytest.fixture
def whole(ledger: Ledger) -> SqlLedger:
    if not isinstance(ledger, SqlLedger):
        pytest.skip("the fake in memory is never narrowed")
    ledger.add_prospects([person(key, stage=Stage.APPROACH) for key in MANY])
    plan(ledger, *(mail(key) for key in MANY))
    return ledger


def scoped(whole: SqlLedger, *keys: str, signals: tuple[str, ...] = (), read_all: bool = True) -> ScopedLedger:
    return ScopedLedger(whole, keys, signals, lambda: read_all)


def test_only_what_is_in_scope_is_claimed_due_and_seen(whole: SqlLedger) -> None:
    narrow = scoped(whole, "00Q7", "00Q31", "00Q'; --", "unknown")
    theirs = [mail("00Q31").key, mail("00Q7").key]
    assert [action.key for action in narrow.in_state(ActionState.PLANNED, None, 9)] == theirs
    assert {p.key for p in narrow.due([Stage.APPROACH], NOW, 9, [Standing.OPEN])} == {"00Q7", "00Q31"}
    assert {p.key for p in narrow.changed_since_sync(9)} == {"00Q7", "00Q31"}
    assert [p.key for p in narrow.changed_since_sync(1)] == ["00Q31"]
    assert [action.key for action in narrow.claim(ActionKind.EMAIL, NOW, "w", 9, LEASE)] == theirs
    assert len(whole.claim(ActionKind.EMAIL, NOW, "w", 99, LEASE)) == len(MANY) - 2


def test_with_nothing_in_scope_nothing_is_claimed(whole: SqlLedger) -> None:
    assert scoped(whole).claim(ActionKind.EMAIL, NOW, "w", 9, LEASE) == []


def test_only_the_named_signals_are_worked_on_while_every_reply_still_halts(whole: SqlLedger) -> None:
    whole.receive([reply("in", prospect_key="00Q7"), reply("out", prospect_key="00Q8")], NOW)
    narrow = scoped(whole, "00Q7", "00Q8", signals=("inbound:in",))
    assert [signal.id for signal in narrow.waiting_signals(9)] == ["in"]
    assert "00Q8" in narrow.halted([person("00Q8")])


def test_the_place_to_read_on_from_moves_only_when_everything_was_read(whole: SqlLedger) -> None:
    whole.set_cursor("leads", "before")
    scoped(whole, read_all=False).set_cursor("leads", "after")
    scoped(whole, read_all=False).set_cursor("contact roles", "kept")
    assert (whole.cursor("leads"), whole.cursor("contact roles")) == ("before", "kept")
    scoped(whole).set_cursor("leads", "after")
    assert whole.cursor("leads") == "after"


def test_a_lease_runs_out_for_everybody(whole: SqlLedger) -> None:
    whole.claim(ActionKind.EMAIL, NOW, "w", 99, LEASE)
    assert len(scoped(whole, "00Q7").expire_leases(NOW + LEASE + MINUTE)) == len(MANY)

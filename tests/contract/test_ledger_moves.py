"""Whatever workers do in whatever order: no illegal move, one holder at a time, a history without gaps."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from closeloop.adapters.ledger import open_ledger
from closeloop.application.ports import Change, Ledger
from closeloop.domain.actions import MOVES, ActionKind, ActionState, Settlement
from closeloop.domain.errors import IllegalMove
from tests.contract.ledger_samples import MINUTE, NOW, mail, moves_of, person
from tests.fakes.ledger import MemoryLedger

_STEPS = st.integers(1, 4)
_STATES = st.sampled_from(list(ActionState))


class Outbox(RuleBasedStateMachine):
    """Plays workers against a ledger and a model that is as simple as the table of moves."""

    def make(self) -> Ledger:
        raise NotImplementedError

    @initialize()
    def start(self) -> None:
        self.ledger = self.make()
        self.ledger.add_prospects([person()])
        self.now = NOW
        self.state: dict[int, ActionState] = {}
        self.due = dict.fromkeys(range(1, 5), NOW)
        self.lease: dict[int, datetime] = {}
        self.history: dict[int, list[tuple[str | None, str]]] = {}

    def _moved(self, step: int, new: ActionState) -> None:
        old = self.state.get(step)
        assert old is None or new in MOVES[old]
        self.state[step] = new
        self.history.setdefault(step, []).append((old.value if old else None, new.value))

    @rule(step=_STEPS, delay=st.integers(0, 5))
    def plan(self, step: int, delay: int) -> None:
        due_at = self.now + delay * MINUTE
        new = self.ledger.commit(Change(actions=(mail(step=step, due_at=due_at),))).new_actions
        assert new == (step not in self.state)
        if new:
            self.due[step] = due_at
            self._moved(step, ActionState.PLANNED)

    @rule(limit=st.integers(1, 3), lease=st.integers(1, 4))
    def claim(self, limit: int, lease: int) -> None:
        free = [step for step, state in self.state.items() if state is ActionState.PLANNED]
        expected = sorted((self.due[step], mail(step=step).key, step) for step in free)
        expected = [one for one in expected if one[0] <= self.now][:limit]
        held = self.ledger.claim(ActionKind.EMAIL, self.now, "w", limit, lease * MINUTE)
        assert [one.key for one in held] == [key for _, key, _ in expected]
        for _, _, step in expected:
            self._moved(step, ActionState.CLAIMED)
            self.lease[step] = self.now + lease * MINUTE

    @rule(step=_STEPS, state=_STATES, delay=st.none() | st.integers(0, 5), claims_ago=st.sampled_from([0, 0, 0, 1]))
    def settle(self, step: int, state: ActionState, delay: int | None, claims_ago: int) -> None:
        retry_at = None if delay is None else self.now + delay * MINUTE
        claims = sum(move[1] == "claimed" for move in self.history.get(step, []))
        attempt = claims - claims_ago
        settlement = Settlement(key=mail(step=step).key, attempt=attempt, state=state, retry_at=retry_at)
        old = self.state.get(step)
        if old is None or state is ActionState.CLAIMED or attempt < 1:
            with pytest.raises(IllegalMove):
                self.ledger.settle([settlement], self.now)
            return
        late = self.ledger.settle([settlement], self.now)
        own = claims_ago == 0
        known = own and state is old
        its_own = own and old in {ActionState.CLAIMED, ActionState.UNCERTAIN}
        moves = (its_own or state is ActionState.ACCEPTED) and state in MOVES[old] and not known
        assert bool(late) == (not moves and not known)
        if not moves:
            return
        self._moved(step, state)
        self.lease.pop(step, None)
        if state is ActionState.PLANNED and retry_at:
            self.due[step] = retry_at

    @rule(minutes=st.integers(-3, 4))
    def time_passes_or_the_clock_is_set_back(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        expected = [step for step, until in sorted(self.lease.items()) if until <= self.now]
        assert self.ledger.expire_leases(self.now) == [mail(step=step).key for step in expected]
        for step in expected:
            self._moved(step, ActionState.UNCERTAIN)
            del self.lease[step]

    @rule()
    def stop(self) -> None:
        planned = [step for step, state in self.state.items() if state is ActionState.PLANNED]
        assert self.ledger.cancel_planned(["00Q1"], "unsubscribed", self.now) == len(planned)
        for step in planned:
            self._moved(step, ActionState.SKIPPED)

    @invariant()
    def the_ledger_stands_where_the_model_stands(self) -> None:
        if not hasattr(self, "ledger"):
            return
        stored = self.ledger.actions(mail(step=step).key for step in self.state)
        for step, state in self.state.items():
            action, found = stored[mail(step=step).key]
            claims = [move for move in self.history[step] if move[1] == "claimed"]
            assert (found, action.attempt, action.due_at) == (state, len(claims), self.due[step])

    def teardown(self) -> None:
        if not hasattr(self, "ledger"):
            return
        told = [line.detail for line in self.ledger.story("00Q1") if line.kind == "action"]
        for step, history in self.history.items():
            mine = [(one["from"], one["to"]) for one in told if one["action_key"] == mail(step=step).key]
            # The story is told by the clock, which was set back at times: all is there, in whatever order.
            assert sorted(mine, key=str) == sorted(history, key=str)
        assert len(moves_of(self.ledger)) == sum(len(history) for history in self.history.values())
        close = getattr(self.ledger, "close", None)
        if close:
            close()


class SqlOutbox(Outbox):
    def make(self) -> Ledger:
        return open_ledger(":memory:")


class FakeOutbox(Outbox):
    def make(self) -> Ledger:
        return MemoryLedger()


_BRIEF = settings(max_examples=40, stateful_step_count=30, deadline=None)


TestSqlOutbox = SqlOutbox.TestCase
TestSqlOutbox.settings = _BRIEF
TestFakeOutbox = FakeOutbox.TestCase
TestFakeOutbox.settings = _BRIEF

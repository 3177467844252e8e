"""The outbox of the in-memory ledger: the same promises as the real one, kept with dictionaries."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from closeloop.adapters.ledger.codec import plain
from closeloop.adapters.ledger.settling import LONGEST_LEASE, check_settlement
from closeloop.adapters.ledger.story_text import Move, due_words
from closeloop.application.ports import ReceiptRow
from closeloop.domain.actions import Action, ActionKind, ActionState, ClaimedAction, Settlement
from closeloop.domain.errors import LedgerUnavailable
from closeloop.domain.fencing import Fate, Late
from closeloop.domain.prospect import Prospect

OFF = {ActionState.SKIPPED, ActionState.REJECTED}
LEASE_RAN_OUT = "its worker was not heard of again before the lease ran out"


@dataclass
class Kept:
    """An action with everything that happened to it."""

    action: Action
    state: ActionState = ActionState.PLANNED
    attempt: int = 0
    lease_until: datetime | None = None
    moves: list[Move] = field(default_factory=list)
    receipts: list[tuple[int, ReceiptRow]] = field(default_factory=list)
    provider_id: str | None = None
    late: dict[tuple[int, ActionState], tuple[datetime, Late]] = field(default_factory=dict)

    def claimed(self) -> ClaimedAction:
        return ClaimedAction(**self.action.model_dump(), attempt=self.attempt)

    def move(
        self,
        new: ActionState,
        at: datetime,
        detail: str = "",
        worker: str | None = None,
        provider_id: str | None = None,
        attempt: int | None = None,
    ) -> None:
        self.moves.append(Move(at, self.state, new, attempt or self.attempt, worker, detail, provider_id))
        self.state = new
        if new is not ActionState.CLAIMED:
            self.lease_until = None


class MemoryOutbox:
    """Actions by key."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.kept: dict[str, Kept] = {}
        self.people: dict[str, Prospect] = {}

    def plan(self, actions: Iterable[Action], planned_at: Callable[[str, datetime], datetime]) -> int:
        new = 0
        for action in actions:
            said = self.words_sent([action.prospect_key]).get(action.prospect_key, set())
            if action.key not in self.kept and action.words not in said:
                at = planned_at(action.prospect_key, action.due_at)
                kept = Kept(action.model_copy(update={"payload": plain(action.payload)}))
                kept.moves.append(Move(at, None, ActionState.PLANNED, 0, detail=due_words(action.due_at)))
                self.kept[action.key] = kept
                new += 1
        return new

    def refuse_strangers(self, prospect_keys: Iterable[str], also: Iterable[str] = ()) -> None:
        known = self.people.keys() | set(also)
        if strangers := set(prospect_keys) - known:
            raise LedgerUnavailable(f"These prospects are not in the ledger, save them first: {strangers}")

    def claim(
        self, kind: ActionKind, now: datetime, worker: str, limit: int, lease: timedelta
    ) -> list[ClaimedAction]:
        with self.lock:
            free = [kept for kept in self._sorted(ActionState.PLANNED, kind) if kept.action.due_at <= now]
            for kept in free[:limit]:
                kept.attempt += 1
                kept.move(ActionState.CLAIMED, now, worker=worker)
                kept.lease_until = now + lease
            return [kept.claimed() for kept in free[:limit]]

    def settle(self, settlements: Iterable[Settlement], now: datetime, then: Iterable[Action] = ()) -> list[Late]:
        with self.lock:
            given, following = list(settlements), list(then)
            for settlement in given:
                self._fate(settlement)
            self.refuse_strangers(action.prospect_key for action in following)
            late = [found for settlement in given if (found := self._settle(settlement, now))]
            self.plan(following, lambda prospect_key, due_at: now)
            return late

    def _fate(self, settlement: Settlement) -> Fate:
        kept = self.kept.get(settlement.key)
        return check_settlement(settlement, (kept.state, kept.attempt, kept.provider_id) if kept else None)

    def _settle(self, settlement: Settlement, now: datetime) -> Late | None:
        kept, found = self.kept[settlement.key], self._fate(settlement)
        given = settlement.state
        if found is Fate.LATE:
            late = Late(key=settlement.key, attempt=settlement.attempt, said=given, stood_at=kept.state)
            kept.late.setdefault((settlement.attempt, given), (now, late))
            return late
        if found is Fate.MOVES:
            kept.provider_id = settlement.provider_id or kept.provider_id
            kept.move(given, now, settlement.detail, None, settlement.provider_id, settlement.attempt)
            if given is ActionState.PLANNED and settlement.retry_at:
                kept.action = kept.action.model_copy(update={"due_at": settlement.retry_at})
        return None

    def still_held(self, claimed: Iterable[ClaimedAction]) -> set[str]:
        theirs = [(action, self.kept[action.key]) for action in claimed if action.key in self.kept]
        return {a.key for a, kept in theirs if (kept.state, kept.attempt) == (ActionState.CLAIMED, a.attempt)}

    def expire_leases(self, now: datetime) -> list[str]:
        with self.lock:
            ran_out = [
                kept
                for _, kept in sorted(self.kept.items())
                if kept.lease_until and not now < kept.lease_until <= now + LONGEST_LEASE
            ]
            for kept in ran_out:
                kept.move(ActionState.UNCERTAIN, now, LEASE_RAN_OUT)
            return [kept.action.key for kept in ran_out]

    def actions(self, keys: Iterable[str]) -> dict[str, tuple[ClaimedAction, ActionState]]:
        return {
            key: (self.kept[key].claimed(), self.kept[key].state) for key in dict.fromkeys(keys) if key in self.kept
        }

    def in_state(self, state: ActionState, kind: ActionKind | None, limit: int) -> list[ClaimedAction]:
        return [kept.claimed() for kept in self._sorted(state, kind)[:limit]]

    def state_counts(self) -> dict[str, dict[str, int]]:
        counts: dict[str, dict[str, int]] = {}
        for kept in self.kept.values():
            states = counts.setdefault(kept.action.kind.value, {})
            states[kept.state.value] = states.get(kept.state.value, 0) + 1
        return counts

    def words_sent(self, prospect_keys: Iterable[str]) -> dict[str, set[str]]:
        keys, found = set(prospect_keys), dict[str, set[str]]()
        for kept in self.kept.values():
            words, key = kept.action.words, kept.action.prospect_key
            if words and key in keys and kept.state not in OFF:
                found.setdefault(key, set()).add(words)
        return found

    def with_uncertain_mail(self, prospect_keys: Iterable[str]) -> set[str]:
        doubtful = {kept.action.prospect_key for kept in self._sorted(ActionState.UNCERTAIN, ActionKind.EMAIL)}
        return doubtful & set(prospect_keys)

    def cancel_planned(self, prospect_keys: Iterable[str], reason: str, now: datetime) -> int:
        with self.lock:
            keys = set(prospect_keys)
            theirs = [
                kept
                for kept in self._sorted(ActionState.PLANNED, ActionKind.EMAIL)
                if kept.action.prospect_key in keys
            ]
            for kept in theirs:
                kept.move(ActionState.SKIPPED, now, reason)
            return len(theirs)

    def add_receipts(self, receipts: Iterable[ReceiptRow]) -> None:
        with self.lock:
            given = list(receipts)
            if unknown := {receipt.action_key for receipt in given} - self.kept.keys():
                raise LedgerUnavailable(f"These actions are not in the ledger, plan them first: {unknown}")
            for receipt in given:
                kept = self.kept[receipt.action_key]
                kept.receipts.append((kept.attempt, receipt))

    def receipts_of(self, action_keys: Iterable[str]) -> dict[str, list[ReceiptRow]]:
        kept = {key: self.kept[key] for key in action_keys if key in self.kept}
        theirs = {key: [r for attempt, r in one.receipts if attempt == one.attempt] for key, one in kept.items()}
        return {key: found for key, found in theirs.items() if found}

    def _sorted(self, state: ActionState, kind: ActionKind | None) -> list[Kept]:
        found = [kept for kept in self.kept.values() if kept.state is state and kind in {None, kept.action.kind}]
        return sorted(found, key=lambda kept: (kept.action.due_at, kept.action.key))

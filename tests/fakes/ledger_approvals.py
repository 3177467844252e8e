"""The fake ledger's part about approvals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from closeloop.adapters.ledger.approvals import answered, called_off, in_words_of, new_words
from closeloop.domain.actions import ActionState
from closeloop.domain.approvals import Answer, Approval, ApprovalState
from closeloop.domain.messages import RenderedMail
from tests.fakes.ledger_erasing import MemoryErasing


class MemoryApprovals(MemoryErasing):
    """Approvals by id."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[str, Approval] = {}

    def ask(self, approvals: Iterable[Approval]) -> None:
        for approval in approvals:
            self.asked.setdefault(approval.id, approval)

    def approvals(self, ids: Iterable[str]) -> dict[str, Approval]:
        return {name: self.asked[name] for name in ids if name in self.asked}

    def waiting_approvals(self, limit: int) -> list[Approval]:
        waiting = [one for one in self.asked.values() if one.state is ApprovalState.WAITING]
        return sorted(waiting, key=lambda one: (one.asked_at, one.id))[:limit]

    def answer_approval(self, answer: Answer, words: RenderedMail | None = None) -> bool:
        with self.lock:
            known = self.asked.get(answer.id)
            if known is None or known.state is not ApprovalState.WAITING:
                return known is not None and known == answered(known, answer)
            decided = self.asked[answer.id] = answered(known, answer)
            if (kept := self.kept.get(known.action_key or "")) is None:
                return True
            if words is not None:
                changes = {"payload": in_words_of(kept.action.payload, words), "words": new_words(words)}
                kept.action = kept.action.model_copy(update=changes)
            if kept.state is ActionState.PLANNED and decided.state.is_yes:
                kept.action = kept.action.model_copy(update={"due_at": answer.at})
            elif kept.state is ActionState.PLANNED:
                kept.move(ActionState.SKIPPED, answer.at, called_off(decided))
            return True

    def prolong_approval(self, approval_id: str, deadline: datetime | None) -> None:
        known = self.asked.get(approval_id)
        if known is not None and known.state is ApprovalState.WAITING:
            self.asked[approval_id] = known.model_copy(update={"deadline": deadline})

    def erase(
        self, prospect_keys: Iterable[str], addresses: Iterable[str], record_ids: Iterable[str]
    ) -> dict[str, int] | None:
        keys = set(prospect_keys)
        counts = super().erase(keys, addresses, record_ids)
        theirs = [one.id for one in self.asked.values() if one.prospect_key in keys]
        if counts is None or not theirs:
            return counts
        for name in theirs:
            del self.asked[name]
        return counts | {"approvals": len(theirs)}

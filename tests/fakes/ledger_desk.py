"""The fake ledger's part about the pages and events that ops people watch."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from closeloop.application.desk_port import ENDED, MOVING, Happened, MailHealth
from closeloop.application.ports import DecisionRow
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.signals import Signal, SignalKind
from tests.fakes.ledger_approvals import MemoryApprovals


class MemoryDesk(MemoryApprovals):
    """Counts over the dictionaries."""

    decided: list[DecisionRow]
    inbox: dict[tuple[str, str], Signal]

    def funnel(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for (stage, standing), number in Counter((p.stage, p.standing) for p in self.people.values()).items():
            found.setdefault(stage.value, {})[standing.value] = number
        return found

    def slots_taken(self, day: str) -> dict[str, int]:
        return dict(Counter(slot.mailbox for slot in self.slots.values() if str(slot.day) == day))

    def complaints(self, since: datetime) -> dict[str, MailHealth]:
        mails = {key: kept for key, kept in self.kept.items() if kept.action.kind is ActionKind.EMAIL}
        sent = Counter(
            str(kept.action.payload.get("mailbox"))
            for kept in mails.values()
            if kept.state is ActionState.ACCEPTED and kept.action.due_at >= since
        )
        about = {
            str(one.action_key)
            for one in self.inbox.values()
            if one.kind is SignalKind.SPAM_REPORT and one.occurred_at >= since and one.action_key in self.kept
        }
        reported = Counter(str(self.kept[key].action.payload.get("mailbox")) for key in about)
        return {name: MailHealth(sent=sent[name], reported=reported[name]) for name in sorted({*sent, *reported})}

    def steps_of(self, run_id: str, now: datetime, limit: int) -> list[Happened]:
        found = [
            Happened(prospect_key=one.prospect_key, what=one.rule)
            for one in self.decided
            if one.run_id == run_id and one.kind in MOVING
        ][:limit]
        for kept in self.kept.values():
            about = kept.action
            found += [
                Happened(prospect_key=about.prospect_key, what=f"{about.stage.value}.mail_{move.new.value}")
                for move in kept.moves
                if about.kind is ActionKind.EMAIL and move.at == now and move.new in ENDED
            ]
        return found[:limit]

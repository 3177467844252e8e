"""When and how much is sent, in the in-memory ledger: the same promises as the real one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.playbook_lines import PlaybookLine
from closeloop.domain.sending_slots import Load, Loads, Slot, SlotWish, assign
from closeloop.domain.stage import Stage
from tests.fakes.ledger_outbox import OFF, MemoryOutbox


class MemorySending(MemoryOutbox):
    """Slots and lines by key."""

    def __init__(self) -> None:
        super().__init__()
        self.slots: dict[str, Slot] = {}
        self.lines: dict[str, PlaybookLine] = {}

    def take_slots(self, wishes: Sequence[SlotWish], now: datetime) -> dict[str, Slot | None]:
        with self.lock:
            loads: Loads = {}
            for key, slot in self.slots.items():
                if self.kept[key].state not in OFF:
                    load = loads.setdefault((slot.mailbox, slot.day), Load())
                    load.used += 1
                    load.last_at = max(slot.at, load.last_at or slot.at)
            kept = {key: slot.model_copy(update={"number": 0, "cap": None}) for key, slot in self.slots.items()}
            found = assign(wishes, loads, kept, now)
            self.slots |= {key: slot for key, slot in found.items() if slot is not None and slot.number}
            return found

    def mail_on_its_way(self, prospect_keys: Iterable[str]) -> dict[str, dict[Stage, datetime]]:
        keys, found = set(prospect_keys), dict[str, dict[Stage, datetime]]()
        for state in (ActionState.PLANNED, ActionState.CLAIMED):
            for one in self._sorted(state, ActionKind.EMAIL):
                if one.action.prospect_key in keys:
                    dues = found.setdefault(one.action.prospect_key, {})
                    dues[one.action.stage] = max(one.action.due_at, dues.get(one.action.stage, one.action.due_at))
        return found

    def playbook_lines(self, hashes: Iterable[str]) -> dict[str, PlaybookLine]:
        return {one: self.lines[one] for one in hashes if one in self.lines}

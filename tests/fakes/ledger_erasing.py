"""Forgetting, blanking and telling the provider, in the in-memory ledger: the same promises as the real one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from closeloop.application.erasure_port import Footprint
from closeloop.application.ports import CrmWriteRow, DecisionRow
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.approvals import Approval
from closeloop.domain.enrichment_rules import answer_keys
from closeloop.domain.field_ownership import Memory
from closeloop.domain.forgetting import Erasure
from closeloop.domain.leads import Quarantined
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.retention import BLANKED, without_body, without_words
from closeloop.domain.signals import Signal, SignalId, Understanding
from tests.fakes.ledger_outbox import Kept
from tests.fakes.ledger_sending import MemorySending

OVER = {ActionState.ACCEPTED, ActionState.REJECTED, ActionState.SKIPPED}
WITH_WORDS = {ActionKind.EMAIL, ActionKind.TASK, ActionKind.EVENT}


class MemoryErasing(MemorySending):
    """The part of the ledger that lets go; `MemoryLedger` brings what is let go of."""

    decided: list[DecisionRow]
    inbox: dict[tuple[str, str], Signal]
    received: dict[tuple[str, str], datetime]
    handled: set[SignalId]
    understood: dict[SignalId, Understanding]
    no_mail_to: dict[str, tuple[str, datetime]]
    seen: dict[str, dict[str, Memory]]
    journal: list[CrmWriteRow]
    facts: dict[str, tuple[tuple[Fact, ...], datetime]]
    kept_out: dict[tuple[str, str], Quarantined]
    asked: dict[str, Approval]

    def __init__(self) -> None:
        super().__init__()
        self.erasures: dict[str, Erasure] = {}
        self.marks: dict[str, str] = {}
        self.in_doubt: set[str] = set()
        self.untold: set[str] = set()

    # forgetting
    def begin_erasure(self, erasure: Erasure, marks: Iterable[str]) -> Erasure:
        stored = self.erasures.setdefault(erasure.id, erasure.without_ids())
        for mark in marks:
            self.marks.setdefault(mark, erasure.id)
        return stored

    def note_erasure(self, erasure: Erasure) -> None:
        self.erasures[erasure.id] = erasure.without_ids()

    def erasure_of(self, marks: Iterable[str]) -> Erasure | None:
        return next((self.erasures[self.marks[mark]] for mark in marks if mark in self.marks), None)

    def forgotten(self, marks: Iterable[str]) -> set[str]:
        return self.marks.keys() & set(marks)

    def addresses_under(self, mail_domains: Iterable[str]) -> dict[str, str]:
        ends = {domain.lower() for domain in mail_domains}
        people = sorted(self.people.items())
        return {key: p.email.lower() for key, p in people if p.email.lower().rpartition("@")[2] in ends}

    def footprint(self, prospect_keys: Iterable[str]) -> Footprint:
        keys = set(prospect_keys)
        theirs = sorted(
            (k.action for k in self.kept.values() if k.action.prospect_key in keys), key=lambda a: a.key
        )
        records = {(r.object, r.record_id) for r in self.journal if r.prospect_key in keys and r.makes_record}
        return Footprint(
            task_keys=tuple(a.key for a in theirs if a.kind is ActionKind.TASK),
            event_keys=tuple(dict.fromkeys(a.payload["key"] for a in theirs if a.kind is ActionKind.EVENT)),
            made=tuple(sorted(record for record in records if record[1])),
        )

    def erase(
        self, prospect_keys: Iterable[str], addresses: Iterable[str], record_ids: Iterable[str]
    ) -> dict[str, int] | None:
        keys, who = set(prospect_keys), {address.lower() for address in addresses}
        records = {*record_ids, *keys}
        with self.lock:
            theirs = {name: kept for name, kept in self.kept.items() if kept.action.prospect_key in keys}
            if any(kept.state is ActionState.CLAIMED for kept in theirs.values()):
                return None
            counts = self._let_go(keys, who, records, theirs)
            return {what: number for what, number in counts.items() if number}

    def _let_go(self, keys: set[str], who: set[str], records: set[str], theirs: dict[str, Kept]) -> dict[str, int]:
        people = [self.people[key] for key in keys if key in self.people]
        others = [p for p in self.people.values() if p.key not in keys]
        signals = self._signals_about(keys, who, theirs)
        rows = [r for r in self.journal if r.prospect_key in keys or r.record_id in records]
        refused = [at for at, row in self.kept_out.items() if any(a in row.model_dump_json().lower() for a in who)]
        counts = {
            "signals": len(signals),
            "receipts": sum(len(kept.receipts) for kept in theirs.values()),
            "action events": sum(len(kept.moves) + len(kept.late) for kept in theirs.values()),
            "slots": _drop(self.slots, theirs),
            "mails and other payloads": len(theirs),
            "actions": _drop(self.kept, theirs),
            "decisions": sum(one.prospect_key in keys for one in self.decided),
            "CRM writes": len(rows),
            "remembered CRM records": _drop(self.seen, records),
            "quarantined rows": _drop(self.kept_out, refused),
            "do-not-contact entries": _drop(self.no_mail_to, who),
            "approvals": _drop(self.asked, [k for k, one in self.asked.items() if one.prospect_key in keys]),
            "doubts": len(self.in_doubt & keys),
            "prospects": _drop(self.people, keys),
            "cached facts": _drop(self.facts, _facts_only_of(people, others)),
            "mentions in the rows of people they named": self._unname(people, others),
        }
        for identity in signals:
            self.understood.pop(identity, None)
            del self.inbox[identity]
        self.handled -= signals
        self.decided = [one for one in self.decided if one.prospect_key not in keys]
        self.journal = [row for row in self.journal if row not in rows]
        self.in_doubt -= keys
        self.untold -= who
        return counts

    def _signals_about(self, keys: set[str], who: set[str], theirs: dict[str, Kept]) -> set[SignalId]:
        return {
            one.identity
            for one in self.inbox.values()
            if one.prospect_key in keys or one.action_key in theirs or (one.address or "").lower() in who
        }

    def _unname(self, people: list[Prospect], others: list[Prospect]) -> int:
        """In how many rows of the others one of these people was named as who had referred them."""
        names = {" ".join(part for part in (p.first_name, p.last_name) if part) or p.email for p in people}
        named = [p for p in others if p.referred_by in names]
        for one in named:
            self.people[one.key] = one.model_copy(update={"referred_by": None, "description": None})
        return len(named)

    # retention
    def blank_signals(self, before: datetime, limit: int) -> int:
        old = [
            one
            for identity, one in self.inbox.items()
            if identity in self.handled and self.received[identity] < before and BLANKED not in one.payload
        ][:limit]
        for one in old:
            self.inbox[one.identity] = one.model_copy(update={"payload": without_words(one.payload)})
            if found := self.understood.get(one.identity):
                self.understood[one.identity] = found.model_copy(update={"said": "", "refers_to": None})
        return len(old)

    def blank_payloads(self, before: datetime, limit: int) -> int:
        old = [
            kept
            for kept in self.kept.values()
            if kept.state in OVER
            and kept.action.kind in WITH_WORDS
            and kept.action.due_at < before
            and BLANKED not in kept.action.payload
        ][:limit]
        for kept in old:
            kept.action = kept.action.model_copy(update={"payload": without_body(kept.action.payload)})
        return len(old)

    def blank_receipts(self, before: datetime, limit: int) -> int:
        blanked = 0
        for kept in self.kept.values():
            for place, (attempt, row) in enumerate(kept.receipts):
                old = kept.state in OVER and row.checked_at < before and BLANKED not in row.values
                if old and blanked < limit:
                    kept.receipts[place] = (attempt, row.model_copy(update={"values": {BLANKED: True}}))
                    blanked += 1
        return blanked

    # stops
    def suppress_all(self, stops: Mapping[str, tuple[str, datetime]]) -> None:
        for address, found in stops.items():
            self.no_mail_to.setdefault(address.lower(), found)

    def to_tell(self, limit: int) -> list[str]:
        return sorted(self.untold)[:limit]

    def told(self, addresses: Iterable[str]) -> None:
        self.untold -= {address.lower() for address in addresses}

    # after a restore
    def doubt(self, prospect_keys: Iterable[str]) -> None:
        self.in_doubt |= set(prospect_keys)

    def doubted(self, prospect_keys: Iterable[str]) -> set[str]:
        return self.in_doubt & set(prospect_keys)

    def trust(self, prospect_keys: Iterable[str]) -> None:
        self.in_doubt -= set(prospect_keys)


def _facts_only_of(people: list[Prospect], others: list[Prospect]) -> set[str]:
    """Keys of cached facts about these people's accounts, but for those where others are."""
    domains = {p.domain for p in people if p.domain} - {p.domain for p in others}
    accounts = domains | {f"company:{p.company.casefold()}" for p in people if not p.domain}
    return {key for account in accounts for key in answer_keys(account)}


def _drop(rows: dict[Any, Any], keys: Iterable[Any]) -> int:
    return sum(rows.pop(key, None) is not None for key in list(keys))

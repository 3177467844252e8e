"""The ledger as dictionaries, for tests of the use cases, held to the real one by the same contract suite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from closeloop.adapters.ledger import story_text
from closeloop.adapters.ledger.codec import plain
from closeloop.adapters.ledger.pace import beginners_of
from closeloop.adapters.ledger.rows import folded
from closeloop.adapters.ledger.signals import HALTING_KINDS
from closeloop.adapters.ledger.sql_ledger import planning_time, without
from closeloop.adapters.ledger.story_text import Placed
from closeloop.application.ports import Change, CrmWriteRow, DecisionRow, RunRow, Saved, StoryLine, WriteState
from closeloop.domain.account_pace import paced_by
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.api_budget import Workload
from closeloop.domain.colleagues import is_in_play
from closeloop.domain.field_ownership import Memory
from closeloop.domain.leads import Quarantined
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.signals import Signal, SignalId, SignalKind, Understanding
from closeloop.domain.stage import Stage, Standing
from tests.fakes.ledger_credits import MemoryCredits
from tests.fakes.ledger_desk import MemoryDesk
from tests.fakes.ledger_events import MemoryEvents
from tests.fakes.ledger_grants import MemoryGrants


class MemoryLedger(MemoryGrants, MemoryCredits, MemoryDesk, MemoryEvents):
    """Implements `closeloop.application.ports.Ledger`; its attributes are there for tests to look at."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: set[str] = set()
        self.decided: list[DecisionRow] = []
        self.inbox: dict[tuple[str, str], Signal] = {}
        self.received: dict[tuple[str, str], datetime] = {}
        self.handled: set[SignalId] = set()
        self.understood: dict[SignalId, Understanding] = {}
        self.no_mail_to: dict[str, tuple[str, datetime]] = {}
        self.cursors: dict[str, str] = {}
        self.seen: dict[str, dict[str, Memory]] = {}
        self.journal: list[CrmWriteRow] = []
        self.facts: dict[str, tuple[tuple[Fact, ...], datetime]] = {}
        self.kept_out: dict[tuple[str, str], Quarantined] = {}
        self.ran: dict[tuple[str, str], tuple[datetime, RunRow]] = {}

    # prospects
    def add_prospects(self, prospects: Iterable[Prospect]) -> int:
        with self.lock:
            before = len(self.people)
            for prospect in prospects:
                if prospect.key not in self.people:
                    self._save(prospect)
            return len(self.people) - before

    def _save(self, prospect: Prospect) -> None:
        if self.people.get(prospect.key) != prospect:
            self.changed.add(prospect.key)
        self.people[prospect.key] = prospect

    def prospects(self, keys: Iterable[str]) -> dict[str, Prospect]:
        return {key: self.people[key] for key in dict.fromkeys(keys) if key in self.people}

    def _sorted_people(self) -> list[Prospect]:
        return [prospect for _, prospect in sorted(self.people.items())]

    def due(
        self, stages: Sequence[Stage], now: datetime, limit: int, standings: Sequence[Standing]
    ) -> list[Prospect]:
        found = [
            (prospect.due_at, prospect.key)
            for prospect in self.people.values()
            if prospect.stage in stages
            and prospect.standing in standings
            and prospect.due_at
            and prospect.due_at <= now
        ]
        return [self.people[key] for _, key in sorted(found)[:limit]]

    def all_prospects(self) -> Iterable[Prospect]:
        return iter(self._sorted_people())

    def find(self, who: str) -> list[Prospect]:
        text, words = who.strip(), folded(who)
        exact, partial = [], []
        for one in self._sorted_people() if words else ():
            ids = [name for name in (one.key, one.crm.contact, one.crm.account, one.crm.opportunity) if name]
            texts = [one.email.lower(), folded(one.first_name, one.last_name), folded(one.company)]
            if text in ids or words in texts:
                exact.append(one)
            elif any(text in name for name in ids) or any(words in name for name in texts):
                partial.append(one)
        return (exact + partial)[:20]

    def by_address(self, addresses: Iterable[str]) -> dict[str, str]:
        wanted = {address.lower() for address in addresses}
        found: dict[str, str] = {}
        for one in self._sorted_people():
            if one.email.lower() in wanted:
                found.setdefault(one.email.lower(), one.key)
        return found

    def by_opportunity(self, opportunity_ids: Iterable[str]) -> dict[str, str]:
        wanted = set(opportunity_ids)
        found: dict[str, str] = {}
        for one in self._sorted_people():
            if one.crm.opportunity and one.crm.opportunity in wanted:
                found.setdefault(one.crm.opportunity, one.key)
        return found

    def colleagues(self, domains: Iterable[str]) -> dict[str, list[str]]:
        wanted = {domain.lower() for domain in domains}
        found: dict[str, list[str]] = {}
        for one in self._sorted_people():
            if one.domain and one.domain.lower() in wanted:
                found.setdefault(one.domain.lower(), []).append(one.key)
        return found

    def open_deals(self, after: str, limit: int) -> list[Prospect]:
        deals = (one for one in self._sorted_people() if one.key > after and one.is_open_deal)
        return list(deals)[:limit]

    def in_outreach(self, domains: Iterable[str]) -> dict[str, list[Prospect]]:
        found: dict[str, list[Prospect]] = {}
        for domain, keys in self.colleagues(domains).items():
            there = [self.people[key] for key in keys]
            open_ones = [p for p in there if p.stage is Stage.APPROACH and p.standing is Standing.OPEN]
            if spoken_to := [p for p in open_ones if p.enrollment is not None]:
                found[domain] = spoken_to
        return found

    def in_play(self, domains: Iterable[str]) -> dict[str, list[Prospect]]:
        found: dict[str, list[Prospect]] = {}
        for domain, keys in self.colleagues(domains).items():
            if awake := [self.people[key] for key in keys if is_in_play(self.people[key])]:
                found[domain] = awake
        return found

    def commit(self, change: Change) -> Saved:
        with self.lock:
            lost = frozenset(key for key, read in change.read.items() if self.people.get(key) != read)
            lost |= {key for signal, key in change.signals_about.items() if signal in self.handled}
            lost |= self._too_many(without(change, lost))
            change = without(change, lost)
            unpaid = self.beyond_budget(change.grants)
            change, lost = without(change, unpaid), lost | unpaid
            about = [one.prospect_key for one in change.decisions]
            about += [one.prospect_key for one in change.actions]
            self.refuse_strangers(about, (one.key for one in change.prospects))
            for line in change.lines:
                self.lines.setdefault(line.hash, line)
            for prospect in change.prospects:
                self._save(prospect)
            self.decided += [
                decision.model_copy(update={"detail": plain(decision.detail)}) for decision in change.decisions
            ]
            self.handled.update(change.handled_signals)
            self.grant(change.grants)
            self.ask(change.approvals)
            return Saved(new_actions=self.plan(change.actions, planning_time(change)), overtaken=lost)

    def _too_many(self, change: Change) -> frozenset[str]:
        begin, pace = beginners_of(change), change.pace
        if pace is None:
            return frozenset()
        there = self.in_outreach(begin)
        return frozenset(k for d, ps in begin.items() for k in paced_by(ps, there.get(d, ()), pace.rules, pace.at))

    # signals and suppression
    def receive(self, signals: Iterable[Signal], now: datetime) -> int:
        with self.lock:
            before = len(self.inbox)
            for signal in signals:
                payload = plain(signal.payload)
                stored = signal.model_copy(update={"payload": payload})
                self.inbox.setdefault((signal.source, signal.id), stored)
                self.received.setdefault((signal.source, signal.id), now)
            return len(self.inbox) - before

    def _signals(self) -> list[Signal]:
        return sorted(self.inbox.values(), key=lambda one: (one.occurred_at, one.id, one.source))

    def waiting_signals(self, limit: int) -> list[Signal]:
        return [signal for signal in self._signals() if signal.identity not in self.handled][:limit]

    def signals_about(self, action_keys: Iterable[str]) -> list[Signal]:
        keys = set(action_keys)
        return [signal for signal in self._signals() if signal.action_key in keys]

    def halted(self, given: Iterable[Prospect]) -> set[str]:
        waiting = [one for one in self._signals() if one.identity not in self.handled and one.kind in HALTING_KINDS]
        addresses = {one.address.lower() for one in waiting if one.address}
        keys = {one.prospect_key for one in waiting} | {self._answered(one) for one in waiting}
        named = [p for p in self.people.values() if p.key in keys or p.email.lower() in addresses]
        domains = {p.domain.lower() for p in named if p.domain}
        return {
            p.key for p in given if p.key in {n.key for n in named} or (p.domain and p.domain.lower() in domains)
        }

    def _answered(self, signal: Signal) -> str | None:
        kept = self.kept.get(signal.action_key or "")
        return kept.action.prospect_key if kept else None

    def note_understanding(self, signal: SignalId, understanding: Understanding) -> None:
        if signal in self.inbox:
            self.understood[signal] = understanding

    def replies(self) -> list[tuple[Signal, Understanding]]:
        return [
            (signal, self.understood[signal.identity])
            for signal in self._signals()
            if signal.kind is SignalKind.REPLY and signal.identity in self.understood
        ]

    def suppress(self, address: str, reason: str, at: datetime, *, tell: bool = False) -> None:
        self.no_mail_to.setdefault(address.lower(), (reason, at))
        if tell:
            self.untold.add(address.lower())

    def suppressed(self, addresses: Iterable[str]) -> dict[str, str]:
        lower = {address.lower() for address in addresses}
        return {address: self.no_mail_to[address][0] for address in lower & self.no_mail_to.keys()}

    # CRM
    def cursor(self, name: str) -> str | None:
        return self.cursors.get(name)

    def set_cursor(self, name: str, value: str) -> None:
        self.cursors[name] = value

    def crm_seen(self, record_ids: Iterable[str]) -> dict[str, dict[str, Memory]]:
        return {one: dict(self.seen[one]) for one in record_ids if one in self.seen}

    def note_crm_seen(self, seen: Mapping[str, Mapping[str, Memory]]) -> None:
        for record_id, fields in seen.items():
            copied = {field: Memory.model_validate_json(one.model_dump_json()) for field, one in fields.items()}
            self.seen.setdefault(record_id, {}).update(copied)

    def changed_since_sync(self, limit: int) -> list[Prospect]:
        return [self.people[key] for key in sorted(self.changed)[:limit]]

    def mark_synced(self, prospects: Iterable[Prospect]) -> None:
        with self.lock:
            self.changed -= {one.key for one in prospects if self.people.get(one.key) == one}

    def add_crm_writes(self, writes: Iterable[CrmWriteRow]) -> list[int]:
        before = len(self.journal)
        for one in writes:
            kept = {"id": len(self.journal) + 1, "before": plain(one.before), "after": plain(one.after)}
            self.journal.append(one.model_copy(update=kept))
        return list(range(before + 1, len(self.journal) + 1))

    def settle_crm_writes(self, states: Mapping[int, WriteState]) -> None:
        self.journal = [
            one.model_copy(update={"state": states[one.id or 0]})
            if one.id in states and one.state is WriteState.INTENDED
            else one
            for one in self.journal
        ]

    def intended_crm_writes(self, record_ids: Iterable[str]) -> list[CrmWriteRow]:
        return [one for one in self.crm_writes_to(record_ids) if one.state is WriteState.INTENDED]

    def crm_writes(self, run_id: str) -> list[CrmWriteRow]:
        return [one for one in self.journal if one.run_id == run_id]

    def crm_writes_to(self, record_ids: Iterable[str]) -> list[CrmWriteRow]:
        wanted = set(record_ids)
        return [one for one in self.journal if one.record_id in wanted]

    def last_decisions(self, prospect_keys: Iterable[str]) -> dict[str, DecisionRow]:
        wanted = set(prospect_keys)
        return {one.prospect_key: one for one in self.decided if one.prospect_key in wanted}

    # accounts, quarantine, runs
    def cached_facts(self, account_keys: Iterable[str], now: datetime) -> dict[str, tuple[Fact, ...]]:
        known = {key: self.facts[key] for key in account_keys if key in self.facts}
        return {key: facts for key, (facts, expires_at) in known.items() if expires_at > now}

    def cache_facts(self, entries: Mapping[str, tuple[Fact, ...]], expires_at: datetime) -> None:
        self.facts.update({key: (facts, expires_at) for key, facts in entries.items()})

    def add_quarantine(self, source: str, rows: Iterable[Quarantined], at: datetime) -> None:
        for row in rows:
            self.kept_out.setdefault((source, row.model_dump_json()), row)

    def quarantine(self) -> list[tuple[str, Quarantined]]:
        return [(source, row) for (source, _), row in self.kept_out.items()]

    def add_run(self, run: RunRow, at: datetime) -> None:
        self.ran.setdefault((run.run_id, run.stage), (at, run))

    def runs_since(self, at: datetime) -> list[RunRow]:
        return [row for when, row in sorted(self.ran.values(), key=lambda pair: pair[0]) if when >= at]

    def workload(self, now: datetime) -> Workload:
        waiting = Counter(
            kept.action.kind for kept in self._sorted(ActionState.PLANNED, None) if kept.action.due_at <= now
        )
        alive = [p for p in self.people.values() if p.standing.may_be_written_to]
        due = sum(1 for p in alive if p.due_at is not None and p.due_at <= now)
        mails = waiting[ActionKind.EMAIL] + due
        return Workload(
            uncertain=len(self._sorted(ActionState.UNCERTAIN, None)),
            mails=mails,
            conversions=waiting[ActionKind.CONVERT],
            records=len(self.changed) + due,
            activities=waiting[ActionKind.TASK] + mails,
            files=waiting[ActionKind.FILE],
            events=waiting[ActionKind.EVENT],
            members=waiting[ActionKind.CAMPAIGN],
        )

    def runs(self, limit: int) -> list[RunRow]:
        in_time = sorted(self.ran.values(), key=lambda one: one[0])
        return [run for _, run in reversed(in_time)][:limit]

    def decisions(self) -> Iterable[DecisionRow]:
        return iter(list(self.decided))

    def story(self, prospect_key: str) -> list[StoryLine]:
        prospect = self.people.get(prospect_key)
        if prospect is None:
            return []
        lines = [story_text.fact_line(fact) for fact in prospect.facts.values()]
        lines += [story_text.decision_line(one) for one in self.decided if one.prospect_key == prospect_key]
        lines += self._action_lines(prospect_key)
        for asked in sorted(self.asked.values(), key=lambda one: one.id):
            lines += story_text.approval_lines(asked) if asked.prospect_key == prospect_key else []
        lines += [
            story_text.signal_line(signal, self.understood.get(signal.identity))
            for signal in self._signals()
            if prospect_key in {signal.prospect_key, self._answered(signal)}
            or (not signal.prospect_key and (signal.address or "").lower() == prospect.email.lower())
        ]
        if stopped := self.no_mail_to.get(prospect.email.lower()):
            lines.append(story_text.suppression_line(prospect.email.lower(), *stopped))
        done = [one for one in self.journal if one.state is not WriteState.REFUSED]
        lines += [story_text.crm_line(one) for one in done if one.prospect_key == prospect_key]
        return story_text.in_order(lines)

    def _action_lines(self, prospect_key: str) -> list[Placed]:
        theirs = [kept for _, kept in sorted(self.kept.items()) if kept.action.prospect_key == prospect_key]
        told = (story_text.action_lines(kept.action, kept.moves, kept.receipts) for kept in theirs)
        lines = [line for part in told for line in part]
        late = [(kept.action, at, found) for kept in theirs for at, found in kept.late.values()]
        return lines + [
            story_text.late_line(action, at, one.attempt, one.said, one.stood_at) for action, at, one in late
        ]

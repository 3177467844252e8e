"""The ledger port: what the use cases may ask of the ledger. It is the truth of the process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from closeloop.application.approval_port import ApprovalLedger
from closeloop.application.credit_port import CreditLedger
from closeloop.application.desk_port import DeskLedger
from closeloop.application.erasure_port import ErasureLedger
from closeloop.application.event_inbox import EventInbox
from closeloop.application.grant_port import GrantLedger
from closeloop.application.ledger_rows import (
    Change,
    CrmWriteRow,
    DecisionRow,
    ReceiptRow,
    RunRow,
    Saved,
    StoryLine,
    WriteState,
)
from closeloop.domain.actions import Action, ActionKind, ActionState, ClaimedAction, Settlement
from closeloop.domain.api_budget import Workload
from closeloop.domain.fencing import Late
from closeloop.domain.field_ownership import Memory
from closeloop.domain.leads import Quarantined
from closeloop.domain.playbook_lines import PlaybookLine
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.record import Moment, Record
from closeloop.domain.sending_slots import Slot, SlotWish
from closeloop.domain.signals import Signal, SignalId, Understanding
from closeloop.domain.stage import Stage, Standing


class StageHold(Record):
    """Who works a stage, since when, and until when nobody else may."""

    stage: str
    worker: str
    since: Moment
    until: Moment


class Ledger(ErasureLedger, EventInbox, ApprovalLedger, CreditLedger, GrantLedger, DeskLedger, Protocol):
    """The database of signals, decisions, actions and their events. It is the truth.

    Every write is committed when the method returns. Keys are unique in the schema: a second insert of the
    same key changes nothing and is no error. Errors of the database surface as `LedgerUnavailable` with a
    sentence that says what to do.
    """

    # prospects
    def add_prospects(self, prospects: Iterable[Prospect]) -> int:
        """Insert the new ones; how many were new."""
        ...

    def prospects(self, keys: Iterable[str]) -> dict[str, Prospect]: ...

    def due(
        self, stages: Sequence[Stage], now: datetime, limit: int, standings: Sequence[Standing]
    ) -> list[Prospect]:
        """Prospects in these stages and standings with due_at <= now, earliest first, then by key."""
        ...

    def all_prospects(self) -> Iterable[Prospect]:
        """Every prospect by key, streamed."""
        ...

    def find(self, who: str) -> list[Prospect]:
        """By key, e-mail, CRM id, name or company; exact matches first, at most 20."""
        ...

    def by_address(self, addresses: Iterable[str]) -> dict[str, str]:
        """Lower-case e-mail to prospect key."""
        ...

    def by_opportunity(self, opportunity_ids: Iterable[str]) -> dict[str, str]:
        """Opportunity id to prospect key."""
        ...

    def colleagues(self, domains: Iterable[str]) -> dict[str, list[str]]:
        """Account domain to the keys of all prospects there."""
        ...

    def in_play(self, domains: Iterable[str]) -> dict[str, list[Prospect]]:
        """Account domain to those there who are customers or have an open deal, by key."""
        ...

    def open_deals(self, after: str, limit: int) -> list[Prospect]:
        """Open deals behind this key, by key."""
        ...

    def in_outreach(self, domains: Iterable[str]) -> dict[str, list[Prospect]]:
        """Account domain to those there whom an approach is being made to, by key."""
        ...

    def commit(self, change: Change) -> Saved:
        """Save a pass in one transaction, but for what was overtaken: among two workers that begin with people of
        one account at the same time, the pace counts both."""
        ...

    # actions
    def claim(
        self, kind: ActionKind, now: datetime, worker: str, limit: int, lease: timedelta
    ) -> list[ClaimedAction]:
        """Take up to `limit` planned actions due by `now`, oldest due first, then by key; committed on return."""
        ...

    def settle(self, settlements: Iterable[Settlement], now: datetime, then: Iterable[Action] = ()) -> list[Late]:
        """Write outcomes and plan what follows from them (the log of an accepted mail) in one transaction.

        A settlement of a claim that is over (its lease ended and evidence or another worker came in between)
        never touches the newer claim: it is kept as evidence and returned; only "accepted" still becomes the
        state, so that nobody does it again. The same settlement twice is one. A settlement of a claim that
        never was raises `IllegalMove`, and nothing is written.
        """
        ...

    def still_held(self, claimed: Iterable[ClaimedAction]) -> set[str]:
        """Keys of those whose claim still stands: ask right before the network call, after any pause."""
        ...

    def expire_leases(self, now: datetime) -> list[str]:
        """Claimed actions whose lease ran out become UNCERTAIN; their keys."""
        ...

    def actions(self, keys: Iterable[str]) -> dict[str, tuple[ClaimedAction, ActionState]]: ...

    def in_state(self, state: ActionState, kind: ActionKind | None, limit: int) -> list[ClaimedAction]: ...

    def state_counts(self) -> dict[str, dict[str, int]]:
        """kind to state to count."""
        ...

    def words_sent(self, prospect_keys: Iterable[str]) -> dict[str, set[str]]:
        """Prospect key to the words of every mail that went out, may have gone out or is about to."""
        ...

    def with_uncertain_mail(self, prospect_keys: Iterable[str]) -> set[str]:
        """Those of them who may or may not have got a mail of ours."""
        ...

    def mail_on_its_way(self, prospect_keys: Iterable[str]) -> dict[str, dict[Stage, datetime]]:
        """Prospect key to the stages with a mail planned that has not left, each with its latest due date."""
        ...

    def take_slots(self, wishes: Sequence[SlotWish], now: datetime) -> dict[str, Slot | None]:
        """Give each mail the first slot that is free, as `sending_slots.assign` has it; committed on return.

        Two workers never get more slots of a day than its cap. A mail that was called off gives its slot back.
        """
        ...

    def playbook_lines(self, hashes: Iterable[str]) -> dict[str, PlaybookLine]:
        """Those that were ever entered, by hash."""
        ...

    def cancel_planned(self, prospect_keys: Iterable[str], reason: str, now: datetime) -> int:
        """Planned e-mails of these prospects become SKIPPED with the reason; how many."""
        ...

    def add_receipts(self, receipts: Iterable[ReceiptRow]) -> None: ...

    def receipts_of(self, action_keys: Iterable[str]) -> dict[str, list[ReceiptRow]]:
        """Action key to its receipts of the attempt it is on, oldest first; only those that have any."""
        ...

    # signals
    def receive(self, signals: Iterable[Signal], now: datetime) -> int:
        """Store each once, by (source, id); how many were new."""
        ...

    def waiting_signals(self, limit: int) -> list[Signal]:
        """Not yet handled, in order of occurrence, then id."""
        ...

    def signals_about(self, action_keys: Iterable[str]) -> list[Signal]:
        """Those that carry one of these keys, handled or not, in order of occurrence, then id."""
        ...

    def halted(self, given: Iterable[Prospect]) -> set[str]:
        """Keys of those about whom, or about whose colleague, a reply or stop waits that is not yet handled."""
        ...

    def note_understanding(self, signal: SignalId, understanding: Understanding) -> None:
        """The last understanding of a signal counts."""
        ...

    # suppression
    def suppress(self, address: str, reason: str, at: datetime, *, tell: bool = False) -> None:
        """The first reason stays. `tell`: the mail provider does not know it yet; once said, that stays."""
        ...

    def suppressed(self, addresses: Iterable[str]) -> dict[str, str]:
        """Lower-case address to reason, only those that are."""
        ...

    # CRM
    def cursor(self, name: str) -> str | None: ...

    def set_cursor(self, name: str, value: str) -> None: ...

    def crm_seen(self, record_ids: Iterable[str]) -> dict[str, dict[str, Memory]]:
        """What we remember of each record, by field."""
        ...

    def note_crm_seen(self, seen: Mapping[str, Mapping[str, Memory]]) -> None:
        """Merge fields into what was remembered before."""
        ...

    def changed_since_sync(self, limit: int) -> list[Prospect]:
        """Prospects saved since `mark_synced`, by key."""
        ...

    def mark_synced(self, prospects: Iterable[Prospect]) -> None:
        """Only where the stored value still is the one given, so a later change is not lost."""
        ...

    def add_crm_writes(self, writes: Iterable[CrmWriteRow]) -> list[int]:
        """Append to the journal; the id of each, in order."""
        ...

    def settle_crm_writes(self, states: Mapping[int, WriteState]) -> None:
        """Say what became of intended writes; a write that is settled stays as it is."""
        ...

    def intended_crm_writes(self, record_ids: Iterable[str]) -> list[CrmWriteRow]:
        """Writes to these records of which it is not known whether they happened, in order."""
        ...

    def crm_writes(self, run_id: str) -> list[CrmWriteRow]:
        """A run's part of the journal, in order."""
        ...

    def crm_writes_to(self, record_ids: Iterable[str]) -> list[CrmWriteRow]:
        """Everything ever written to these records, in order."""
        ...

    def last_decisions(self, prospect_keys: Iterable[str]) -> dict[str, DecisionRow]:
        """Prospect key to the decision taken last about it."""
        ...

    # facts about accounts, quarantine, runs
    def cached_facts(self, account_keys: Iterable[str], now: datetime) -> dict[str, tuple[Fact, ...]]:
        """Unexpired cache entries; a known miss is an empty tuple."""
        ...

    def cache_facts(self, entries: Mapping[str, tuple[Fact, ...]], expires_at: datetime) -> None: ...

    def add_quarantine(self, source: str, rows: Iterable[Quarantined], at: datetime) -> None: ...

    def quarantine(self) -> list[tuple[str, Quarantined]]: ...

    def add_run(self, run: RunRow, at: datetime) -> None: ...

    def runs_since(self, at: datetime) -> list[RunRow]:
        """Recorded at or after this moment, the oldest first."""
        ...

    def workload(self, now: datetime) -> Workload:
        """How much waits for the CRM, at most: what is planned, and what due prospects may still plan."""
        ...

    def runs(self, limit: int) -> list[RunRow]: ...

    def hold_stage(self, stage: str, worker: str, now: datetime, lease: timedelta) -> StageHold:
        """Who works this stage from now on: `worker`, or whoever holds it and whose time has not run out (nor was
        given by a clock that was ahead).

        Asked again by its holder, it is held for a further `lease`; since when it is held stays.
        """
        ...

    def release_stage(self, stage: str, worker: str) -> None:
        """Give it back; nothing happens when somebody else holds it by now."""
        ...

    def decisions(self) -> Iterable[DecisionRow]:
        """Every decision in order, streamed; the report reads these."""
        ...

    def replies(self) -> list[tuple[Signal, Understanding]]: ...

    def story(self, prospect_key: str) -> list[StoryLine]:
        """Everything stored about one prospect, in order of time."""
        ...

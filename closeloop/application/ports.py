"""What the use cases need from outside. Adapters and the fakes of the tests keep the same contract suites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from closeloop.domain.actions import Action, ActionKind, ActionState, ClaimedAction, Settlement
from closeloop.domain.leads import LeadDraft, Quarantined
from closeloop.domain.messages import MailProps, RenderedMail
from closeloop.domain.presentation_content import DeckContent, Finding
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.record import Moment, Record
from closeloop.domain.signals import Signal, Understanding
from closeloop.domain.stage import Stage, Standing


class Clock(Protocol):
    """The only source of the present."""

    def now(self) -> datetime: ...


# --- ledger ---------------------------------------------------------------------------------------


class DecisionRow(Record):
    """A decision as the ledger keeps it, for ever."""

    prospect_key: str
    run_id: str
    stage: Stage
    at: Moment
    kind: str
    """Name of the decision type, such as `Touch` or `Hold`."""
    rule: str
    reasons: tuple[str, ...]
    playbook_version: str
    detail: dict[str, Any] = {}


class ReceiptRow(Record):
    """What was checked right before a send, and when."""

    action_key: str
    checked_at: Moment
    values: dict[str, Any]
    verdict: str
    """`send` or the reason not to."""


class CrmWriteRow(Record):
    """One field of one CRM record that we changed, and why."""

    run_id: str
    at: Moment
    object: str
    record_id: str
    field: str
    before: Any = None
    after: Any = None
    reason: str
    prospect_key: str | None = None


class Change(Record):
    """What one stage pass decided: saved in one transaction, so a crash leaves all of it or nothing."""

    prospects: tuple[Prospect, ...] = ()
    decisions: tuple[DecisionRow, ...] = ()
    actions: tuple[Action, ...] = ()
    """Planned by key: an action that already exists is left as it is."""
    handled_signals: tuple[str, ...] = ()


class StoryLine(Record):
    """One line of a prospect's story: a fact, decision, action move, receipt, signal or CRM write."""

    at: Moment
    kind: str
    text: str
    detail: dict[str, Any] = {}


class RunRow(Record):
    """One pass of a stage or of the whole cycle."""

    run_id: str
    stage: str
    as_of: Moment
    counts: dict[str, int] = {}
    holds: dict[str, int] = {}


class Ledger(Protocol):
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

    def colleagues(self, domains: Iterable[str]) -> dict[str, list[str]]:
        """Account domain to the keys of all prospects there."""
        ...

    def commit(self, change: Change) -> int:
        """Save a pass in one transaction; how many actions were new."""
        ...

    # actions
    def claim(
        self, kind: ActionKind, now: datetime, worker: str, limit: int, lease: timedelta
    ) -> list[ClaimedAction]:
        """Take up to `limit` planned actions due by `now`, oldest due first, then by key; committed on return."""
        ...

    def settle(self, settlements: Iterable[Settlement], now: datetime, then: Iterable[Action] = ()) -> None:
        """Write outcomes and plan what follows from them (the log of an accepted mail) in one transaction.

        A move that `MOVES` does not allow raises `IllegalMove` and writes nothing.
        """
        ...

    def expire_leases(self, now: datetime) -> list[str]:
        """Claimed actions whose lease ran out become UNCERTAIN; their keys."""
        ...

    def actions(self, keys: Iterable[str]) -> dict[str, tuple[ClaimedAction, ActionState]]: ...

    def in_state(self, state: ActionState, kind: ActionKind | None, limit: int) -> list[ClaimedAction]: ...

    def state_counts(self) -> dict[str, dict[str, int]]:
        """kind to state to count."""
        ...

    def cancel_planned(self, prospect_keys: Iterable[str], reason: str, now: datetime) -> int:
        """Planned e-mails of these prospects become SKIPPED with the reason; how many."""
        ...

    def add_receipts(self, receipts: Iterable[ReceiptRow]) -> None: ...

    # signals
    def receive(self, signals: Iterable[Signal], now: datetime) -> int:
        """Store each once, by (source, id); how many were new."""
        ...

    def waiting_signals(self, limit: int) -> list[Signal]:
        """Not yet handled, in order of occurrence, then id."""
        ...

    def waiting_about(self, prospect_keys: Iterable[str], addresses: Iterable[str]) -> set[str]:
        """Prospect keys and lower-case addresses with a reply or stopping signal that is not yet handled."""
        ...

    def note_understanding(self, signal_id: str, understanding: Understanding) -> None: ...

    # suppression
    def suppress(self, address: str, reason: str, at: datetime) -> None: ...

    def suppressed(self, addresses: Iterable[str]) -> dict[str, str]:
        """Lower-case address to reason, only those that are."""
        ...

    # CRM
    def cursor(self, name: str) -> str | None: ...

    def set_cursor(self, name: str, value: str) -> None: ...

    def crm_seen(self, record_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """What we last saw or wrote in each record, by field."""
        ...

    def note_crm_seen(self, seen: Mapping[str, Mapping[str, Any]]) -> None:
        """Merge fields into what was seen before."""
        ...

    def changed_since_sync(self, limit: int) -> list[Prospect]:
        """Prospects saved since `mark_synced`, by key."""
        ...

    def mark_synced(self, prospects: Iterable[Prospect]) -> None:
        """Only where the stored value still is the one given, so a later change is not lost."""
        ...

    def add_crm_writes(self, writes: Iterable[CrmWriteRow]) -> None: ...

    # facts about accounts, quarantine, runs
    def cached_facts(self, account_keys: Iterable[str], now: datetime) -> dict[str, tuple[Fact, ...]]:
        """Unexpired cache entries; a known miss is an empty tuple."""
        ...

    def cache_facts(self, entries: Mapping[str, tuple[Fact, ...]], expires_at: datetime) -> None: ...

    def add_quarantine(self, source: str, rows: Iterable[Quarantined], at: datetime) -> None: ...

    def quarantine(self) -> list[tuple[str, Quarantined]]: ...

    def add_run(self, run: RunRow, at: datetime) -> None: ...

    def runs(self, limit: int) -> list[RunRow]: ...

    def decisions(self) -> Iterable[DecisionRow]:
        """Every decision in order, streamed; the report reads these."""
        ...

    def replies(self) -> list[tuple[Signal, Understanding]]: ...

    def story(self, prospect_key: str) -> list[StoryLine]:
        """Everything stored about one prospect, in order of time."""
        ...


# --- mail -----------------------------------------------------------------------------------------


class OutgoingMail(Record):
    """One message of a request. `action_key` travels as our own key and comes back in every event."""

    action_key: str
    to: str
    to_name: str = ""
    mail: RenderedMail
    reply_to: str
    unsubscribe_url: str | None = None
    categories: tuple[str, ...] = ()


class SendOutcome(Record):
    """What is known about one message after the call."""

    action_key: str
    state: ActionState
    """ACCEPTED, REJECTED, UNCERTAIN, or PLANNED for `surely not sent, try again`."""
    detail: str = ""
    provider_id: str | None = None
    retry_after: timedelta | None = None


class Mailer(Protocol):
    """Sends batches of different messages. Never raises for what happened to a message: it says so."""

    def ready(self) -> None:
        """Raises `UsageError` when the settings cannot work; asked before anything is claimed."""
        ...

    def send(self, mails: Sequence[OutgoingMail]) -> list[SendOutcome]: ...


class MailRenderer(Protocol):
    """Turns typed properties into a mail, or raises `RenderError` naming what is missing."""

    def render(self, template: str, locale: str, props: MailProps) -> RenderedMail: ...


class ReplyReader(Protocol):
    """Understands one reply. `text` is data, never an instruction."""

    def understand(
        self, *, subject: str, text: str, headers: str, sender: str, received_at: datetime
    ) -> Understanding: ...


# --- CRM ------------------------------------------------------------------------------------------


class CrmLead(Record):
    """A Lead as the process reads it."""

    id: str
    cursor: str
    """Give this back to `changed_leads` to read on behind this Lead."""
    owner_id: str
    owner_name: str
    status: str
    email: str | None
    first_name: str | None
    last_name: str | None
    title: str | None
    company: str | None
    phone: str | None
    website: str | None
    country: str | None
    industry: str | None
    employees: int | None
    annual_revenue: int | None
    lead_source: str | None
    description: str | None
    opted_out: bool
    do_not_contact: bool
    is_converted: bool
    contact_id: str | None = None
    account_id: str | None = None
    opportunity_id: str | None = None


class CrmLook(Record):
    """The last look into the CRM before a send, for one prospect."""

    key: str
    exists: bool
    owner_id: str | None = None
    status: str | None = None
    opted_out: bool = False
    do_not_contact: bool = False
    closed: bool = False
    """The Lead was closed or its Opportunity is closed, by whoever."""
    detail: str = ""


class CrmUpdate(Record):
    """Fields to set on one record. `expected` holds what we last knew, for the journal and for conflicts."""

    object: str
    record_id: str
    fields: dict[str, Any]
    reason: str


class CrmTask(Record):
    """An activity to log or to hand to a person; `key` makes it unique in the CRM."""

    key: str
    who_id: str
    what_id: str | None
    owner_id: str
    subject: str
    description: str
    on: str
    """ISO date."""
    completed: bool
    subtype: str
    """Task, Email or Call."""
    priority: str = "Normal"


class Conversion(Record):
    """A Lead to convert."""

    action_key: str
    lead_id: str
    status: str
    opportunity_name: str
    owner_id: str
    account_id: str | None = None
    """An Account we already know for this company; None makes a new one."""


class CrmOutcome(Record):
    """What is known about one CRM write after the call, with the same states as a mail."""

    key: str
    state: ActionState
    record_id: str | None = None
    detail: str = ""
    ids: dict[str, str] = {}
    """For a conversion: contact, account, opportunity."""
    retry_after: timedelta | None = None


class Crm(Protocol):
    """The company's Salesforce org. Batches are cut to its limits inside; record errors are outcomes.

    Reads raise `CrmUnavailable` (try later) or `CrmRefused` (settings or permission; says what to do).
    Writes raise nothing: each record has its outcome.
    """

    def ready(self) -> None:
        """Signs in and checks what writing needs; raises what is wrong, before any write."""
        ...

    def changed_leads(self, since: str | None, limit: int) -> list[CrmLead]:
        """Leads changed behind the cursor of an earlier one (None: all), oldest first."""
        ...

    def look(self, prospects: Sequence[Prospect]) -> dict[str, CrmLook]:
        """Re-read what decides about a send, in batch."""
        ...

    def upsert_leads(self, drafts: Sequence[LeadDraft]) -> list[CrmOutcome]:
        """By e-mail; the outcome's key is the draft's line number as text."""
        ...

    def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Current values by record id; records that are gone and fields the org lacks are left out."""
        ...

    def update(self, updates: Sequence[CrmUpdate]) -> list[CrmOutcome]:
        """Set fields; the outcome's key is the record id. Fields the org lacks are left out."""
        ...

    def create_tasks(self, tasks: Sequence[CrmTask]) -> list[CrmOutcome]: ...

    def tasks_by_key(self, keys: Sequence[str]) -> dict[str, str]:
        """Key to Task id of those that exist: the evidence that settles an uncertain create."""
        ...

    def convert(self, conversions: Sequence[Conversion]) -> list[CrmOutcome]: ...

    def converted(self, lead_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Lead id to contact/account/opportunity ids of those that are converted."""
        ...

    def contact_roles(self, roles: Mapping[str, tuple[str, str]]) -> list[CrmOutcome]:
        """Opportunity id to (contact id, role): make it so, primary, without duplicates."""
        ...

    def calls_made(self) -> int:
        """API calls of this process so far."""
        ...


# --- preparation ----------------------------------------------------------------------------------


class AccountQuery(Record):
    """Who to look up."""

    key: str
    """Cache key: the domain, else the normalised company name."""
    company: str
    domain: str | None = None
    country: str | None = None


class Enricher(Protocol):
    """Looks accounts up in one source. A miss is an empty tuple; a source that is down raises nothing."""

    def lookup(self, queries: Sequence[AccountQuery], now: datetime) -> dict[str, tuple[Fact, ...]]: ...


class AddressReader(Protocol):
    """Reads an e-mail address alone, without asking anybody."""

    def facts(self, email: str, now: datetime) -> tuple[Fact, ...]:
        """`email_kind` (corporate, free, role or disposable) and, unless it is free-mail, `domain`."""
        ...


class DeckBuilder(Protocol):
    """Builds a presentation file and lints it. The same content gives the same bytes."""

    def build(self, content: DeckContent, path: Path) -> tuple[Finding, ...]:
        """Writes the file only when there are no findings."""
        ...

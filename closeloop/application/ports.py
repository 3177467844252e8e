"""What the use cases need from outside. Adapters and the fakes of the tests keep the same contract suites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from closeloop.application.ledger_port import (
    Change,
    CrmWriteRow,
    DecisionRow,
    Ledger,
    ReceiptRow,
    RunRow,
    StoryLine,
)
from closeloop.domain.actions import ActionState
from closeloop.domain.leads import LeadDraft
from closeloop.domain.messages import MailProps, RenderedMail
from closeloop.domain.presentation_content import DeckContent, Finding
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.record import Record
from closeloop.domain.signals import Understanding

__all__ = [
    "AccountQuery",
    "AddressReader",
    "Change",
    "Clock",
    "Conversion",
    "Crm",
    "CrmLead",
    "CrmLook",
    "CrmOutcome",
    "CrmTask",
    "CrmUpdate",
    "CrmWriteRow",
    "DecisionRow",
    "DeckBuilder",
    "Enricher",
    "Ledger",
    "MailRenderer",
    "Mailer",
    "OutgoingMail",
    "ReceiptRow",
    "ReplyReader",
    "RunRow",
    "SendOutcome",
    "StoryLine",
]


class Clock(Protocol):
    """The only source of the present."""

    def now(self) -> datetime: ...


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

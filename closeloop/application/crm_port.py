"""The CRM port: the records the process reads and writes, and what the use cases may ask of a Salesforce org."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from closeloop.application.crm_erasure import CrmErasing
from closeloop.application.crm_people import CrmPeople
from closeloop.domain.actions import ActionState
from closeloop.domain.api_budget import ApiUsage
from closeloop.domain.leads import LeadDraft
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record


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
    state: str | None = None
    time_zone: str | None = None
    """IANA name, where people keep one."""
    preferred_channel: str | None = None
    language: str | None = None
    """A code or a name, such as `th` or `Thai`, where people keep one."""
    do_not_call: bool = False
    goals: str | None = None
    plans: str | None = None
    timeline: str | None = None
    """What the prospect said they want, how, and by when, where sellers write it down."""


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


class CrmRead(Record):
    """Fields to read of records of one object."""

    object: str
    ids: tuple[str, ...]
    fields: tuple[str, ...]


class CrmUpdate(Record):
    """Fields to set on one record. `expected` holds what we last knew, for the journal and for conflicts."""

    object: str
    record_id: str
    fields: dict[str, Any]
    reason: str
    seen_at: str | None = None
    """The record's last change when it was read, as the CRM writes it; None when it was not read."""


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


class CrmDeal(Record):
    """What people may have changed about a deal of ours and its person."""

    opportunity_id: str
    contact_id: str
    cursor: str
    """Give the last one back to `news` to read on from there."""
    owner_id: str
    owner_name: str
    contact_owner_id: str
    contact_owner_name: str
    opted_out: bool
    do_not_contact: bool
    closed: bool = False
    """Whoever closed it."""
    won: bool = False
    lost_reason: str | None = None
    """What the org's field for it says, where the mapping has one."""
    owner_is_active: bool = True
    """False: their CRM user was switched off; such deals are told every time, until somebody else owns them."""


class CrmFile(Record):
    """A file that a record should hold. `mark` names it for good, whatever people call it."""

    key: str
    mark: str
    record_id: str
    also_at: tuple[str, ...] = ()
    """Records where an earlier version of it may lie, such as the Lead of a deal."""
    owner_id: str
    title: str
    file_name: str
    content: bytes
    what: str = "draft presentation"
    """In words, for people who look at its versions."""


class CrmMeeting(Record):
    """A meeting that was agreed for a day, with its hour where that is known. `key` makes it unique in the CRM."""

    action_key: str
    key: str
    who_id: str
    what_id: str | None
    owner_id: str
    subject: str
    description: str
    on: str
    """ISO date."""
    starts_at: str | None = None
    """ISO moment in UTC; None: people give it its hour."""
    minutes: int = 30
    was: str | None = None
    """The moment that we wrote before; an Event at any other was moved by people, and stays."""
    called_off: bool = False


class CrmEvent(Record):
    """A meeting of ours as its Event stands in the CRM now."""

    key: str
    cursor: str
    """Give the last one back to `news` to read on from there."""
    is_gone: bool
    on: str
    """ISO date."""
    starts_at: str | None
    """ISO moment in UTC; None for one of the whole day."""
    minutes: int | None


class CrmNews(Record):
    """What people may have changed about our deals and meetings."""

    deals: tuple[CrmDeal, ...] = ()
    events: tuple[CrmEvent, ...] = ()


class CrmMember(Record):
    """A person's membership in a campaign."""

    action_key: str
    campaign_id: str
    lead_id: str
    contact_id: str | None
    """After the conversion; a membership is then the Contact's."""
    status: str
    earlier: tuple[str, ...] = ()
    """Statuses of ours that this one follows on; any other was set by people and stays."""


class Conversion(Record):
    """A Lead to convert."""

    action_key: str
    lead_id: str
    status: str
    opportunity_name: str
    owner_id: str
    account_id: str | None = None
    """An Account we already know for this company; None makes a new one."""
    domain: str | None = None
    """Registrable domain of the company; None for free-mail."""
    stage_name: str = "Prospecting"
    """Where the deal starts, when nobody but us says so."""
    close_on: str | None = None
    """ISO date by which it is expected to close, likewise."""


class CrmOutcome(Record):
    """What is known about one CRM write after the call, with the same states as a mail."""

    key: str
    state: ActionState
    record_id: str | None = None
    detail: str = ""
    existed: bool = False
    """The record was there before this write; it was found, or changed, and not made."""
    ids: dict[str, str] = {}
    """For a conversion: contact, account, opportunity, and open_lead when the Lead itself stays what it was."""
    retry_after: timedelta | None = None
    filled: dict[str, Any] = {}
    """Blank fields of an existing record that an upsert filled, by the org's names."""


class Crm(CrmErasing, CrmPeople, Protocol):
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

    def count_leads(self) -> int:
        """How many Leads there are, for one call."""
        ...

    def leads_by_id(self, ids: Sequence[str]) -> list[CrmLead]:
        """These Leads as they are now, converted ones too; those that are gone are left out."""
        ...

    def changed_between(self, start: datetime, until: str, known: Container[str]) -> list[CrmLead]:
        """Leads changed from `start` on, up to and with the cursor `until`, whose own cursor is not `known`."""
        ...

    def look(self, prospects: Sequence[Prospect]) -> dict[str, CrmLook]:
        """Re-read what decides about a send, in batch."""
        ...

    def upsert_leads(self, drafts: Sequence[LeadDraft]) -> list[CrmOutcome]:
        """By e-mail; the outcome's key is the draft's line number as text. Of a Lead that is there already only
        blank fields are filled."""
        ...

    def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Current values by record id; records that are gone and fields the org lacks are left out."""
        ...

    def read_together(self, wanted: Sequence[CrmRead]) -> dict[str, dict[str, Any]]:
        """The same for several objects in as few calls as the org takes, by record id."""
        ...

    def writable(self, object_name: str, fields: Collection[str]) -> frozenset[str]:
        """Those of these fields that the org has and lets us write."""
        ...

    def update(self, updates: Sequence[CrmUpdate]) -> list[CrmOutcome]:
        """Set fields; the outcome's key is the record id. Fields the org lacks are left out.

        A record that was seen to have changed after `seen_at` is not written: it is PLANNED, to be read again. Of a
        batch that takes many calls, the later ones are looked at once more before their turn.
        """
        ...

    def create_tasks(self, tasks: Sequence[CrmTask]) -> list[CrmOutcome]: ...

    def tasks_by_key(self, keys: Sequence[str]) -> dict[str, str]:
        """Key to Task id of those that exist: the evidence that settles an uncertain create."""
        ...

    def convert(self, conversions: Sequence[Conversion]) -> list[CrmOutcome]: ...

    def converted(self, lead_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Lead id to contact/account/opportunity ids of those that are converted."""
        ...

    def conversion_caveat(self) -> str | None:
        """What a run should say about how Leads are converted here; None when there is nothing to say."""
        ...

    def news(self, deals_since: str | None, events_since: str | None, *, meetings: bool) -> CrmNews:
        """Deals of ours that changed, or whose person did, from a cursor on (None: all), oldest change first; with
        `meetings`, in the same call, the Events of our meetings that changed or were deleted.

        What changed shortly before a cursor is told again: taking it over twice changes nothing.
        """
        ...

    def put_files(self, files: Sequence[CrmFile]) -> list[CrmOutcome]:
        """Upload what is not there yet; a changed file becomes a new version, the same one nothing.

        SKIPPED when a person put a newer version in its place.
        """
        ...

    def files_in_place(self, files: Sequence[CrmFile]) -> dict[str, str]:
        """Key to the id of the file's latest version, for those whose content is on their record."""
        ...

    def put_meetings(self, meetings: Sequence[CrmMeeting]) -> list[CrmOutcome]:
        """Enter them once each; one that is there is moved, unless a person has set its hour (SKIPPED)."""
        ...

    def meetings_by_key(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Key to (Event id, ISO date) of those that exist."""
        ...

    def put_members(self, members: Sequence[CrmMember]) -> list[CrmOutcome]:
        """Make people members of a campaign or move their status on; never back, never what people set."""
        ...

    def members_in_place(self, members: Sequence[CrmMember]) -> dict[str, str]:
        """Action key to membership id, for those who need nothing more."""
        ...

    def contact_roles(self, roles: Mapping[str, tuple[str, str]]) -> list[CrmOutcome]:
        """Opportunity id to (contact id, role): make it so, primary, without duplicates. A role that has another
        name already keeps it; it counts as existing."""
        ...

    def our_user(self) -> str | None:
        """Id of the user in whose name we write; None when the org does not say."""
        ...

    def our_org(self) -> str | None:
        """Id of the org we are signed in to, with 18 characters; None when it cannot be asked now."""
        ...

    def calls_made(self) -> int:
        """API calls of this process so far."""
        ...

    def usage(self) -> ApiUsage | None:
        """Calls of everybody, as the org's last answer told; None before the first answer. Asks nothing."""
        ...

    def keep_to(self, share: float, ours: int, allowed: int | None = None) -> None:
        """From now on no call goes beyond `share` per cent of what the org allows in 24 hours, of which `ours` are
        used up; the call that would, raises `CrmRefused` and is not made. `allowed` is what the org allowed when it
        was last asked: it holds for the first call, before any answer tells."""
        ...

"""Twins of the CRM and the mailer for a dry run: they read the real world and write down what they would do."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from closeloop.application.crm_erasure import CrmPerson, CrmTrace, CrmTraces
from closeloop.application.crm_people import KnownPerson
from closeloop.application.ports import (
    Conversion,
    Crm,
    CrmFile,
    CrmLead,
    CrmLook,
    CrmMeeting,
    CrmMember,
    CrmNews,
    CrmOutcome,
    CrmRead,
    CrmTask,
    CrmUpdate,
    DeckBuilder,
    Evidence,
    HeldBatch,
    Mailer,
    MailInDoubt,
    OutgoingMail,
    QuoteBuilder,
    SendOutcome,
)
from closeloop.domain.account_identity import AccountRecord
from closeloop.domain.actions import ActionState
from closeloop.domain.api_budget import ApiUsage
from closeloop.domain.identity_traits import PersonRecord
from closeloop.domain.leads import LeadDraft
from closeloop.domain.presentation_content import DeckContent, Finding
from closeloop.domain.prospect import Prospect
from closeloop.domain.quotes import Quote

MARK = "dry-run-"


class DryRunCrm:
    """Reads pass through; every write is accepted on paper only."""

    def __init__(self, real: Crm) -> None:
        self._real = real
        self.updates: list[CrmUpdate] = []
        self.tasks: list[CrmTask] = []
        self.conversions: list[Conversion] = []
        self.leads: list[LeadDraft] = []
        self.files: list[CrmFile] = []
        self.meetings: list[CrmMeeting] = []
        self.members: list[CrmMember] = []

    def ready(self) -> None:
        self._real.ready()

    def our_user(self) -> str | None:
        return self._real.our_user()

    def our_org(self) -> str | None:
        return self._real.our_org()

    def calls_made(self) -> int:
        return self._real.calls_made()

    def usage(self) -> ApiUsage | None:
        return self._real.usage()

    def keep_to(self, share: float, ours: int, allowed: int | None = None) -> None:
        self._real.keep_to(share, ours, allowed)

    def changed_leads(self, since: str | None, limit: int) -> list[CrmLead]:
        return self._real.changed_leads(since, limit)

    def count_leads(self) -> int:
        return self._real.count_leads()

    def leads_by_id(self, ids: Sequence[str]) -> list[CrmLead]:
        return self._real.leads_by_id(ids)

    def changed_between(self, start: datetime, until: str, known: Container[str]) -> list[CrmLead]:
        return self._real.changed_between(start, until, known)

    def look(self, prospects: Sequence[Prospect]) -> dict[str, CrmLook]:
        """A deal this dry run would have opened is not in the CRM: its Lead is looked at instead."""
        as_they_are = [
            p.model_copy(update={"crm": p.crm.model_copy(update={"opportunity": None})})
            if (p.crm.opportunity or "").startswith(MARK)
            else p
            for p in prospects
        ]
        return self._real.look(as_they_are)

    def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, dict[str, Any]]:
        real = self._real.read(object_name, [i for i in ids if not i.startswith(MARK)], fields)
        return real | {i: dict.fromkeys(fields) for i in ids if i.startswith(MARK)}

    def read_together(self, wanted: Sequence[CrmRead]) -> dict[str, dict[str, Any]]:
        real = self._real.read_together(
            [one.model_copy(update={"ids": tuple(i for i in one.ids if not i.startswith(MARK))}) for one in wanted]
        )
        return real | {i: dict.fromkeys(one.fields) for one in wanted for i in one.ids if i.startswith(MARK)}

    def writable(self, object_name: str, fields: Collection[str]) -> frozenset[str]:
        return self._real.writable(object_name, fields)

    def tasks_by_key(self, keys: Sequence[str]) -> dict[str, str]:
        return self._real.tasks_by_key(keys)

    def converted(self, lead_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        return self._real.converted(lead_ids)

    def accounts_like(self, wanted: Sequence[AccountRecord]) -> list[AccountRecord]:
        return self._real.accounts_like(wanted)

    def people_like(self, wanted: Sequence[PersonRecord]) -> list[KnownPerson]:
        return self._real.people_like(wanted)

    def upsert_leads(self, drafts: Sequence[LeadDraft]) -> list[CrmOutcome]:
        self.leads.extend(drafts)
        return [_accepted(str(draft.line)) for draft in drafts]

    def update(self, updates: Sequence[CrmUpdate]) -> list[CrmOutcome]:
        self.updates.extend(updates)
        return [_accepted(update.record_id) for update in updates]

    def create_tasks(self, tasks: Sequence[CrmTask]) -> list[CrmOutcome]:
        self.tasks.extend(tasks)
        return [_accepted(task.key) for task in tasks]

    def convert(self, conversions: Sequence[Conversion]) -> list[CrmOutcome]:
        self.conversions.extend(conversions)
        return [_converted(conversion) for conversion in conversions]

    def contact_roles(self, roles: Mapping[str, tuple[str, str]]) -> list[CrmOutcome]:
        return [_accepted(deal) for deal in roles]

    def conversion_caveat(self) -> str | None:
        return self._real.conversion_caveat()

    def news(self, deals_since: str | None, events_since: str | None, *, meetings: bool) -> CrmNews:
        return self._real.news(deals_since, events_since, meetings=meetings)

    def put_files(self, files: Sequence[CrmFile]) -> list[CrmOutcome]:
        self.files.extend(files)
        return [_accepted(file.key) for file in files]

    def files_in_place(self, files: Sequence[CrmFile]) -> dict[str, str]:
        return self._real.files_in_place([file for file in files if not file.record_id.startswith(MARK)])

    def put_meetings(self, meetings: Sequence[CrmMeeting]) -> list[CrmOutcome]:
        self.meetings.extend(meetings)
        return [_accepted(meeting.action_key) for meeting in meetings]

    def meetings_by_key(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        return self._real.meetings_by_key(keys)

    def put_members(self, members: Sequence[CrmMember]) -> list[CrmOutcome]:
        self.members.extend(members)
        return [_accepted(member.action_key) for member in members]

    def members_in_place(self, members: Sequence[CrmMember]) -> dict[str, str]:
        return self._real.members_in_place(members)

    def traces(self, person: CrmPerson) -> CrmTraces:
        return self._real.traces(person)

    def delete(self, records: Sequence[CrmTrace]) -> list[CrmOutcome]:
        return [_accepted(record.id) for record in records]


class DryRunMailer:
    """Accepts every mail and sends none; the provider's records are read, and nothing is called back."""

    def __init__(self, real: Mailer | None = None) -> None:
        self._real = real
        self.mails: list[OutgoingMail] = []

    def ready(self) -> None:
        """A dry run needs no key."""

    def send(self, mails: Sequence[OutgoingMail]) -> list[SendOutcome]:
        self.mails.extend(mails)
        return [SendOutcome(action_key=mail.action_key, state=ActionState.ACCEPTED) for mail in mails]

    def evidence(self, mails: Sequence[MailInDoubt]) -> Evidence:
        return self._real.evidence(mails) if self._real else Evidence(silence="nobody was asked")

    def call_back(self, batches: Sequence[HeldBatch]) -> frozenset[str]:
        return frozenset()


class DryRunDecks:
    """Builds and lints every draft, and keeps none."""

    def __init__(self, real: DeckBuilder) -> None:
        self._real = real

    def build_all(self, drafts: Sequence[tuple[DeckContent, Path]]) -> list[tuple[Finding, ...]]:
        with TemporaryDirectory() as folder:
            return self._real.build_all([(content, Path(folder, path.name)) for content, path in drafts])


class DryRunQuotes:
    """Writes every quote, and keeps none."""

    def __init__(self, real: QuoteBuilder) -> None:
        self._real = real

    def build(self, quote: Quote, path: Path) -> None:
        with TemporaryDirectory() as folder:
            self._real.build(quote, Path(folder, path.name))


def _accepted(key: str) -> CrmOutcome:
    return CrmOutcome(key=key, state=ActionState.ACCEPTED, record_id=f"{MARK}{key}")


def _converted(conversion: Conversion) -> CrmOutcome:
    ids = {name: f"{MARK}{name}-{conversion.lead_id}" for name in ("account", "contact", "opportunity")}
    if conversion.account_id:
        ids["account"] = conversion.account_id
    return CrmOutcome(key=conversion.action_key, state=ActionState.ACCEPTED, record_id=ids["opportunity"], ids=ids)

"""The CRM as dictionaries, for tests of the use cases, held to the real adapter by the same contract suite.

Invariant: like the org it stands for, it knows no two Tasks with one key and changes no converted Lead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

from closeloop.adapters.salesforce import mapping
from closeloop.application.crm_people import KnownPerson
from closeloop.application.ports import (
    Conversion,
    CrmLead,
    CrmLook,
    CrmOutcome,
    CrmRead,
    CrmTask,
    CrmUpdate,
)
from closeloop.domain.account_identity import AccountRecord
from closeloop.domain.actions import ActionState
from closeloop.domain.api_budget import ApiUsage
from closeloop.domain.errors import CloseloopError
from closeloop.domain.identity_traits import PersonRecord
from closeloop.domain.leads import LeadDraft
from closeloop.domain.name_beginnings import company_beginnings, name_beginnings
from closeloop.domain.prospect import Prospect
from closeloop.domain.web_domains import registrable_domain
from tests.fakes import crm_attachments
from tests.fakes.crm_erasing import CrmErasings

PREFIXES = {
    "Lead": "00Q",
    "Contact": "003",
    "Account": "001",
    "Opportunity": "006",
    "Task": "00T",
    "OpportunityContactRole": "00K",
    **crm_attachments.PREFIXES,
}
INTEGRATION_USER = "005000000000001EAA"
PERSON = "005000000000002EAA"
ORG = "00D000000000001EAA"
OPEN, CONVERTED, CLOSED = "Open - Not Contacted", "Closed - Converted", "Closed - Not Converted"
LEAD_DEFAULTS: dict[str, Any] = {
    "Status": OPEN,
    "HasOptedOutOfEmail": False,
    "Closeloop_Do_Not_Contact__c": False,
    "IsConverted": False,
    "OwnerId": INTEGRATION_USER,
    "Owner": {"Name": "Closeloop Integration"},
}
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
Row = dict[str, Any]


def written(moment: datetime) -> str:
    """A moment as Salesforce writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


class MemoryCrm(CrmErasings):
    """Implements `closeloop.application.ports.Crm`; its attributes are there for tests to look at and to set."""

    def __init__(self) -> None:
        self.allowed = 100_000
        self.remembered: int | None = None
        self.kept_to: tuple[float, int] | None = None
        self.records: dict[str, dict[str, Row]] = {name: {} for name in PREFIXES}
        self.clock: Callable[[], datetime] = lambda: FIRST + timedelta(hours=self.stamp)
        """Dates the last change of a record."""
        self.user = PERSON
        """In whose name records change: a person's, or ours inside the methods of the port."""
        self.stamp = 1
        """The hour; grows when a test lets time pass. Records of one stamp changed in the same second."""
        self.calls = 0
        self.signed_in = False
        self.down: CloseloopError | None = None
        """What every call raises while it is set."""
        self.answers: dict[str, ActionState] = {}
        """Method name to the state its writes end in instead of ACCEPTED; nothing is written then."""
        self.read_only: frozenset[str] = frozenset()
        """Fields that the org does not let us write."""
        self.silent: set[str] = set()
        """Methods whose writes happen though their answer is lost: every outcome is UNCERTAIN."""

    # for tests
    def insert(self, object_name: str, **fields: Any) -> str:
        number = sum(len(found) for found in self.records.values()) + 1
        record_id = f"{PREFIXES[object_name]}{number:012}EAA"
        empty = dict.fromkeys(mapping.LEAD_FIELDS) | LEAD_DEFAULTS if object_name == "Lead" else {}
        row = {**empty, "Id": record_id, **fields}
        self.records[object_name][record_id] = row
        self._touch(row)
        return record_id

    def change(self, object_name: str, record_id: str, **fields: Any) -> None:
        row = self.records[object_name][record_id]
        row.update(fields)
        self._touch(row)

    def rows(self, object_name: str) -> list[Row]:
        return [row for _, row in sorted(self.records[object_name].items())]

    def _touch(self, row: Row) -> None:
        row["SystemModstamp"] = written(FIRST + timedelta(hours=self.stamp))
        row["LastModifiedDate"], row["LastModifiedById"] = written(self.clock()), self.user
        row.setdefault("CreatedById", self.user)

    def _call(self) -> None:
        self.calls += 1
        if self.down is not None:
            raise self.down

    def _written(self, method: str, key: str, write: Callable[[], CrmOutcome]) -> CrmOutcome:
        if state := self.answers.get(method):
            return CrmOutcome(key=key, state=state, detail="as the test wants it")
        self.user = INTEGRATION_USER
        try:
            outcome = write()
        finally:
            self.user = PERSON
        if method not in self.silent:
            return outcome
        known = {"existed": True, "record_id": outcome.record_id, "filled": outcome.filled}
        lost = CrmOutcome(key=key, state=ActionState.UNCERTAIN, detail="no answer")
        return lost.model_copy(update=known) if outcome.filled else lost

    # the port
    def ready(self) -> None:
        """Like the real one it asks the org once."""
        if self.down is not None or not self.signed_in:
            self._call()
        self.signed_in = True

    def our_user(self) -> str | None:
        return INTEGRATION_USER

    def our_org(self) -> str | None:
        return None if self.down else ORG

    def calls_made(self) -> int:
        return self.calls

    def usage(self) -> ApiUsage | None:
        told = self.calls > 0 and self.down is None
        if told:
            return ApiUsage(used=self.calls, allowed=self.allowed)
        return ApiUsage(used=0, allowed=self.remembered) if self.remembered else None

    def keep_to(self, share: float, ours: int, allowed: int | None = None) -> None:
        self.kept_to, self.remembered = (share, ours), allowed

    def changed_leads(self, since: str | None, limit: int) -> list[CrmLead]:
        self._call()
        leads = sorted(map(mapping.lead, self.rows("Lead")), key=lambda lead: lead.cursor)
        return [lead for lead in leads if since is None or lead.cursor > since][:limit]

    def count_leads(self) -> int:
        self._call()
        return len(self.rows("Lead"))

    def leads_by_id(self, ids: Sequence[str]) -> list[CrmLead]:
        self._call()
        return [mapping.lead(row) for row in self.rows("Lead") if row["Id"] in set(ids)]

    def changed_between(self, start: datetime, until: str, known: Container[str]) -> list[CrmLead]:
        self._call()
        leads = sorted(map(mapping.lead, self.rows("Lead")), key=lambda lead: lead.cursor)
        behind = [lead for lead in leads if written(start) <= lead.cursor <= until]
        return [lead for lead in behind if lead.cursor not in known]

    def look(self, prospects: Sequence[Prospect]) -> dict[str, CrmLook]:
        self._call()
        looks = {prospect.key: self._look(prospect) for prospect in prospects}
        return {key: look for key, look in looks.items() if look is not None}

    def _look(self, prospect: Prospect) -> CrmLook | None:
        crm = prospect.crm
        if not crm.opportunity:
            lead = self.records["Lead"].get(crm.lead)
            return mapping.lead_look(prospect.key, lead) if lead else None
        deal = self.records["Opportunity"].get(crm.opportunity)
        person = self.records["Contact"].get(crm.contact or "")
        if deal is None:
            return None
        consent = mapping.contact_look(prospect.key, person) if person else None
        return mapping.with_consent(mapping.deal_look(prospect.key, deal), consent)

    def accounts_like(self, wanted: Sequence[AccountRecord]) -> list[AccountRecord]:
        self._call()
        starts = tuple(company_beginnings(one.name for one in wanted))
        sites = {registrable_domain(one.website or "") for one in wanted} - {None}
        return [
            AccountRecord(
                id=row["Id"],
                name=row.get("Name") or "",
                website=row.get("Website"),
                country=row.get("BillingCountry"),
                phone=row.get("Phone"),
                parent=row.get("ParentId"),
            )
            for row in self.rows("Account")
            if str(row.get("Name")).casefold().startswith(starts)
            or registrable_domain(row.get("Website") or "") in sites
        ]

    def people_like(self, wanted: Sequence[PersonRecord]) -> list[KnownPerson]:
        self._call()
        starts = tuple(name_beginnings(wanted))
        leads = [self._known("Lead", row) for row in self.rows("Lead") if not row["IsConverted"]]
        people = leads + [self._known("Contact", row) for row in self.rows("Contact")]
        return [one for one in people if one.person.last_name.casefold().startswith(starts)]

    def _known(self, name: Literal["Lead", "Contact"], row: Row) -> KnownPerson:
        account = self.records["Account"].get(row.get("AccountId") or "", {})
        company, country = (
            (account.get("Name"), "MailingCountry") if name == "Contact" else (row["Company"], "Country")
        )
        person = PersonRecord(
            id=row["Id"],
            last_name=row.get("LastName") or "",
            first_name=row.get("FirstName"),
            company=company or "",
            email=row.get("Email") or "",
            phone=row.get("Phone"),
            country=row.get(country),
            website=account.get("Website") or row.get("Website"),
        )
        return KnownPerson(
            object=name, id=row["Id"], owner_id=row.get("OwnerId") or INTEGRATION_USER, person=person
        )

    def upsert_leads(self, drafts: Sequence[LeadDraft]) -> list[CrmOutcome]:
        self._call()
        return [self._written("upsert_leads", str(d.line), partial(self._upsert, d)) for d in drafts]

    def _upsert(self, draft: LeadDraft) -> CrmOutcome:
        if "@" not in draft.email:
            detail = f"INVALID_EMAIL_ADDRESS: Email: invalid email address: {draft.email}"
            return CrmOutcome(key=str(draft.line), state=ActionState.REJECTED, detail=detail)
        values, key = mapping.lead_values(draft), str(draft.line)
        known = [row for row in self.rows("Lead") if (row["Email"] or "").lower() == draft.email.lower()]
        if not known:
            return CrmOutcome(key=key, state=ActionState.ACCEPTED, record_id=self.insert("Lead", **values))
        there = known[0]
        blank = {name: value for name, value in values.items() if there.get(name) in (None, "")}
        filled = {} if there["IsConverted"] else blank
        if filled:
            self.change("Lead", there["Id"], **filled)
        return CrmOutcome(key=key, state=ActionState.ACCEPTED, record_id=there["Id"], existed=True, filled=filled)

    def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, Row]:
        self._call()
        known = self.records[object_name]
        return {i: {field: known[i].get(field) for field in fields} for i in ids if i in known}

    def read_together(self, wanted: Sequence[CrmRead]) -> dict[str, Row]:
        return {record_id: row for w in wanted for record_id, row in self.read(w.object, w.ids, w.fields).items()}

    def writable(self, object_name: str, fields: Collection[str]) -> frozenset[str]:
        self._call()
        return frozenset(fields) - self.read_only

    def update(self, updates: Sequence[CrmUpdate]) -> list[CrmOutcome]:
        self._call()
        return [self._written("update", u.record_id, partial(self._update, u)) for u in updates]

    def _update(self, update: CrmUpdate) -> CrmOutcome:
        row = self.records[update.object].get(update.record_id)
        if row is None or row.get("IsConverted"):
            code = "CANNOT_UPDATE_CONVERTED_LEAD" if row else "ENTITY_IS_DELETED"
            return CrmOutcome(key=update.record_id, state=ActionState.REJECTED, detail=f"{code}: refused")
        if update.seen_at not in {None, row["LastModifiedDate"]}:
            return CrmOutcome(key=update.record_id, state=ActionState.PLANNED, detail="changed meanwhile")
        self.change(update.object, update.record_id, **update.fields)
        return CrmOutcome(key=update.record_id, state=ActionState.ACCEPTED, record_id=update.record_id)

    def create_tasks(self, tasks: Sequence[CrmTask]) -> list[CrmOutcome]:
        self._call()
        return [self._written("create_tasks", t.key, partial(self._create, t)) for t in tasks]

    def _create(self, task: CrmTask) -> CrmOutcome:
        record_id = self._keys().get(task.key) or self.insert("Task", **mapping.task_values(task))
        return CrmOutcome(key=task.key, state=ActionState.ACCEPTED, record_id=record_id)

    def _keys(self) -> dict[str, str]:
        return {row["Closeloop_Key__c"]: row["Id"] for row in self.rows("Task") if row.get("Closeloop_Key__c")}

    def tasks_by_key(self, keys: Sequence[str]) -> dict[str, str]:
        self._call()
        return {key: found for key, found in self._keys().items() if key in set(keys)}

    def convert(self, conversions: Sequence[Conversion]) -> list[CrmOutcome]:
        self._call()
        return [self._written("convert", c.action_key, partial(self._convert, c)) for c in conversions]

    def _convert(self, wish: Conversion) -> CrmOutcome:
        lead = self.records["Lead"][wish.lead_id]
        if lead["IsConverted"]:
            return CrmOutcome(
                key=wish.action_key, state=ActionState.UNCERTAIN, detail="CANNOT_UPDATE_CONVERTED_LEAD"
            )
        account = wish.account_id or self.insert("Account", Name=lead["Company"])
        who = {name: lead.get(name) for name in ("FirstName", "LastName", "Email", "Phone")}
        contact = self.insert("Contact", AccountId=account, HasOptedOutOfEmail=False, OwnerId=wish.owner_id, **who)
        deal = self.insert(
            "Opportunity",
            AccountId=account,
            Name=wish.opportunity_name,
            StageName="Prospecting",
            IsClosed=False,
            OwnerId=wish.owner_id,
        )
        made = {"ConvertedAccountId": account, "ConvertedContactId": contact, "ConvertedOpportunityId": deal}
        self.change("Lead", wish.lead_id, IsConverted=True, Status=wish.status, **made)
        self.insert("OpportunityContactRole", OpportunityId=deal, ContactId=contact, IsPrimary=True, Role=None)
        ids = {"account": account, "contact": contact, "opportunity": deal}
        return CrmOutcome(key=wish.action_key, state=ActionState.ACCEPTED, record_id=deal, ids=ids)

    def converted(self, lead_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        self._call()
        leads = [self.records["Lead"][i] for i in lead_ids if i in self.records["Lead"]]
        return {lead["Id"]: mapping.converted_ids(lead) for lead in leads if lead["IsConverted"]}

    def contact_roles(self, roles: Mapping[str, tuple[str, str]]) -> list[CrmOutcome]:
        self._call()
        return [self._written("contact_roles", deal, partial(self._role, deal, *roles[deal])) for deal in roles]

    def _role(self, deal: str, contact: str, role: str) -> CrmOutcome:
        present = {(r["OpportunityId"], r["ContactId"]): r for r in self.rows("OpportunityContactRole")}
        there = present.get((deal, contact), {})
        if there.get("Role"):
            existed = there["Role"] != role
            return CrmOutcome(key=deal, state=ActionState.ACCEPTED, record_id=there["Id"], existed=existed)
        record_id = there.get("Id") or self.insert("OpportunityContactRole", OpportunityId=deal, ContactId=contact)
        self.change("OpportunityContactRole", record_id, Role=role, IsPrimary=True)
        return CrmOutcome(key=deal, state=ActionState.ACCEPTED, record_id=record_id)

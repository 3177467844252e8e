"""The Crm port over Salesforce: our words to the org's objects and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from simple_salesforce.api import Salesforce

from closeloop.adapters.salesforce import mapping
from closeloop.adapters.salesforce.calls import Calls
from closeloop.adapters.salesforce.conversion import convert
from closeloop.adapters.salesforce.reading import Reader, Row
from closeloop.adapters.salesforce.soql import chunks, in_list
from closeloop.adapters.salesforce.writing import Record, Writer, attempted
from closeloop.application.ports import (
    Conversion,
    CrmLead,
    CrmLook,
    CrmOutcome,
    CrmTask,
    CrmUpdate,
)
from closeloop.domain.leads import LeadDraft
from closeloop.domain.prospect import Prospect

KEY = "Closeloop_Key__c"
MARK = "Closeloop_Do_Not_Contact__c"


class SalesforceCrm:
    """Implements `closeloop.application.ports.Crm`. Connects at the first call, not before."""

    def __init__(self, connect: Callable[[], Salesforce]) -> None:
        self._connect = connect

    @cached_property
    def calls(self) -> Calls:
        return Calls(self._connect())

    @cached_property
    def reader(self) -> Reader:
        return Reader(self.calls)

    @cached_property
    def writer(self) -> Writer:
        return Writer(self.calls, str(self.calls.client.sf_version))

    def calls_made(self) -> int:
        return self.calls.made if "calls" in vars(self) else 0

    def ready(self) -> None:
        self.reader.require("Task", KEY)

    def changed_leads(self, since: str | None, limit: int) -> list[CrmLead]:
        fields = [*mapping.LEAD_FIELDS, *self._mark("Lead")]
        where = f" WHERE {mapping.behind(since)}" if since else ""
        soql = f"SELECT {', '.join(fields)} FROM Lead{where} ORDER BY SystemModstamp, Id LIMIT {limit}"
        return [mapping.lead(row) for row in self.reader.query(soql)]

    def look(self, prospects: Sequence[Prospect]) -> dict[str, CrmLook]:
        """Leads by Lead id, deals by Opportunity id; each in as few queries as the URL allows."""
        leads = {p.crm.lead: p.key for p in prospects if not p.crm.opportunity}
        deals = {p.crm.opportunity: p for p in prospects if p.crm.opportunity}
        looks = self._look_at("Lead", leads, mapping.lead_look)
        found = self._look_at("Opportunity", {o: p.key for o, p in deals.items()}, mapping.deal_look)
        people = {p.crm.contact: p.key for p in deals.values() if p.crm.contact}
        consents = self._look_at("Contact", people, mapping.contact_look)
        return looks | {key: mapping.with_consent(found[key], consents.get(key)) for key in found}

    def _look_at(
        self, name: str, keys: Mapping[str, str], read: Callable[[str, Row], CrmLook]
    ) -> dict[str, CrmLook]:
        fields = ", ".join([*mapping.LOOK_FIELDS[name], *self._mark(name)])
        looks = {}
        for ids in chunks(list(keys)):
            for row in self.reader.query(f"SELECT {fields} FROM {name} WHERE Id IN {in_list(ids)}"):
                looks[keys[row["Id"]]] = read(keys[row["Id"]], row)
        return looks

    def _mark(self, name: str) -> list[str]:
        """Our do-not-contact field, where the org has it."""
        return [MARK] if MARK in self.reader.fields(name) else []

    def upsert_leads(self, drafts: Sequence[LeadDraft]) -> list[CrmOutcome]:
        records = [Record(str(draft.line), "Lead", mapping.lead_values(draft)) for draft in drafts]
        return attempted((record.key for record in records), lambda: self.writer.upsert(records, by="Email"))

    def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, dict[str, Any]]:
        return self.reader.retrieve(object_name, ids, fields)

    def update(self, updates: Sequence[CrmUpdate]) -> list[CrmOutcome]:
        return attempted((u.record_id for u in updates), lambda: self.writer.update(self._changes(updates)))

    def _changes(self, updates: Sequence[CrmUpdate]) -> list[Record]:
        return [
            Record(u.record_id, u.object, {"Id": u.record_id, **self.reader.writable(u.object, u.fields)})
            for u in sorted(updates, key=lambda update: update.object)
        ]

    def create_tasks(self, tasks: Sequence[CrmTask]) -> list[CrmOutcome]:
        records = [Record(task.key, "Task", mapping.task_values(task)) for task in tasks]
        return attempted((task.key for task in tasks), lambda: self.writer.insert(records))

    def tasks_by_key(self, keys: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for part in chunks(keys, size=100):
            soql = f"SELECT Id, {KEY} FROM Task WHERE {KEY} IN {in_list(part)}"
            found |= {row[KEY]: row["Id"] for row in self.reader.query(soql)}
        return found

    def convert(self, conversions: Sequence[Conversion]) -> list[CrmOutcome]:
        return attempted((c.action_key for c in conversions), lambda: convert(self.calls, conversions))

    def converted(self, lead_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for part in chunks(lead_ids):
            where = f"IsConverted = true AND Id IN {in_list(part)}"
            for row in self.reader.query(f"SELECT {', '.join(mapping.CONVERTED_FIELDS)} FROM Lead WHERE {where}"):
                found[row["Id"]] = mapping.converted_ids(row)
        return found

    def contact_roles(self, roles: Mapping[str, tuple[str, str]]) -> list[CrmOutcome]:
        """Conversion makes a role without a name: name it; make one where there is none."""
        return attempted(roles, lambda: self._make_roles(roles))

    def _make_roles(self, roles: Mapping[str, tuple[str, str]]) -> list[CrmOutcome]:
        present: dict[tuple[str, str], str] = {}
        for part in chunks(list(roles)):
            where = f"OpportunityId IN {in_list(part)}"
            soql = f"SELECT Id, OpportunityId, ContactId FROM OpportunityContactRole WHERE {where}"
            present |= {(r["OpportunityId"], r["ContactId"]): r["Id"] for r in self.reader.query(soql)}
        old = [
            Record(
                deal,
                "OpportunityContactRole",
                {"Id": present[deal, contact], "Role": role, "IsPrimary": True},
            )
            for deal, (contact, role) in roles.items()
            if (deal, contact) in present
        ]
        new = [
            Record(deal, "OpportunityContactRole", mapping.role_values(deal, contact, role))
            for deal, (contact, role) in roles.items()
            if (deal, contact) not in present
        ]
        return self.writer.update(old) + self.writer.insert(new)

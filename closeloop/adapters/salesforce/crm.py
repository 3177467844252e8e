"""The Crm port over Salesforce: our words to the org's objects and back."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from closeloop.adapters.salesforce import mapping
from closeloop.adapters.salesforce.calls import Ambiguous, Calls, Request
from closeloop.adapters.salesforce.campaigns import Campaigns
from closeloop.adapters.salesforce.connection import signed_in
from closeloop.adapters.salesforce.conversion import convert
from closeloop.adapters.salesforce.conversion_apex import convert_by_apex
from closeloop.adapters.salesforce.deals import news
from closeloop.adapters.salesforce.erasing import Eraser
from closeloop.adapters.salesforce.files import Files
from closeloop.adapters.salesforce.known_people import KnownPeople
from closeloop.adapters.salesforce.linking import CAVEAT, Linker
from closeloop.adapters.salesforce.meetings import Meetings
from closeloop.adapters.salesforce.names import Names
from closeloop.adapters.salesforce.our_fields import KEY, MARK
from closeloop.adapters.salesforce.owners import owned_by_users
from closeloop.adapters.salesforce.read_back import convert_and_read_back
from closeloop.adapters.salesforce.reading import Reader, Row, Wanted
from closeloop.adapters.salesforce.record_ids import full_id
from closeloop.adapters.salesforce.roles import Roles
from closeloop.adapters.salesforce.soql import behind, chunks, in_list, moment, up_to, whole
from closeloop.adapters.salesforce.writing import BULK_ROWS, Record, Writer, attempted
from closeloop.application.crm_erasure import CrmPerson, CrmTrace, CrmTraces
from closeloop.application.crm_people import KnownPerson
from closeloop.application.ports import (
    Conversion,
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
)
from closeloop.domain.account_identity import AccountRecord
from closeloop.domain.actions import ActionState
from closeloop.domain.api_budget import ApiUsage
from closeloop.domain.crm_mapping import CrmMapping
from closeloop.domain.errors import CrmRefused, CrmUnavailable
from closeloop.domain.identity_traits import PersonRecord
from closeloop.domain.leads import LeadDraft
from closeloop.domain.prospect import Prospect

if TYPE_CHECKING:
    from closeloop.adapters.salesforce.client import Client

EMAILS_PER_QUERY = 200
"""Addresses in one query; more would be too long for a URL."""
ReadLook = Callable[[str, Row], CrmLook]
USER_INFO = "/services/oauth2/userinfo"


class SalesforceCrm:
    """Implements `closeloop.application.ports.Crm`. Connects at the first call, not before."""

    def __init__(
        self,
        connect: Callable[[], Client],
        bulk_rows: int = BULK_ROWS,
        convert_by: str = "soap",
        sleep: Callable[[float], None] = time.sleep,
        names: CrmMapping | None = None,
    ) -> None:
        """`convert_by`: `soap`, `apex:<path of the REST class>` or `create`. `names`: what the org calls its
        fields; without it, what a new org calls them."""
        self._names = Names(names)
        self._connect = connect
        self._convert_by = convert_by
        self._bulk_rows = bulk_rows
        self._sleep = sleep
        self._share: float | None = None
        self._ours = 0
        self._allowed: int | None = None
        self._org: str | None = None

    @cached_property
    def calls(self) -> Calls:
        calls = Calls(signed_in(self._connect, self._sleep), self._sleep)
        if self._share is not None:
            calls.keep_to(self._share, self._ours, self._allowed)
        return calls

    @cached_property
    def reader(self) -> Reader:
        return Reader(self.calls)

    @cached_property
    def writer(self) -> Writer:
        return Writer(self.calls, str(self.calls.client.sf_version), self._bulk_rows)

    def our_user(self) -> str | None:
        return self._our_user

    @cached_property
    def _our_user(self) -> str | None:
        return self._who("user_id")  # None: then what may be a person's counts as a person's

    def our_org(self) -> str | None:
        self._org = self._org or self._who("organization_id")
        return full_id(self._org) if self._org else None

    def _who(self, what: str) -> str | None:
        try:
            return str(self.calls.json(Request("GET", USER_INFO), repeatable=True)[what])
        except (CrmUnavailable, CrmRefused, Ambiguous, KeyError):
            return None

    def calls_made(self) -> int:
        return self.calls.made if "calls" in vars(self) else 0

    def usage(self) -> ApiUsage | None:
        known = self.calls.usage if "calls" in vars(self) else None
        if known is None:
            return ApiUsage(used=0, allowed=self._allowed) if self._allowed else None
        return ApiUsage(used=known[0], allowed=known[1])

    def keep_to(self, share: float, ours: int, allowed: int | None = None) -> None:
        self._share, self._ours, self._allowed = share, ours, allowed
        if "calls" in vars(self):
            self.calls.keep_to(share, ours, allowed)

    def ready(self) -> None:
        self.reader.require("Task", KEY)

    def changed_leads(self, since: str | None, limit: int) -> list[CrmLead]:
        where = f" WHERE {behind(since)}" if since else ""
        order = "ORDER BY SystemModstamp, Id"
        rows = self.reader.query(f"SELECT {self._lead_fields()} FROM Lead{where} {order} LIMIT {whole(limit)}")
        # A query that was asked again may give its rows out of order; the last one must be the furthest.
        return sorted(map(self._lead, rows), key=_changed_at)[:limit]

    def count_leads(self) -> int:
        return self.reader.count("Lead")

    def leads_by_id(self, ids: Sequence[str]) -> list[CrmLead]:
        select = f"SELECT {self._lead_fields()} FROM Lead"
        rows = self.reader.queries([f"{select} WHERE Id IN {in_list(part)}" for part in chunks(ids)])
        return [self._lead(row) for row in rows]

    def changed_between(self, start: datetime, until: str, known: Container[str]) -> list[CrmLead]:
        """One light query for the cursors; only Leads that are not known are read in full."""
        within = f"SystemModstamp >= {moment(start)} AND ({up_to(until)})"
        rows = self.reader.query(f"SELECT Id, SystemModstamp FROM Lead WHERE {within}")
        cursors = {row["Id"]: f"{row['SystemModstamp']}|{row['Id']}" for row in rows}
        late = [lead for lead, cursor in cursors.items() if cursor not in known]
        select = f"SELECT {self._lead_fields()} FROM Lead"
        found = list(
            map(self._lead, self.reader.queries([f"{select} WHERE Id IN {in_list(i)}" for i in chunks(late)]))
        )
        # What changed again in the meantime lies behind the cursor, where the next read finds it.
        last = until.partition("|")[0]
        return sorted((lead for lead in found if _changed_at(lead) <= last), key=_changed_at)

    def _lead_fields(self) -> str:
        return ", ".join(
            self._names.select(
                "Lead", [*mapping.LEAD_FIELDS, *self._where_there_is_one("Lead"), *self._mark("Lead")]
            )
        )

    def _where_there_is_one(self, name: str) -> list[str]:
        known = self.reader.fields(name)
        return [field for field in mapping.WHERE_THERE_IS_ONE if self._names.org(name, field) in known]

    def _lead(self, row: Row) -> CrmLead:
        return mapping.lead(self._names.row("Lead", row))

    def look(self, prospects: Sequence[Prospect]) -> dict[str, CrmLook]:
        """Leads by Lead id, deals by Opportunity id, with their people: all in one call for 2,000 prospects."""
        leads = {p.crm.lead: p.key for p in prospects if not p.crm.opportunity}
        deals = {p.crm.opportunity: p for p in prospects if p.crm.opportunity}
        beside = {p.crm.open_lead: p.key for p in deals.values() if p.crm.open_lead}
        people = {p.crm.contact: p.key for p in deals.values() if p.crm.contact}
        keys = {"Lead": leads | beside, "Opportunity": {o: p.key for o, p in deals.items()}, "Contact": people}
        rows = self.reader.retrieve_all([self._look_fields(name, list(ids)) for name, ids in keys.items() if ids])
        looks = self._looks("Lead", keys, rows, partial(mapping.lead_look, names=self._names))
        found = self._looks("Opportunity", keys, rows, mapping.deal_look)
        consents = self._looks("Contact", keys, rows, mapping.contact_look)
        # A Lead that was linked and not converted is beside its deal: a no in either place is a no.
        said = {key: mapping.either_no(consents.get(key), looks.pop(key, None)) for key in found}
        return looks | {key: mapping.with_consent(found[key], said[key]) for key in found}

    def _look_fields(self, name: str, ids: Sequence[str]) -> Wanted:
        """None of them may be missing: what cannot be seen might be a no."""
        return Wanted(name, ids, self._names.select(name, [*mapping.LOOK_FIELDS[name], *self._mark(name)]))

    def _looks(
        self, name: str, keys: Mapping[str, Mapping[str, str]], rows: Mapping[str, Row], read: ReadLook
    ) -> dict[str, CrmLook]:
        there = {key: rows[record_id] for record_id, key in keys[name].items() if record_id in rows}
        return {key: read(key, self._names.row(name, row)) for key, row in there.items()}

    def _mark(self, name: str) -> list[str]:
        """The do-not-contact field under its standard name, where the org has it."""
        return [MARK] if self._names.org(name, MARK) in self.reader.fields(name) else []

    def accounts_like(self, wanted: Sequence[AccountRecord]) -> list[AccountRecord]:
        return KnownPeople(self.reader, self._names).accounts(wanted)

    def people_like(self, wanted: Sequence[PersonRecord]) -> list[KnownPerson]:
        return KnownPeople(self.reader, self._names).like(wanted)

    def upsert_leads(self, drafts: Sequence[LeadDraft]) -> list[CrmOutcome]:
        return attempted((str(draft.line) for draft in drafts), lambda: self._upsert(drafts))

    def _upsert(self, drafts: Sequence[LeadDraft]) -> list[CrmOutcome]:
        by = self._names.org("Lead", "Email") or "Email"
        values = {d.line: self._names.values("Lead", mapping.lead_values(d)) for d in drafts}
        there = self._there(drafts, by)
        new = [d for d in drafts if d.email.lower() not in there]
        record_type = self._names.record_type("Lead")
        extra = {"RecordTypeId": record_type} if record_type else {}
        made = self.writer.upsert([Record(str(d.line), "Lead", values[d.line] | extra) for d in new], by=by)
        old = [(d, there[d.email.lower()]) for d in drafts if d.email.lower() in there]
        outcomes = made + self._fill([(str(d.line), row, _blank(row, values[d.line])) for d, row in old])
        by_key = {outcome.key: outcome for outcome in outcomes}
        return [by_key[str(d.line)] for d in drafts]

    def _there(self, drafts: Sequence[LeadDraft], by: str) -> dict[str, Row]:
        """Lower-case e-mail to the Lead that has it, with the fields a draft may fill."""
        wanted = [*mapping.DRAFT_FIELDS, "IsConverted"]
        fields = ", ".join(dict.fromkeys(["Id", *self._names.select("Lead", wanted)]))
        found: dict[str, Row] = {}
        parts = chunks([draft.email for draft in drafts], size=EMAILS_PER_QUERY)
        asked = [f"SELECT {fields} FROM Lead WHERE {by} IN {in_list(part)} ORDER BY Id" for part in parts]
        for row in self.reader.queries(asked):
            found.setdefault(str(row[by]).lower(), row)
        return found

    def _fill(self, wishes: Sequence[tuple[str, Row, Row]]) -> list[CrmOutcome]:
        """Only blanks of Leads that are there already are filled: what stands in them is somebody's work."""
        records = [Record(key, "Lead", {"Id": row["Id"], **blank}) for key, row, blank in wishes if blank]
        written = {outcome.key: outcome for outcome in self.writer.update(records)} if records else {}
        return [
            written[key].model_copy(update={"filled": blank, "existed": True, "record_id": row["Id"]})
            if blank
            else CrmOutcome(key=key, state=ActionState.ACCEPTED, record_id=row["Id"], existed=True)
            for key, row, blank in wishes
        ]

    def read(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, dict[str, Any]]:
        return self.reader.retrieve(object_name, ids, fields)

    def read_together(self, wanted: Sequence[CrmRead]) -> dict[str, dict[str, Any]]:
        return self.reader.retrieve_all([self.reader.readable(one.object, one.ids, one.fields) for one in wanted])

    def writable(self, object_name: str, fields: Collection[str]) -> frozenset[str]:
        return frozenset(self.reader.writable(object_name, dict.fromkeys(fields)))

    def update(self, updates: Sequence[CrmUpdate]) -> list[CrmOutcome]:
        return attempted((u.record_id for u in updates), lambda: self.writer.update(self._changes(updates)))

    def _changes(self, updates: Sequence[CrmUpdate]) -> list[Record]:
        return [
            Record(
                u.record_id,
                u.object,
                {"Id": u.record_id, **self.reader.writable(u.object, u.fields)},
                seen_at=u.seen_at,
            )
            for u in sorted(updates, key=lambda update: update.object)
        ]

    def create_tasks(self, tasks: Sequence[CrmTask]) -> list[CrmOutcome]:
        kind = {"RecordTypeId": record_type} if (record_type := self._names.record_type("Task")) else {}

        def write() -> list[CrmOutcome]:
            ours = owned_by_users(tasks, self.our_user)
            records = [Record(task.key, "Task", mapping.task_values(task) | kind) for task in ours]
            return self.writer.insert(records, unique=KEY)

        return attempted((task.key for task in tasks), write)

    def tasks_by_key(self, keys: Sequence[str]) -> dict[str, str]:
        select = f"SELECT Id, {KEY} FROM Task"
        asked = [f"{select} WHERE {KEY} IN {in_list(part)}" for part in chunks(keys, size=100)]
        return {row[KEY]: row["Id"] for row in self.reader.queries(asked)}

    def convert(self, conversions: Sequence[Conversion]) -> list[CrmOutcome]:
        return attempted(
            (c.action_key for c in conversions),
            lambda: convert_and_read_back(
                owned_by_users(conversions, self.our_user), self._convert, self.converted
            ),
        )

    def _convert(self, conversions: Sequence[Conversion]) -> list[CrmOutcome]:
        way, _, path = self._convert_by.partition(":")
        if way == "apex":
            return convert_by_apex(self.calls, path, conversions)
        return self._linker.link(conversions) if way == "create" else convert(self.calls, conversions)

    @cached_property
    def _linker(self) -> Linker:
        return Linker(self.calls, self.reader, self._names)

    def conversion_caveat(self) -> str | None:
        return CAVEAT if self._convert_by == "create" else None

    def converted(self, lead_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        select = f"SELECT {', '.join(mapping.CONVERTED_FIELDS)} FROM Lead WHERE IsConverted = true"
        asked = [f"{select} AND Id IN {in_list(part)}" for part in chunks(lead_ids)]
        found = {row["Id"]: mapping.converted_ids(row) for row in self.reader.queries(asked)}
        if self._convert_by == "create":
            found = self._linker.linked([lead for lead in lead_ids if lead not in found]) | found
        return found

    def news(self, deals_since: str | None, events_since: str | None, *, meetings: bool) -> CrmNews:
        return news(self.reader, self._names, deals_since, events_since, meetings=meetings)

    def put_files(self, files: Sequence[CrmFile]) -> list[CrmOutcome]:
        return attempted(
            (file.key for file in files), lambda: self._files.put(owned_by_users(files, self.our_user))
        )

    def files_in_place(self, files: Sequence[CrmFile]) -> dict[str, str]:
        return self._files.in_place(files)

    @cached_property
    def _files(self) -> Files:
        return Files(self.reader, self.writer)

    def put_meetings(self, meetings: Sequence[CrmMeeting]) -> list[CrmOutcome]:
        return attempted(
            (meeting.action_key for meeting in meetings),
            lambda: self._meetings.put(owned_by_users(meetings, self.our_user)),
        )

    def meetings_by_key(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        return self._meetings.by_key(keys)

    @cached_property
    def _meetings(self) -> Meetings:
        return Meetings(self.reader, self.writer)

    def put_members(self, members: Sequence[CrmMember]) -> list[CrmOutcome]:
        return attempted((member.action_key for member in members), lambda: self._campaigns.put(members))

    def members_in_place(self, members: Sequence[CrmMember]) -> dict[str, str]:
        return self._campaigns.in_place(members)

    @cached_property
    def _campaigns(self) -> Campaigns:
        return Campaigns(self.reader, self.writer)

    def traces(self, person: CrmPerson) -> CrmTraces:
        return self._eraser.traces(person)

    def delete(self, records: Sequence[CrmTrace]) -> list[CrmOutcome]:
        return attempted((record.id for record in records), lambda: self._eraser.delete(records))

    @cached_property
    def _eraser(self) -> Eraser:
        emails = {name: field for name in ("Lead", "Contact") if (field := self._names.org(name, "Email"))}
        return Eraser(self.calls, self.reader, str(self.calls.client.sf_version), emails)

    def contact_roles(self, roles: Mapping[str, tuple[str, str]]) -> list[CrmOutcome]:
        """Conversion makes a role without a name: name it; make one where there is none."""
        return attempted(roles, lambda: self._roles.name(roles))

    @cached_property
    def _roles(self) -> Roles:
        return Roles(self.reader, self.writer, self._names)


def _changed_at(lead: CrmLead) -> str:
    return lead.cursor.partition("|")[0]


def _blank(row: Row, values: Row) -> Row:
    """What a draft knows and the Lead does not. A converted Lead takes no more values."""
    if row.get("IsConverted"):
        return {}
    return {field: value for field, value in values.items() if field in row and row[field] in (None, "")}

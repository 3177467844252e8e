"""What hangs on the records of the fake CRM: files, meetings, campaign members, and what people change in deals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from closeloop.adapters.salesforce import campaigns, files
from closeloop.adapters.salesforce import meetings as meetings_at
from closeloop.application.ports import CrmDeal, CrmFile, CrmMeeting, CrmMember, CrmNews, CrmOutcome
from closeloop.domain.actions import ActionState

Row = dict[str, Any]
PREFIXES = {
    "Event": "00U",
    "CampaignMember": "00v",
    "ContentVersion": "068",
    "ContentDocumentLink": "06A",
}
KEPT = ActionState.SKIPPED


class CrmAttachments(ABC):
    """The part of the port that makes and finds them; `MemoryCrm` brings the records."""

    caveat: str | None = None
    gone_users: frozenset[str] = frozenset()
    """Users who were switched off."""

    @abstractmethod
    def insert(self, object_name: str, **fields: Any) -> str: ...
    @abstractmethod
    def change(self, object_name: str, record_id: str, **fields: Any) -> None: ...
    @abstractmethod
    def rows(self, object_name: str) -> list[Row]: ...
    @abstractmethod
    def _call(self) -> None: ...
    @abstractmethod
    def _written(self, method: str, key: str, write: Callable[[], CrmOutcome]) -> CrmOutcome: ...

    def conversion_caveat(self) -> str | None:
        return self.caveat

    def _changed_deals(self, since: str | None) -> list[CrmDeal]:
        pairs = [(self._row("Opportunity", r["OpportunityId"]), r["ContactId"]) for r in self._roles()]
        found = [
            _deal(deal, self._row("Contact", contact)) for deal, contact in pairs if "Closeloop_Stage__c" in deal
        ]
        found = [d.model_copy(update={"owner_is_active": d.owner_id not in self.gone_users}) for d in found]
        told = [d for d in found if since is None or d.cursor >= since or not d.owner_is_active]
        return sorted(told, key=lambda deal: deal.cursor)

    def news(self, deals_since: str | None, events_since: str | None, *, meetings: bool) -> CrmNews:
        self._call()
        deals = self._changed_deals(deals_since)
        found = [meetings_at.event_of(row) for row in self._events()] if meetings else []
        events = [one for one in found if events_since is None or one.cursor >= events_since]
        return CrmNews(deals=tuple(deals), events=tuple(sorted(events, key=lambda one: (one.cursor, one.key))))

    def _events(self) -> list[Row]:
        blank = {"IsDeleted": False, "StartDateTime": None, "DurationInMinutes": None, "ActivityDate": None}
        return [blank | row for row in self.rows("Event")]

    def _roles(self) -> list[Row]:
        return [role for role in self.rows("OpportunityContactRole") if role["IsPrimary"]]

    def _row(self, name: str, record_id: str) -> Row:
        return next(row for row in self.rows(name) if row["Id"] == record_id)

    # files
    def put_files(self, given: Sequence[CrmFile]) -> list[CrmOutcome]:
        self._call()
        return [self._written("put_files", file.key, partial(self._put_file, file)) for file in given]

    def _put_file(self, file: CrmFile) -> CrmOutcome:
        latest = self._latest(file)
        if (
            latest is not None
            and latest["Checksum"] != files.checksum(file)
            and not latest["ReasonForChange"].startswith(files.OURS)
        ):
            self._link(file.record_id, latest["ContentDocumentId"])
            return CrmOutcome(key=file.key, state=KEPT, detail=files.KEPT)
        existed = latest is not None and latest["Checksum"] == files.checksum(file)
        if latest is None or not existed:
            latest = self._row("ContentVersion", self._upload(file, latest))
        self._link(file.record_id, latest["ContentDocumentId"])
        return CrmOutcome(key=file.key, state=ActionState.ACCEPTED, record_id=latest["Id"], existed=existed)

    def _upload(self, file: CrmFile, before: Row | None) -> str:
        document = before["ContentDocumentId"] if before else f"069{file.key[3:]}"
        if before:
            self.change("ContentVersion", before["Id"], IsLatest=False)
        return self.insert(
            "ContentVersion",
            Title=file.title,
            Description=file.mark,
            Checksum=files.checksum(file),
            ReasonForChange=f"{files.OURS}{file.what}",
            IsLatest=True,
            ContentDocumentId=document,
        )

    def _link(self, record: str, document: str) -> None:
        if document not in self._documents(record):
            self.insert("ContentDocumentLink", LinkedEntityId=record, ContentDocumentId=document)

    def _documents(self, record: str) -> set[str]:
        links = self.rows("ContentDocumentLink")
        return {link["ContentDocumentId"] for link in links if link["LinkedEntityId"] == record}

    def _latest(self, file: CrmFile) -> Row | None:
        near = set().union(*(self._documents(record) for record in (file.record_id, *file.also_at)))
        versions = [v for v in self.rows("ContentVersion") if v["ContentDocumentId"] in near and v["IsLatest"]]
        return next((v for v in versions if v["Description"] == file.mark or v["Title"] == file.title), None)

    def files_in_place(self, given: Sequence[CrmFile]) -> dict[str, str]:
        self._call()
        found = {file: self._latest(file) for file in given}
        return {
            file.key: latest["Id"]
            for file, latest in found.items()
            if latest
            and latest["Checksum"] == files.checksum(file)
            and latest["ContentDocumentId"] in self._documents(file.record_id)
        }

    # meetings
    def put_meetings(self, given: Sequence[CrmMeeting]) -> list[CrmOutcome]:
        self._call()
        return [self._written("put_meetings", m.action_key, partial(self._put_meeting, m)) for m in given]

    def _put_meeting(self, meeting: CrmMeeting) -> CrmOutcome:
        there = next((e for e in self._events() if e["Closeloop_Key__c"] == meeting.key), None)
        if there is not None and not meetings_at.is_ours(there, meeting):
            return CrmOutcome(key=meeting.action_key, state=KEPT, record_id=there["Id"], detail=meetings_at.KEPT)
        record_id = there["Id"] if there else self.insert("Event")
        self.change("Event", record_id, **meetings_at.values(meeting))
        existed = there is not None
        return CrmOutcome(key=meeting.action_key, state=ActionState.ACCEPTED, record_id=record_id, existed=existed)

    def meetings_by_key(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        self._call()
        events = {row["Closeloop_Key__c"]: (row["Id"], meetings_at.day_of(row)) for row in self._events()}
        return {key: events[key] for key in keys if key in events}

    # campaign members
    def put_members(self, given: Sequence[CrmMember]) -> list[CrmOutcome]:
        self._call()
        return [self._written("put_members", m.action_key, partial(self._put_member, m)) for m in given]

    def _put_member(self, member: CrmMember) -> CrmOutcome:
        there = self._membership(member)
        if there is None:
            record_id = self.insert(
                "CampaignMember", **{"LeadId": None, "ContactId": None} | campaigns.values(member)
            )
        else:
            record_id = there["Id"]
            if there["Status"] in member.earlier:
                self.change("CampaignMember", record_id, Status=member.status)
        existed = there is not None
        return CrmOutcome(key=member.action_key, state=ActionState.ACCEPTED, record_id=record_id, existed=existed)

    def _membership(self, member: CrmMember) -> Row | None:
        here = [m for m in self.rows("CampaignMember") if m["CampaignId"] == member.campaign_id]
        same = (m for m in here if m["LeadId"] == member.lead_id or member.contact_id == (m["ContactId"] or ""))
        return next(same, None)

    def members_in_place(self, given: Sequence[CrmMember]) -> dict[str, str]:
        self._call()
        found = {member.action_key: (member, self._membership(member)) for member in given}
        return {key: row["Id"] for key, (m, row) in found.items() if row and row["Status"] not in m.earlier}


def _deal(deal: Row, person: Row) -> CrmDeal:
    return CrmDeal(
        opportunity_id=deal["Id"],
        contact_id=person["Id"],
        cursor=max(deal["SystemModstamp"], person["SystemModstamp"]),
        owner_id=deal["OwnerId"],
        owner_name="",
        contact_owner_id=person["OwnerId"],
        contact_owner_name="",
        opted_out=bool(person.get("HasOptedOutOfEmail")),
        do_not_contact=bool(person.get("Closeloop_Do_Not_Contact__c")),
        closed=bool(deal.get("IsClosed")),
        won=bool(deal.get("IsWon")),
        lost_reason=deal.get("Closeloop_Lost_Reason__c"),
    )

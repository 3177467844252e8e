"""Campaign memberships: one for each person, its status only ever moved on, and what people set left alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from closeloop.adapters.salesforce.reading import Reader
from closeloop.adapters.salesforce.soql import chunks, in_list, quote
from closeloop.adapters.salesforce.writing import Record, Writer
from closeloop.application.ports import CrmMember, CrmOutcome
from closeloop.domain.actions import ActionState

PEOPLE_PER_QUERY = 300
"""A person is looked for under up to two ids."""
Row = dict[str, Any]


class Campaigns:
    """Makes people members, in batches."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader, self._writer = reader, writer

    def put(self, members: Sequence[CrmMember]) -> list[CrmOutcome]:
        """One outcome per member, in order."""
        there = self._there(members)
        new = [Record(m.action_key, "CampaignMember", values(m)) for m in members if m.action_key not in there]
        on = [m for m in members if m.action_key in there and there[m.action_key]["Status"] in m.earlier]
        moved = [
            Record(m.action_key, "CampaignMember", {"Id": there[m.action_key]["Id"], "Status": m.status})
            for m in on
        ]
        changed = [found.model_copy(update={"existed": True}) for found in self._writer.update(moved)]
        made = self._writer.insert(new) + changed
        outcomes = {found.key: found for found in made}
        return [outcomes.get(m.action_key) or _as_it_is(m, there[m.action_key]["Id"]) for m in members]

    def in_place(self, members: Sequence[CrmMember]) -> dict[str, str]:
        """Action key to membership, for those whose status needs no move."""
        there = self._there(members)
        return {
            m.action_key: str(there[m.action_key]["Id"])
            for m in members
            if m.action_key in there and there[m.action_key]["Status"] not in m.earlier
        }

    def _there(self, members: Sequence[CrmMember]) -> dict[str, Row]:
        """By action key: memberships under the Lead's id, which a conversion keeps, or the Contact's."""
        rows: dict[tuple[str, str], Row] = {}
        for campaign in sorted({m.campaign_id for m in members}):
            mine = [m for m in members if m.campaign_id == campaign]
            for part in chunks(mine, size=PEOPLE_PER_QUERY):
                leads = in_list(m.lead_id for m in part)
                contacts = [m.contact_id for m in part if m.contact_id]
                who = (
                    f"(LeadId IN {leads} OR ContactId IN {in_list(contacts)})" if contacts else f"LeadId IN {leads}"
                )
                where = f"CampaignId = {quote(campaign)} AND {who}"
                soql = f"SELECT Id, CampaignId, LeadId, ContactId, Status FROM CampaignMember WHERE {where}"
                for row in self._reader.query(soql):
                    rows |= {(campaign, row[name]): row for name in ("LeadId", "ContactId") if row[name]}
        found = {
            m: rows.get((m.campaign_id, m.contact_id or "")) or rows.get((m.campaign_id, m.lead_id))
            for m in members
        }
        return {m.action_key: row for m, row in found.items() if row}


def values(member: CrmMember) -> Row:
    """The fields of a new membership."""
    who = {"ContactId": member.contact_id} if member.contact_id else {"LeadId": member.lead_id}
    return {"CampaignId": member.campaign_id, "Status": member.status, **who}


def _as_it_is(member: CrmMember, record_id: str) -> CrmOutcome:
    return CrmOutcome(key=member.action_key, state=ActionState.ACCEPTED, record_id=record_id, existed=True)

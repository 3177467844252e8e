"""Deals of ours that changed, with their person: one query answers for Opportunities and Contacts together.

Only deals that carry our stage are read, so a large org costs no more than our own part of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from closeloop.adapters.salesforce.meetings import OVERLAP, changed_events, event_of
from closeloop.adapters.salesforce.names import Names
from closeloop.adapters.salesforce.our_fields import LOST_REASON, MARK, STAGE
from closeloop.adapters.salesforce.reading import Reader
from closeloop.adapters.salesforce.soql import moment
from closeloop.application.ports import CrmDeal, CrmNews

DEAL_FIELDS = ("OwnerId", "Owner.Name", "Owner.IsActive", "SystemModstamp", "IsClosed", "IsWon")
DEAL = [f"Opportunity.{field}" for field in DEAL_FIELDS]
PERSON = "Contact.OwnerId Contact.Owner.Name Contact.SystemModstamp".split()
CONSENT = ("HasOptedOutOfEmail", MARK)
Row = dict[str, Any]


def news(
    reader: Reader, names: Names, deals_since: str | None, events_since: str | None, *, meetings: bool
) -> CrmNews:
    """Oldest change first; what changed shortly before a cursor is told again. One call, with our meetings too."""
    asked = _asked(reader, names, deals_since)
    if asked is None:
        return CrmNews()
    if not meetings:
        return CrmNews(deals=_in_order(reader.query(asked), names))
    deals, rows = reader.each([(asked, False), (changed_events(events_since), True)])
    events = sorted(map(event_of, rows), key=lambda event: (event.cursor, event.key))
    return CrmNews(deals=_in_order(deals, names), events=tuple(events))


def _asked(reader: Reader, names: Names, since: str | None) -> str | None:
    """None for an org that does not have our stage."""
    stage = names.org("Opportunity", STAGE)
    if stage is None or stage not in reader.fields("Opportunity"):
        return None
    there = reader.fields("Contact")
    consent = [f"Contact.{field}" for field in names.select("Contact", CONSENT) if field in there]
    there_too = reader.fields("Opportunity")
    reason = [f"Opportunity.{name}" for name in names.select("Opportunity", [LOST_REASON]) if name in there_too]
    fields = ", ".join(["Id", "OpportunityId", "ContactId", *DEAL, *reason, *PERSON, *consent])
    where = f"IsPrimary = true AND Opportunity.{stage} != null"
    if since:
        later = f"SystemModstamp >= {moment(datetime.fromisoformat(since) - OVERLAP)}"
        # Switching a user off changes none of their records.
        where += f" AND (Opportunity.{later} OR Contact.{later} OR Opportunity.Owner.IsActive = false)"
    return f"SELECT {fields} FROM OpportunityContactRole WHERE {where}"


def _in_order(rows: Iterable[Row], names: Names) -> tuple[CrmDeal, ...]:
    deals = (_deal(row, names) for row in rows)
    return tuple(sorted(deals, key=lambda deal: (deal.cursor, deal.opportunity_id)))


def _deal(row: Row, names: Names) -> CrmDeal:
    deal, person = row["Opportunity"], names.row("Contact", row["Contact"])
    return CrmDeal(
        opportunity_id=row["OpportunityId"],
        contact_id=row["ContactId"],
        cursor=max(deal["SystemModstamp"], person["SystemModstamp"]),
        owner_id=deal["OwnerId"],
        owner_name=(deal.get("Owner") or {}).get("Name") or "",
        contact_owner_id=person["OwnerId"],
        contact_owner_name=(person.get("Owner") or {}).get("Name") or "",
        opted_out=bool(person.get("HasOptedOutOfEmail")),
        do_not_contact=bool(person.get(MARK)),
        closed=bool(deal["IsClosed"]),
        won=bool(deal["IsWon"]),
        lost_reason=deal.get(names.org("Opportunity", LOST_REASON) or "") or None,
        owner_is_active=bool((deal.get("Owner") or {}).get("IsActive", True)),
    )

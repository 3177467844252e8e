"""Deals of ours that changed, with their person: one query answers for Opportunities and Contacts together.

Only deals that carry our stage are read, so a large org costs no more than our own part of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from closeloop.adapters.salesforce.names import Names
from closeloop.adapters.salesforce.our_fields import LOST_REASON, MARK, STAGE
from closeloop.adapters.salesforce.reading import Reader
from closeloop.adapters.salesforce.soql import moment
from closeloop.application.ports import CrmDeal

DEAL = [f"Opportunity.{field}" for field in ("OwnerId", "Owner.Name", "SystemModstamp", "IsClosed", "IsWon")]
PERSON = "Contact.OwnerId Contact.Owner.Name Contact.SystemModstamp".split()
CONSENT = ("HasOptedOutOfEmail", MARK)
OVERLAP = timedelta(minutes=10)
"""A transaction that ends late shows a moment that lies behind the cursor already."""
Row = dict[str, Any]


def changed_deals(reader: Reader, names: Names, since: str | None) -> list[CrmDeal]:
    """Oldest change first; what changed shortly before the cursor is told again."""
    stage = names.org("Opportunity", STAGE)
    if stage is None or stage not in reader.fields("Opportunity"):
        return []
    there = reader.fields("Contact")
    consent = [f"Contact.{field}" for field in names.select("Contact", CONSENT) if field in there]
    there_too = reader.fields("Opportunity")
    reason = [f"Opportunity.{name}" for name in names.select("Opportunity", [LOST_REASON]) if name in there_too]
    fields = ", ".join(["Id", "OpportunityId", "ContactId", *DEAL, *reason, *PERSON, *consent])
    where = f"IsPrimary = true AND Opportunity.{stage} != null"
    if since:
        later = f"SystemModstamp >= {moment(datetime.fromisoformat(since) - OVERLAP)}"
        where += f" AND (Opportunity.{later} OR Contact.{later})"
    rows = reader.query(f"SELECT {fields} FROM OpportunityContactRole WHERE {where}")
    return sorted((_deal(row, names) for row in rows), key=lambda deal: (deal.cursor, deal.opportunity_id))


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
    )

"""What goes to the recycle bin together with a record.

Invariant: no live activity, role, membership or link is left that belongs to a deleted record only.
"""

from __future__ import annotations

from sandbox.salesforce.admin import changes as change_log
from sandbox.salesforce.call import Call
from sandbox.salesforce.schema import ObjectType

_OWNED = frozenset(
    {
        ("Contact", "AccountId"),
        ("Opportunity", "AccountId"),
        ("OpportunityContactRole", "OpportunityId"),
        ("OpportunityContactRole", "ContactId"),
        ("OpportunityHistory", "OpportunityId"),
        ("LeadHistory", "LeadId"),
        ("OpportunityFieldHistory", "OpportunityId"),
        ("Task", "WhoId"),
        ("Task", "WhatId"),
        ("Event", "WhoId"),
        ("Event", "WhatId"),
        ("CampaignMember", "CampaignId"),
        ("CampaignMember", "LeadId"),
        ("CampaignMember", "ContactId"),
        ("ContentVersion", "ContentDocumentId"),
        ("ContentDocumentLink", "ContentDocumentId"),
        ("ContentDocumentLink", "LinkedEntityId"),
    }
)


def bin_record(call: Call, kind: ObjectType, record_id: str) -> None:
    """Marks the record and its dependants as deleted; queryAll still shows them."""
    changes = {"IsDeleted": 1, "SystemModstamp": call.now, "LastModifiedDate": call.now}
    call.store.update(kind, record_id, changes)
    change_log.note(call, kind, "DELETE", record_id, {})
    for owner, field in call.schema.children[kind.name]:
        if (owner.name, field.name) in _OWNED:
            for dependant in call.store.matching(owner, field.name, record_id):
                bin_record(call, owner, dependant)

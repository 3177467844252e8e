"""What the platform does around a write, by object: derived fields before it, consequences after it.

Invariant: `before_*` may refuse and writes nothing; `after_*` never refuses.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.salesforce.call import Call
from sandbox.salesforce.rules import activities, campaigns, files, opportunities, people
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.store import Row

_BeforeInsert = Callable[[Call, Row], None]
_Pair = Callable[[Call, Row, Row], None]

_BEFORE_INSERT: dict[str, _BeforeInsert] = {
    "Lead": people.named,
    "Contact": people.named,
    "Opportunity": opportunities.before_insert,
    "Task": activities.before_task,
    "Event": activities.before_event,
    "CampaignMember": campaigns.before_insert,
    "ContentVersion": files.before_version,
    "ContentDocumentLink": files.before_link,
}
_AFTER_INSERT: dict[str, _BeforeInsert] = {
    "Opportunity": opportunities.after_insert,
    "OpportunityContactRole": opportunities.only_one_primary,
    "Task": activities.after_write,
    "Event": activities.after_write,
    "ContentVersion": files.after_version,
}
_BEFORE_UPDATE: dict[str, _Pair] = {
    "Lead": people.renamed,
    "Contact": people.renamed,
    "Opportunity": opportunities.before_update,
    "Task": activities.before_task_change,
    "Event": activities.before_event_change,
    "CampaignMember": campaigns.before_update,
}
_AFTER_UPDATE: dict[str, _Pair] = {
    "Opportunity": opportunities.after_update,
    "OpportunityContactRole": lambda call, old, new: opportunities.only_one_primary(call, new),
    "Task": lambda call, old, new: activities.after_write(call, new),
    "Event": lambda call, old, new: activities.after_write(call, new),
    "ContentVersion": files.after_version_change,
}


def before_insert(call: Call, kind: ObjectType, row: Row) -> None:
    """Completes or refuses a new record."""
    rule = _BEFORE_INSERT.get(kind.name)
    if rule:
        rule(call, row)


def after_insert(call: Call, kind: ObjectType, row: Row) -> None:
    """Writes what follows from a new record."""
    rule = _AFTER_INSERT.get(kind.name)
    if rule:
        rule(call, row)


def before_update(call: Call, kind: ObjectType, old: Row, changes: Row) -> None:
    """Completes or refuses changes to a record."""
    rule = _BEFORE_UPDATE.get(kind.name)
    if rule:
        rule(call, old, changes)


def after_update(call: Call, kind: ObjectType, old: Row, new: Row) -> None:
    """Writes what follows from a change."""
    rule = _AFTER_UPDATE.get(kind.name)
    if rule:
        rule(call, old, new)

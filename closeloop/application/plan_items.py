"""What the process asks of the outside, as items of a plan. The same words for a rehearsal and for the real thing.

Invariant: two requests that would have the same effect are equal items, whatever ids the org gave meanwhile to
records that the run itself made; `Names` turns those back into the names the rehearsal knew them by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from closeloop.application.ports import (
    Conversion,
    CrmFile,
    CrmMeeting,
    CrmMember,
    CrmTask,
    CrmUpdate,
    OutgoingMail,
)
from closeloop.domain.leads import LeadDraft
from closeloop.domain.plan import Item, ItemKind
from closeloop.domain.record import Record

Names = Callable[[str], str]
"""Record id to the id that stands for it in a plan."""


def as_it_is(record_id: str) -> str:
    """In a rehearsal every record already has the id that the plan knows it by."""
    return record_id


def mail_item(mail: OutgoingMail) -> Item:
    """A mail, with every word of it."""
    return Item(kind=ItemKind.MAIL, key=mail.action_key, content=_content(mail, "action_key", "attempt"))


def fields_item(update: CrmUpdate, names: Names = as_it_is) -> Item:
    """Fields to set on one record."""
    key = f"{update.object}:{names(update.record_id)}"
    return Item(kind=ItemKind.FIELDS, key=key, content=dict(update.fields))


def task_item(task: CrmTask, names: Names = as_it_is) -> Item:
    """An activity."""
    return Item(kind=ItemKind.TASK, key=task.key, content=_named(_content(task, "key"), names))


def conversion_item(conversion: Conversion, names: Names = as_it_is) -> Item:
    """A Lead to convert."""
    content = _named(_content(conversion, "action_key"), names)
    return Item(kind=ItemKind.CONVERSION, key=conversion.action_key, content=content)


def file_item(file: CrmFile, names: Names = as_it_is) -> Item:
    """A presentation, known by the checksum of its content."""
    content = _named(_content(file, "key", "content"), names)
    content |= {"sha256": hashlib.sha256(file.content).hexdigest(), "bytes": len(file.content)}
    return Item(kind=ItemKind.FILE, key=f"file:{file.key}", content=content)


def event_item(meeting: CrmMeeting, names: Names = as_it_is) -> Item:
    """A meeting."""
    content = _named(_content(meeting, "action_key"), names)
    return Item(kind=ItemKind.EVENT, key=meeting.action_key, content=content)


def member_item(member: CrmMember, names: Names = as_it_is) -> Item:
    """A campaign membership."""
    content = _named(_content(member, "action_key"), names)
    return Item(kind=ItemKind.MEMBER, key=member.action_key, content=content)


def role_item(deal: str, contact: str, role: str, names: Names = as_it_is) -> Item:
    """A contact role of a deal."""
    content = {"contact": names(contact), "role": role}
    return Item(kind=ItemKind.ROLE, key=f"role:{names(deal)}", content=content)


def lead_item(draft: LeadDraft) -> Item:
    """A Lead to add, by its address."""
    return Item(kind=ItemKind.LEAD, key=f"lead:{draft.email}", content=_content(draft, "line", "notes"))


def allows(planned: Item, asked: Item) -> bool:
    """Whether a plan that holds `planned` covers this. Of a record's fields, some may be set already."""
    if (planned.kind, planned.key) != (asked.kind, asked.key):
        return False
    if planned.kind is ItemKind.FIELDS:
        return all(
            name in planned.content and planned.content[name] == value for name, value in asked.content.items()
        )
    return planned.content == asked.content


def by_key(items: Iterable[Item]) -> dict[str, Item]:
    """Keys of different kinds never meet: each begins with its own word."""
    return {item.key: item for item in items}


def _content(record: Record, *without: str) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude=set(without))


def _named(content: dict[str, Any], names: Names) -> dict[str, Any]:
    return {field: _one(field, value, names) for field, value in content.items()}


def _one(field: str, value: Any, names: Names) -> Any:
    if field.endswith("_id") and isinstance(value, str):
        return names(value)
    if field == "also_at":
        return [names(place) for place in value]
    return value

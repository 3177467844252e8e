"""Agreed meetings as Events: entered once, moved with the agreement, left alone once a person has set the hour.

Where only the day is known, the Event is an all-day one that blocks nobody's calendar until its owner gives it an
hour. Invariant: an Event is ours to move only while it stands where we put it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from closeloop.adapters.salesforce.our_fields import KEY
from closeloop.adapters.salesforce.reading import Reader
from closeloop.adapters.salesforce.soql import chunks, in_list, moment, quote
from closeloop.adapters.salesforce.writing import Record, Writer
from closeloop.application.ports import CrmEvent, CrmMeeting, CrmOutcome
from closeloop.domain.actions import ActionKind, ActionState

KEPT = "a person has set the meeting's hour: kept"
OVERLAP = timedelta(minutes=10)
"""A transaction that ends late shows a moment that lies behind the cursor already."""
Row = dict[str, Any]


class Meetings:
    """Enters and moves meetings, in batches."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader, self._writer = reader, writer

    def put(self, meetings: Sequence[CrmMeeting]) -> list[CrmOutcome]:
        """One outcome per meeting, in order."""
        self._reader.require("Event", KEY)
        there = self._there([meeting.key for meeting in meetings])
        new = [Record(m.action_key, "Event", values(m)) for m in meetings if m.key not in there]
        moved = [m for m in meetings if m.key in there and is_ours(there[m.key], m)]
        changes = [Record(m.action_key, "Event", _move(m, there[m.key]["Id"])) for m in moved]
        changed = [found.model_copy(update={"existed": True}) for found in self._writer.update(changes)]
        made = self._writer.insert(new, unique=KEY) + changed
        outcomes = {found.key: found for found in made}
        return [outcomes.get(m.action_key) or _kept(m, there[m.key]["Id"]) for m in meetings]

    def by_key(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Key to Event id and day: of one with an hour the day in UTC."""
        return {key: (row["Id"], day_of(row)) for key, row in self._there(keys).items()}

    def _there(self, keys: Sequence[str]) -> dict[str, Row]:
        select = f"SELECT Id, {KEY}, IsAllDayEvent, ActivityDate, StartDateTime FROM Event"
        asked = [f"{select} WHERE {KEY} IN {in_list(part)}" for part in chunks(keys, size=100)]
        return {row[KEY]: row for row in self._reader.queries(asked)}


def values(meeting: CrmMeeting) -> Row:
    """The fields of a new Event; what is not known is left to the org."""
    found = {
        "WhoId": meeting.who_id,
        "WhatId": meeting.what_id,
        "OwnerId": meeting.owner_id,
        "Description": meeting.description[:32000],
        KEY: meeting.key,
    }
    return {name: value for name, value in found.items() if value is not None} | when(meeting)


def when(meeting: CrmMeeting) -> Row:
    """What moves with a meeting."""
    found: Row = {"Subject": meeting.subject[:255], "ShowAs": "Free"}
    if meeting.starts_at is None:
        return found | {"IsAllDayEvent": True, "ActivityDate": meeting.on}
    start = {"IsAllDayEvent": False, "StartDateTime": meeting.starts_at, "DurationInMinutes": meeting.minutes}
    return found | start | {"ShowAs": "Free" if meeting.called_off else "Busy"}


def changed_events(since: str | None) -> str:
    """Asks for the Events of our meetings that changed; asked with the recycle bin, for deleted ones too."""
    fields = f"Id, {KEY}, IsDeleted, IsAllDayEvent, ActivityDate, StartDateTime, DurationInMinutes, SystemModstamp"
    ours = f"{KEY} LIKE {quote(ActionKind.EVENT.value + ':%')}"
    later = f" AND SystemModstamp >= {moment(datetime.fromisoformat(since) - OVERLAP)}" if since else ""
    return f"SELECT {fields} FROM Event WHERE {ours}{later}"


def event_of(row: Row) -> CrmEvent:
    """The Event as the process reads it."""
    whole_day = bool(row["IsAllDayEvent"])
    start = _moment(row)
    return CrmEvent(
        key=row[KEY],
        cursor=row["SystemModstamp"],
        is_gone=bool(row["IsDeleted"]),
        on=day_of(row),
        starts_at=start.isoformat() if start and not whole_day else None,
        minutes=row.get("DurationInMinutes") if not whole_day else None,
    )


def _moment(row: Row) -> datetime | None:
    return datetime.fromisoformat(row["StartDateTime"]).astimezone(UTC) if row.get("StartDateTime") else None


def day_of(row: Row) -> str:
    """The day of an Event, in UTC where it has an hour."""
    start = _moment(row)
    return start.date().isoformat() if start and not row["IsAllDayEvent"] else str(row["ActivityDate"])


def is_ours(row: Row, meeting: CrmMeeting) -> bool:
    """Whether it stands where we put it, so that we may move it."""
    if row["IsAllDayEvent"]:
        return True
    known = {datetime.fromisoformat(text) for text in (meeting.was, meeting.starts_at) if text}
    return _moment(row) in known


def _move(meeting: CrmMeeting, event: str) -> Row:
    return {"Id": event, **when(meeting)}


def _kept(meeting: CrmMeeting, event: str) -> CrmOutcome:
    return CrmOutcome(key=meeting.action_key, state=ActionState.SKIPPED, record_id=event, detail=KEPT)

"""Agreed meetings as Events: entered once, moved with the agreement, left alone once a person has set the hour.

Only the day is agreed by reply. The Event is an all-day one that blocks nobody's calendar until its owner gives it
an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from closeloop.adapters.salesforce.our_fields import KEY
from closeloop.adapters.salesforce.reading import Reader
from closeloop.adapters.salesforce.soql import chunks, in_list
from closeloop.adapters.salesforce.writing import Record, Writer
from closeloop.application.ports import CrmMeeting, CrmOutcome
from closeloop.domain.actions import ActionState

KEPT = "a person has set the meeting's hour: kept"
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
        moved = [m for m in meetings if m.key in there and there[m.key]["IsAllDayEvent"]]
        changes = [Record(m.action_key, "Event", _move(m, there[m.key]["Id"])) for m in moved]
        changed = [found.model_copy(update={"existed": True}) for found in self._writer.update(changes)]
        made = self._writer.insert(new, unique=KEY) + changed
        outcomes = {found.key: found for found in made}
        return [outcomes.get(m.action_key) or _kept(m, there[m.key]["Id"]) for m in meetings]

    def by_key(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Key to Event id and day."""
        return {key: (row["Id"], row["ActivityDate"]) for key, row in self._there(keys).items()}

    def _there(self, keys: Sequence[str]) -> dict[str, Row]:
        select = f"SELECT Id, {KEY}, IsAllDayEvent, ActivityDate FROM Event"
        asked = [f"{select} WHERE {KEY} IN {in_list(part)}" for part in chunks(keys, size=100)]
        return {row[KEY]: row for row in self._reader.queries(asked)}


def values(meeting: CrmMeeting) -> Row:
    """The fields of a new Event; what is not known is left to the org."""
    found = {
        "WhoId": meeting.who_id,
        "WhatId": meeting.what_id,
        "OwnerId": meeting.owner_id,
        "Subject": meeting.subject[:255],
        "Description": meeting.description[:32000],
        "IsAllDayEvent": True,
        "ActivityDate": meeting.on,
        "ShowAs": "Free",
        KEY: meeting.key,
    }
    return {name: value for name, value in found.items() if value is not None}


def _move(meeting: CrmMeeting, event: str) -> Row:
    return {"Id": event, "ActivityDate": meeting.on, "Subject": meeting.subject[:255]}


def _kept(meeting: CrmMeeting, event: str) -> CrmOutcome:
    return CrmOutcome(key=meeting.action_key, state=ActionState.SKIPPED, record_id=event, detail=KEPT)

"""Tasks and events: what they relate to, when they end, and the trace they leave on the people concerned.

Invariant: an activity of a lead relates to nothing else; IsClosed always agrees with Status.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import RecordError, missing
from sandbox.salesforce.store import Row
from sandbox.salesforce.values import parse_moment, stamp

TASK_STATUSES = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
CLOSED_STATUS = "Completed"
_LONGEST_EVENT = timedelta(days=14)


def before_task(call: Call, row: Row) -> None:
    """Derives what a new task's status, priority and relations imply."""
    row.update(_task_state(call, row, already=None))
    _related(call, row, row)


def before_task_change(call: Call, old: Row, changes: Row) -> None:
    """Keeps the derived fields of a task true after a change."""
    merged = {**old, **changes}
    changes.update(_task_state(call, merged, old["CompletedDateTime"]))
    _related(call, merged, changes)


def _task_state(call: Call, row: Row, already: str | None) -> Row:
    closed = (row.get("Status") or "").lower() == CLOSED_STATUS.lower()
    high = (row.get("Priority") or "").lower() == "high"
    done = (already or call.now) if closed else None
    return {"IsClosed": int(closed), "IsHighPriority": int(high), "CompletedDateTime": done}


def _related(call: Call, row: Row, changes: Row) -> None:
    who, what = row.get("WhoId"), row.get("WhatId")
    lead_prefix = call.schema["Lead"].prefix
    if who and what and who.startswith(lead_prefix):
        message = f"Related To ID: a lead's activity cannot be related to another record: {what}"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["WhatId"])
    changes["AccountId"] = _account(call, who, what)


def _account(call: Call, who: str | None, what: str | None) -> str | None:
    for record_id, name in ((what, "Opportunity"), (who, "Contact")):
        if record_id and record_id.startswith(call.schema[name].prefix):
            sql = f"SELECT AccountId FROM {call.schema[name].table} WHERE Id = ?"
            found = call.store.db.execute(sql, (record_id,)).fetchone()
            return found[0] if found else None
    return what if what and what.startswith(call.schema["Account"].prefix) else None


def before_event(call: Call, row: Row) -> None:
    """Derives start, end and duration of a new event from those given."""
    _related(call, row, row)
    row.update(_times(row))


def before_event_change(call: Call, old: Row, changes: Row) -> None:
    """Moves the end along when only the start of an event changes."""
    merged = {**old, **changes}
    _related(call, merged, changes)
    if changes.keys() & {"StartDateTime", "ActivityDateTime"}:
        start = changes.get("StartDateTime") or changes.get("ActivityDateTime")
        merged["StartDateTime"] = merged["ActivityDateTime"] = start
    if "DurationInMinutes" in changes or "EndDateTime" not in changes:
        merged["EndDateTime"] = None
    else:
        merged["DurationInMinutes"] = None
    changes.update(_times(merged))


def _times(row: Row) -> Row:
    if row.get("IsAllDayEvent"):
        return _all_day(row)
    start = _moment(row.get("StartDateTime") or row.get("ActivityDateTime"))
    if start is None:
        raise missing(["ActivityDateTime"])
    minutes = row.get("DurationInMinutes")
    end = _moment(row.get("EndDateTime")) if minutes is None else start + timedelta(minutes=minutes)
    if end is None:
        raise missing(["DurationInMinutes"])
    if not timedelta(0) <= end - start <= _LONGEST_EVENT:
        message = "An event ends after it starts and lasts at most 14 days"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["DurationInMinutes"])
    return {
        "StartDateTime": stamp(start),
        "ActivityDateTime": stamp(start),
        "ActivityDate": stamp(start)[:10],
        "EndDateTime": stamp(end),
        "EndDate": stamp(end)[:10],
        "DurationInMinutes": int((end - start).total_seconds() // 60),
    }


def _all_day(row: Row) -> Row:
    day = row.get("ActivityDate") or (row.get("StartDateTime") or row.get("ActivityDateTime") or "")[:10]
    if not day:
        raise missing(["ActivityDate"])
    return {"ActivityDate": day, "EndDate": day, "DurationInMinutes": row.get("DurationInMinutes") or 1440}


def _moment(text: str | None) -> datetime | None:
    return parse_moment(text) if text else None


def after_write(call: Call, row: Row) -> None:
    """Marks the day of a finished activity on the records it concerns."""
    day = row.get("ActivityDate")
    # A task is over when it is closed, a meeting when its day has come.
    if not day or not row.get("IsClosed", day <= call.today):
        return
    for record_id in (row.get("WhoId"), row.get("WhatId"), row.get("AccountId")):
        kind = call.schema.by_prefix.get(record_id[:3]) if record_id else None
        if kind is not None:
            sql = (
                f"UPDATE {kind.table} SET LastActivityDate = ? "
                "WHERE Id = ? AND (LastActivityDate IS NULL OR LastActivityDate < ?)"
            )
            call.store.db.execute(sql, (day, record_id, day))

"""Does the org have what the process writes to? Fields, permissions and API calls left, each with its fix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from closeloop.adapters.salesforce.calls import Calls
from closeloop.adapters.salesforce.reading import Reader

LOW_SHARE = 0.2
OUR_FIELDS: dict[str, dict[str, str]] = {
    "Lead": {
        "Closeloop_Stage__c": "Text 40",
        "Closeloop_Score__c": "Number 3,0",
        "Closeloop_Hold__c": "Text Area (Long) 1000",
        "Closeloop_Next_Step__c": "Text 255",
        "Closeloop_Next_Step_Date__c": "Date",
        "Closeloop_Do_Not_Contact__c": "Checkbox",
    },
    "Opportunity": {
        "Closeloop_Stage__c": "Text 40",
        "Closeloop_Hold__c": "Text Area (Long) 1000",
        "Closeloop_Next_Step__c": "Text 255",
        "Closeloop_Next_Step_Date__c": "Date",
        "Closeloop_Lost_Reason__c": "Text 255",
    },
    "Contact": {"Closeloop_Do_Not_Contact__c": "Checkbox"},
    "Task": {"Closeloop_Key__c": "Text 255, unique, external id"},
}
STANDARD_FIELDS: dict[str, tuple[str, ...]] = {
    "Lead": ("Status", "HasOptedOutOfEmail"),
    "Opportunity": ("StageName", "Amount", "CloseDate", "NextStep"),
    "Contact": ("HasOptedOutOfEmail",),
    "Task": ("WhoId", "WhatId", "Subject", "Description", "Status"),
}
NEEDED = frozenset(
    {("Task", "Closeloop_Key__c"), ("Lead", "HasOptedOutOfEmail"), ("Contact", "HasOptedOutOfEmail")}
)
"""Without these the process does not run; without the others it writes less."""


@dataclass(frozen=True)
class OrgFinding:
    """One thing about the org."""

    check: str
    level: Literal["ok", "warning", "error"]
    found: str
    fix: str = ""


def check_org(calls: Calls) -> Iterator[OrgFinding]:
    """Look at each object, then at the limits. Costs one call per object and one more."""
    reader = Reader(calls)
    for name in OUR_FIELDS:
        yield from _fields(reader, name)
    yield _limits(calls)


def _fields(reader: Reader, name: str) -> Iterator[OrgFinding]:
    present = reader.fields(name)
    problems = 0
    for field, kind in (OUR_FIELDS[name] | dict.fromkeys(STANDARD_FIELDS[name], "standard field")).items():
        if field in present and present[field]["updateable"]:
            continue
        problems += 1
        yield _problem(name, field, kind, exists=field in present)
    if not problems:
        yield OrgFinding(f"{name} fields", "ok", "all there, and we may write them")


def _problem(name: str, field: str, kind: str, *, exists: bool) -> OrgFinding:
    level: Literal["error", "warning"] = "error" if (name, field) in NEEDED else "warning"
    if exists or kind == "standard field":
        fix = f"give the integration user's permission set edit access to {name}.{field}"
        return OrgFinding(f"{name}.{field}", level, "we may not write it", fix)
    return OrgFinding(
        f"{name}.{field}", level, "missing", f"create it as {kind} and allow the integration user to edit it"
    )


def _limits(calls: Calls) -> OrgFinding:
    daily = calls.read("limits/")["DailyApiRequests"]
    left, most = int(daily["Remaining"]), int(daily["Max"])
    text = f"{left:,} of {most:,} calls left today"
    if left < most * LOW_SHARE:
        return OrgFinding("API limit", "warning", text, "find out who uses them: Setup, System Overview")
    return OrgFinding("API limit", "ok", text)

"""What the org grants: the API version we speak, the calls that are left today, and room for files."""

from __future__ import annotations

from collections.abc import Iterator

from closeloop.adapters.salesforce.calls import Request
from closeloop.adapters.salesforce.org import Org, OrgFinding, OrgPlan

AREA = "Salesforce limits"
LAST_DEPRECATED = 40.0
"""Versions up to this one are deprecated from Summer '27 and gone in Summer '28."""
FEW_FILES_MB = 500
WHO = "find out who uses them: Setup, System Overview"


def version(org: Org, plan: OrgPlan) -> Iterator[OrgFinding]:
    """Is the version that the settings name still offered?"""
    offered = [float(one["version"]) for one in org.calls.json(Request("GET", "/services/data"), repeatable=True)]
    ours = float(str(org.calls.client.sf_version))
    fix = "set CLOSELOOP_SALESFORCE_API_VERSION=62.0, or leave it out"
    if ours not in offered:
        text = f"{ours} is not offered; the org has {min(offered)} to {max(offered)}"
        yield OrgFinding("API version", "error", text, fix, "Salesforce sign-in")
    elif ours <= LAST_DEPRECATED:
        text = f"{ours} is deprecated and will be retired in Summer '28"
        yield OrgFinding("API version", "warning", text, fix, "Salesforce sign-in")
    else:
        text = f"{ours}; the org has up to {max(offered)}"
        yield OrgFinding("API version", "ok", text, area="Salesforce sign-in")


def limits(org: Org, plan: OrgPlan) -> Iterator[OrgFinding]:
    """Calls of everybody in the last 24 hours, and what of the rest may be ours."""
    daily = org.limits["DailyApiRequests"]
    left, most = int(daily["Remaining"]), int(daily["Max"])
    share = int(most * plan.share / 100)
    text = f"{left:,} of {most:,} calls left today; our share is {share:,} ({plan.share:g} %)"
    if left == 0:
        yield OrgFinding("API limit", "error", text, f"wait, calls free up over 24 hours; {WHO}", AREA)
    elif left < share:
        yield OrgFinding("API limit", "warning", f"{text}, of which {left:,} can be had", WHO, AREA)
    else:
        yield OrgFinding("API limit", "ok", text, area=AREA)
    if plan.uploads:
        yield _room(org)


def _room(org: Org) -> OrgFinding:
    room = org.limits.get("FileStorageMB", {})
    left, most = int(room.get("Remaining", 0)), int(room.get("Max", 0))
    text = f"{left:,} of {most:,} MB left for decks"
    if left < FEW_FILES_MB:
        fix = "free some, or set CLOSELOOP_SALESFORCE_UPLOAD_DECKS=false"
        return OrgFinding("file storage", "warning", text, fix, AREA)
    return OrgFinding("file storage", "ok", text, area=AREA)

"""What the org does of its own accord: how it converts Leads, and which duplicate rules may stand in our way."""

from __future__ import annotations

from collections.abc import Iterator

from closeloop.adapters.salesforce.connection import SignInRefused
from closeloop.adapters.salesforce.conversion_apex import address
from closeloop.adapters.salesforce.failures import DailyLimit
from closeloop.adapters.salesforce.linking import CAVEAT
from closeloop.adapters.salesforce.org import Org, OrgFinding, OrgPlan
from closeloop.adapters.salesforce.soql import in_list
from closeloop.domain.errors import CrmRefused

AREA = "Salesforce rules"
WRITTEN = ("Lead", "Contact", "Account")


def conversion(org: Org, plan: OrgPlan) -> Iterator[OrgFinding]:
    """The way that the settings choose."""
    way, _, path = plan.convert_by.partition(":")
    if way == "create":
        fix = "set CLOSELOOP_SALESFORCE_CONVERT to soap, or deploy config/salesforce/apex and set it to apex:<path>"
        yield OrgFinding("conversion", "warning", CAVEAT, fix, AREA)
    elif way == "apex":
        yield _apex(org, path)
    else:
        yield OrgFinding("conversion", "ok", "by SOAP, 100 Leads a call", area=AREA)


def _apex(org: Org, path: str) -> OrgFinding:
    """A class that only takes POST refuses GET by that name; a path without a class is not found."""
    place = address(path)
    try:
        org.calls.read(place)
    except (DailyLimit, SignInRefused):
        raise
    except CrmRefused as problem:
        if "METHOD_NOT_ALLOWED" not in str(problem):
            fix = "deploy config/salesforce/apex, or set CLOSELOOP_SALESFORCE_CONVERT to soap"
            return OrgFinding("conversion", "error", f"no Apex class answers at {place} ({problem})", fix, AREA)
    return OrgFinding("conversion", "ok", f"by the Apex class at {place}, 200 Leads a call", area=AREA)


def duplicate_rules(org: Org, plan: OrgPlan) -> Iterator[OrgFinding]:
    """Active rules on what we write. Whether one blocks or only alerts is told by the Metadata API alone."""
    where = f"IsActive = true AND SobjectType IN {in_list(WRITTEN)}"
    try:
        rows = org.rows(
            f"SELECT DeveloperName, SobjectType FROM DuplicateRule WHERE {where} ORDER BY DeveloperName"
        )
    except (DailyLimit, SignInRefused):
        raise
    except CrmRefused:
        fix = "look at Setup, Duplicate Rules, or give the integration user View Setup and Configuration"
        yield OrgFinding("duplicate rules", "warning", "we may not read them", fix, AREA)
        return
    for row in rows:
        text = f"{row['DeveloperName']} is active: a record it stops is linked to the one it names, or quarantined"
        fix = "nothing, if that is meant; else let the rule leave out the integration user"
        yield OrgFinding(f"duplicates of {row['SobjectType']}", "warning", text, fix, AREA)
    if not rows:
        yield OrgFinding("duplicate rules", "ok", "none is active on what we write", area=AREA)

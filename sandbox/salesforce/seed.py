"""What an org holds before anyone uses it: organization, users, and the meaning of each status and stage.

Invariant: seeding an org that has been seeded already changes nothing.
"""

from __future__ import annotations

from sandbox.salesforce import rows
from sandbox.salesforce.call import Call
from sandbox.salesforce.ids import make_id
from sandbox.salesforce.rules.activities import CLOSED_STATUS, TASK_STATUSES
from sandbox.salesforce.rules.opportunities import CATEGORY_NAMES, STAGES

ORG_ID = "00D000000000001EAA"
INTEGRATION_USER_ID = make_id("005", 1)
CONVERTED_STATUS = "Closed - Converted"
LEAD_STATUSES = ("Open - Not Contacted", "Working - Contacted", CONVERTED_STATUS, "Closed - Not Converted")
_SELLERS = (("Anna", "Brandt", "anna.brandt"), ("Niran", "Suwan", "niran.suwan"))


def plant(call: Call, username: str) -> None:
    """Writes the org's own records; `username` is the integration user's."""
    if call.store.get(call.schema["Organization"], ORG_ID) is not None:
        return
    _organization(call)
    hire(call, "Closeloop", "Integration", username, username)
    for first, last, name in _SELLERS:
        hire(call, first, last, f"{name}@sandbox.example", f"{name}@sellers.example")
    for order, stage in enumerate(STAGES, start=1):
        values = {
            "IsClosed": stage.closed,
            "IsWon": stage.won,
            "ForecastCategory": stage.category,
            "ForecastCategoryName": CATEGORY_NAMES.get(stage.category, stage.category),
            "DefaultProbability": stage.probability,
            "IsActive": 1,
        }
        rows.write(call, "OpportunityStage", _labelled(stage.label, order) | values)
    for order, label in enumerate(LEAD_STATUSES, start=1):
        values = {"IsDefault": int(order == 1), "IsConverted": int(label == CONVERTED_STATUS)}
        rows.write(call, "LeadStatus", _labelled(label, order) | values)
    for order, label in enumerate(TASK_STATUSES, start=1):
        values = {"IsDefault": int(order == 1), "IsClosed": int(label == CLOSED_STATUS)}
        rows.write(call, "TaskStatus", _labelled(label, order) | values)


def _labelled(label: str, order: int) -> dict[str, object]:
    return {"MasterLabel": label, "ApiName": label, "SortOrder": order}


def _organization(call: Call) -> None:
    kind = call.schema["Organization"]
    values = {"Name": "Closeloop Sandbox", "InstanceName": "LOC1", "IsSandbox": 1, "FiscalYearStartMonth": 1}
    call.store.insert(kind, rows.with_defaults(call, kind, {"Id": ORG_ID, **values}))


def hire(call: Call, first: str, last: str, username: str, email: str) -> str:
    """Makes a user; returns its id."""
    values = {
        "FirstName": first or None,
        "LastName": last,
        "Name": f"{first} {last}".strip(),
        "Username": username,
        "Email": email,
        "Alias": f"{first[:1]}{last}"[:8].lower(),
        "CommunityNickname": username.partition("@")[0][:40],
        "IsActive": 1,
    }
    return rows.write(call, "User", values)

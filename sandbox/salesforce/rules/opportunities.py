"""Opportunities: what a stage implies, the history rows, and the one primary contact role.

Invariant: IsClosed, IsWon and the forecast category always agree with StageName; each change of stage,
amount, probability or close date leaves one history row.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sandbox.salesforce import rows
from sandbox.salesforce.call import Call
from sandbox.salesforce.store import Row


class Stage(NamedTuple):
    """What a sales stage implies."""

    label: str
    probability: float
    category: str = "Pipeline"
    closed: int = 0
    won: int = 0


STAGES = (
    Stage("Prospecting", 10.0),
    Stage("Qualification", 10.0),
    Stage("Needs Analysis", 20.0),
    Stage("Value Proposition", 50.0),
    Stage("Id. Decision Makers", 60.0),
    Stage("Perception Analysis", 70.0),
    Stage("Proposal/Price Quote", 75.0),
    Stage("Negotiation/Review", 90.0),
    Stage("Closed Won", 100.0, "Closed", 1, 1),
    Stage("Closed Lost", 0.0, "Omitted", 1, 0),
)
_BY_LABEL = {stage.label.lower(): stage for stage in STAGES}
CATEGORY_NAMES = {"BestCase": "Best Case", "Forecast": "Commit", "MostLikely": "Best Case"}
_CATEGORIES = {"Best Case": "BestCase", "Commit": "Forecast"}
_TRACKED = ("StageName", "Amount", "Probability", "CloseDate")


def _stage(name: str) -> Stage:
    # The picklist is not restricted: a stage nobody defined is open and worth nothing.
    return _BY_LABEL.get(name.lower(), Stage(name, 0.0))


def before_insert(call: Call, row: Row) -> None:
    """Fills what stage, amount and close date imply."""
    if row.get("StageName"):
        row.update(_implied(row["StageName"], row))
    row.update(_derived(row))
    row["LastStageChangeDate"] = None


def before_update(call: Call, old: Row, changes: Row) -> None:
    """Lets a new stage bring its defaults, unless the client gives its own values."""
    if changes.get("StageName", old["StageName"]) != old["StageName"]:
        changes.update(_implied(changes["StageName"], changes))
        changes["LastStageChangeDate"] = call.now
    if "ForecastCategoryName" in changes:
        changes["ForecastCategory"] = _category(changes["ForecastCategoryName"])
    changes.update(_derived({**old, **changes}))


def _implied(stage_name: str, given: Row) -> Row:
    stage = _stage(stage_name)
    name = given.get("ForecastCategoryName") or CATEGORY_NAMES.get(stage.category, stage.category)
    probability = given.get("Probability")
    return {
        "Probability": stage.probability if probability is None else probability,
        "ForecastCategoryName": name,
        "ForecastCategory": _category(name),
        "IsClosed": stage.closed,
        "IsWon": stage.won,
    }


def _category(name: str) -> str:
    return _CATEGORIES.get(name, name)


def _derived(row: Row) -> Row:
    amount, probability = row.get("Amount"), row.get("Probability")
    values: dict[str, Any] = {
        "ExpectedRevenue": None if amount is None else round(amount * (probability or 0.0) / 100, 2)
    }
    if row.get("CloseDate"):
        year, month = int(row["CloseDate"][:4]), int(row["CloseDate"][5:7])
        quarter = (month + 2) // 3
        values |= {"FiscalYear": year, "FiscalQuarter": quarter, "Fiscal": f"{year} {quarter}"}
    return values


def after_insert(call: Call, row: Row) -> None:
    """Begins the history, and makes the contact of a new deal its primary contact."""
    _history(call, row)
    if row.get("ContactId"):
        values = {"OpportunityId": row["Id"], "ContactId": row["ContactId"], "IsPrimary": 1}
        rows.write(call, "OpportunityContactRole", values)


def after_update(call: Call, old: Row, new: Row) -> None:
    """Adds to the history where a tracked field changed."""
    if any(old[name] != new[name] for name in _TRACKED):
        _history(call, new)


def _history(call: Call, row: Row) -> None:
    copied = (*_TRACKED, "ExpectedRevenue", "ForecastCategory")
    values = {"OpportunityId": row["Id"], **{name: row.get(name) for name in copied}}
    rows.write(call, "OpportunityHistory", values)


def only_one_primary(call: Call, row: Row) -> None:
    """A new primary contact role takes the mark from the others of its deal."""
    if row.get("IsPrimary"):
        table = call.schema["OpportunityContactRole"].table
        sql = f"UPDATE {table} SET IsPrimary = 0 WHERE OpportunityId = ? AND Id <> ?"
        call.store.db.execute(sql, (row["OpportunityId"], row["Id"]))

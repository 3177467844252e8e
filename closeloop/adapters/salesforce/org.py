"""The org as the doctor sees it: what this configuration will do there, what it says about itself, what was found.

Invariant: nothing here writes, and each thing is asked for once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from closeloop.adapters.salesforce.calls import Calls
from closeloop.application.findings import Finding
from closeloop.domain.crm_mapping import CrmMapping

Row = dict[str, Any]


@dataclass(frozen=True)
class OrgFinding(Finding):
    """One thing about the org."""

    area: str = "Salesforce"


@dataclass(frozen=True)
class OrgPlan:
    """What this configuration will do in the org."""

    mapping: CrmMapping
    convert_by: str = "soap"
    uploads: bool = True
    campaign: str | None = None
    campaign_statuses: tuple[str, str] = ("Sent", "Responded")
    share: float = 20.0
    """Percent of the org's daily API calls that Closeloop may use."""


class Org:
    """What the org says about itself, each thing asked for once."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self._described: dict[str, Row] = {}

    def describe(self, name: str) -> Row:
        """The object's description."""
        if name not in self._described:
            self._described[name] = self.calls.read(f"sobjects/{name}/describe")
        return self._described[name]

    def fields(self, name: str) -> dict[str, Row]:
        """Field name to description."""
        return {field["name"]: field for field in self.describe(name)["fields"]}

    def choices(self, name: str, field: str) -> set[str]:
        """The active values of a picklist; empty when there is no such field."""
        found = self.fields(name).get(field, {})
        return {value["value"] for value in found.get("picklistValues", []) if value["active"]}

    def rows(self, soql: str) -> list[Row]:
        """The first page of a query about the setup, which has no second one."""
        return list(self.calls.read("query/", params={"q": soql})["records"])

    @cached_property
    def limits(self) -> Row:
        return dict(self.calls.read("limits/"))

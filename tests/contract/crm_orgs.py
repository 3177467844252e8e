"""The two orgs of the CRM's contract suite, and invented people for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from closeloop.adapters.salesforce.connection import SalesforceLogin, connect
from closeloop.adapters.salesforce.crm import SalesforceCrm
from closeloop.application.ports import Conversion, Crm, CrmTask
from closeloop.domain.leads import LeadDraft
from closeloop.domain.prospect import CrmIds, Prospect
from tests.fakes.crm import CONVERTED, MemoryCrm
from tests.sandbox.conftest import Sandbox
from tests.unit.domain.people import prospect

Row = dict[str, Any]
COLLECTION = 200


class Org(Protocol):
    """A CRM, and what people may do in it while nobody of ours looks."""

    @property
    def crm(self) -> Crm: ...

    def insert(self, object_name: str, rows: Sequence[Row]) -> list[str]: ...

    def change(self, object_name: str, record_id: str, **fields: Any) -> None: ...

    def rows(self, object_name: str, *fields: str) -> list[Row]: ...

    def later(self) -> None:
        """Time passes: what changes from now on has another time of change."""
        ...


class FakeOrg:
    """The fake the use cases are tested with."""

    def __init__(self) -> None:
        self.crm = MemoryCrm()

    def insert(self, object_name: str, rows: Sequence[Row]) -> list[str]:
        return [self.crm.insert(object_name, **row) for row in rows]

    def change(self, object_name: str, record_id: str, **fields: Any) -> None:
        self.crm.change(object_name, record_id, **fields)

    def rows(self, object_name: str, *fields: str) -> list[Row]:
        return [{field: row.get(field) for field in fields} for row in self.crm.rows(object_name)]

    def later(self) -> None:
        self.crm.stamp += 1


class SandboxOrg:
    """The real adapter on real HTTP; the test itself talks to the sandbox over raw REST."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.crm = SalesforceCrm(lambda: connect(login_to(sandbox)))

    def insert(self, object_name: str, rows: Sequence[Row]) -> list[str]:
        ids: list[str] = []
        for start in range(0, len(rows), COLLECTION):
            some = [{"attributes": {"type": object_name}, **row} for row in rows[start : start + COLLECTION]]
            answer = self.sandbox.rest("POST", "composite/sobjects", json={"allOrNone": True, "records": some})
            assert all(result["success"] for result in answer.json()), answer.text
            ids += [result["id"] for result in answer.json()]
        return ids

    def change(self, object_name: str, record_id: str, **fields: Any) -> None:
        answer = self.sandbox.rest("PATCH", f"sobjects/{object_name}/{record_id}", json=fields)
        assert answer.ok, answer.text

    def rows(self, object_name: str, *fields: str) -> list[Row]:
        soql = f"SELECT {', '.join(fields)} FROM {object_name} ORDER BY Id"
        found = self.sandbox.rest("GET", "query", params={"q": soql}).json()["records"]
        return [{field: row[field] for field in fields} for row in found]

    def later(self) -> None:
        now = datetime.fromisoformat(self.sandbox.post_control("advance", {"hours": 0})["now"])
        self.sandbox.post_control("clock", {"now": (now + timedelta(hours=1)).isoformat()})


def login_to(sandbox: Sandbox) -> SalesforceLogin:
    known = sandbox.salesforce
    return SalesforceLogin(
        instance_url=known["instance_url"], client_id=known["client_id"], client_secret=known["client_secret"]
    )


def lead_row(number: int = 1, **fields: Any) -> Row:
    row = {"LastName": f"Moreau {number}", "Company": "North Mills", "Email": f"m{number}@north.example"}
    return row | fields


def draft(number: int = 1, **fields: Any) -> LeadDraft:
    values = {"line": number, "email": f"m{number}@north.example", "last_name": "Moreau", "company": "North Mills"}
    return LeadDraft(**(values | fields))


def person(lead: str, **ids: str) -> Prospect:
    return prospect(key=lead, crm=CrmIds(lead=lead, **ids))


def task(key: str, who: str, owner: str, **fields: Any) -> CrmTask:
    values: dict[str, Any] = {
        "key": key,
        "who_id": who,
        "what_id": None,
        "owner_id": owner,
        "subject": "Email: a question",
        "description": "Good morning",
        "on": "2026-01-05",
        "completed": True,
        "subtype": "Email",
    }
    return CrmTask(**(values | fields))


def wish(lead: str, owner: str, **fields: Any) -> Conversion:
    values: dict[str, Any] = {
        "action_key": f"convert:{lead}",
        "lead_id": lead,
        "status": CONVERTED,
        "opportunity_name": "North Mills – Tallyard Match",
        "owner_id": owner,
    }
    return Conversion(**(values | fields))

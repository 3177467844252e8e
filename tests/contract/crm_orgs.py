"""The orgs of the CRM's contract suite: the fake, and the sandbox behind the real adapter. A third is `real_org`.

Invariant: a test that speaks to an `Org` alone runs unchanged over all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from closeloop.adapters.salesforce.connection import SalesforceLogin, connect
from closeloop.adapters.salesforce.crm import SalesforceCrm
from closeloop.application.ports import Crm
from tests.contract.crm_people import draft, lead_row, person, task, wish
from tests.fakes.crm import MemoryCrm
from tests.sandbox.conftest import Sandbox

__all__ = [
    "FakeOrg",
    "Org",
    "SandboxOrg",
    "draft",
    "lead_row",
    "login_to",
    "owner",
    "person",
    "task",
    "wish",
]

Row = dict[str, Any]
COLLECTION = 200


class Org(Protocol):
    """A CRM, and what people may do in it while nobody of ours looks."""

    @property
    def crm(self) -> Crm: ...

    @property
    def beginning(self) -> str | None:
        """The cursor behind which the test's own Leads lie; None where there are no others."""
        ...

    @property
    def user_name(self) -> str:
        """Who owns what we make."""
        ...

    def insert(self, object_name: str, rows: Sequence[Row]) -> list[str]: ...

    def change(self, object_name: str, record_id: str, **fields: Any) -> None: ...

    def delete(self, object_name: str, record_id: str) -> None:
        """Into the recycle bin, by a person."""
        ...

    def rows(self, object_name: str, *fields: str) -> list[Row]: ...

    def later(self) -> None:
        """Time passes: what changes from now on has another time of change."""
        ...


class FakeOrg:
    """The fake the use cases are tested with."""

    beginning: str | None = None
    user_name = "Closeloop Integration"

    def __init__(self) -> None:
        self.crm = MemoryCrm()

    def insert(self, object_name: str, rows: Sequence[Row]) -> list[str]:
        return [self.crm.insert(object_name, **row) for row in rows]

    def change(self, object_name: str, record_id: str, **fields: Any) -> None:
        self.crm.change(object_name, record_id, **fields)

    def delete(self, object_name: str, record_id: str) -> None:
        self.crm.change(object_name, record_id, IsDeleted=True)

    def rows(self, object_name: str, *fields: str) -> list[Row]:
        return [{field: row.get(field) for field in fields} for row in self.crm.rows(object_name)]

    def later(self) -> None:
        self.crm.stamp += 1


class SandboxOrg:
    """The real adapter on real HTTP; the test itself talks to the sandbox over raw REST."""

    beginning: str | None = None
    user_name = "Closeloop Integration"

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.crm = self.connected()

    def connected(self, **options: Any) -> SalesforceCrm:
        """Another adapter on this org, with these options."""
        return SalesforceCrm(lambda: connect(login_to(self.sandbox)), **options)

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

    def delete(self, object_name: str, record_id: str) -> None:
        assert self.sandbox.rest("DELETE", f"sobjects/{object_name}/{record_id}").ok

    def rows(self, object_name: str, *fields: str) -> list[Row]:
        soql = f"SELECT {', '.join(fields)} FROM {object_name} ORDER BY Id"
        found = self.sandbox.rest("GET", "query", params={"q": soql}).json()["records"]
        return [{field: row[field] for field in fields} for row in found]

    def later(self) -> None:
        now = datetime.fromisoformat(self.sandbox.post_control("advance", {"hours": 0})["now"])
        self.sandbox.post_control("clock", {"now": (now + timedelta(hours=1)).isoformat()})


def owner(org: Org, lead: str) -> str:
    return str(org.crm.read("Lead", [lead], ["OwnerId"])[lead]["OwnerId"])


def login_to(sandbox: Sandbox) -> SalesforceLogin:
    known = sandbox.salesforce
    return SalesforceLogin(
        instance_url=known["instance_url"], client_id=known["client_id"], client_secret=known["client_secret"]
    )

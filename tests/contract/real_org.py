"""A real Salesforce org for the contract suites, named by `CLOSELOOP_TEST_SALESFORCE_*`.

Invariant: every record of a test is known by the domain of its Lead's address, which no other run of the tests has,
or hangs on such a Lead; these records are deleted when the test ends, and no other record is looked at or touched.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from closeloop.adapters.salesforce.calls import Calls, Request
from closeloop.adapters.salesforce.connection import SalesforceLogin, connect
from closeloop.adapters.salesforce.crm import SalesforceCrm
from closeloop.adapters.salesforce.reading import Reader
from closeloop.adapters.salesforce.soql import chunks, in_list, quote
from tests.contract.crm_people import DOMAIN
from tests.real_org_settings import PREFIX, REAL_ORG
from tests.sandbox.conftest import Sandbox

COLLECTION = 200
NEXT_SECOND = 1.5
"""Seconds after which a change has another time of change."""
HANGS_ON = {
    "Task": ("Task", "Id", ("WhoId", "WhatId")),
    "Event": ("Event", "Id", ("WhoId", "WhatId")),
    "CampaignMember": ("CampaignMember", "Id", ("LeadId", "ContactId")),
    "OpportunityContactRole": ("OpportunityContactRole", "Id", ("OpportunityId",)),
    "ContentDocument": ("ContentDocumentLink", "ContentDocumentId", ("LinkedEntityId",)),
}
"""Children, where they are looked for, under which name, and the fields that name what they hang on."""
CONVERTED = {
    "Account": "ConvertedAccountId",
    "Contact": "ConvertedContactId",
    "Opportunity": "ConvertedOpportunityId",
}
DELETED = (*HANGS_ON, "Opportunity", "Contact", "Account", "Lead", "Campaign")
"""Children before what they hang on."""
NO_CONTROL = f"{PREFIX}* is set: this test needs the sandbox's control plane, which a real org does not have"
Row = dict[str, Any]


def real_login() -> SalesforceLogin:
    """How to sign in to the person's org; the variables are named like Closeloop's own settings."""
    known = dict(REAL_ORG)
    if key := known.pop("private_key_file", None):
        known["private_key"] = Path(key).read_text(encoding="ascii")
    wrong = sorted(known.keys() - {field.name for field in fields_of(SalesforceLogin)})
    assert not wrong, f"no such setting: {', '.join(PREFIX + name.upper() for name in wrong)}"
    return SalesforceLogin(**known)


def real_hosts() -> list[str]:
    """What has to be reached for it; empty when no org is named."""
    if not REAL_ORG:
        return []
    domain = REAL_ORG.get("domain", "login")
    named = urlsplit(REAL_ORG.get("instance_url", "")).hostname
    return [host for host in (named, f"{domain}.salesforce.com") if host]


class RealOrg:
    """The adapter under test on the person's org; the test itself talks to it over raw REST."""

    def __init__(self) -> None:
        self.crm = self.connected()
        self._calls = Calls(connect(real_login()))
        self._reader = Reader(self._calls)
        self._made: dict[str, list[str]] = {}
        newest = self._query("SELECT Id, SystemModstamp FROM Lead ORDER BY SystemModstamp DESC, Id DESC LIMIT 1")
        self.beginning = next((f"{row['SystemModstamp']}|{row['Id']}" for row in newest), None)

    @property
    def sandbox(self) -> Sandbox:
        pytest.skip(NO_CONTROL)

    @property
    def user_name(self) -> str:
        return str(self._calls.json(Request("GET", "/services/oauth2/userinfo"), repeatable=True)["name"])

    def connected(self, **options: Any) -> SalesforceCrm:
        """Another adapter on this org, with these options."""
        return SalesforceCrm(lambda: connect(real_login()), **options)

    def insert(self, object_name: str, rows: Sequence[Row]) -> list[str]:
        ids: list[str] = []
        for part in chunks(rows, size=COLLECTION):
            some = [{"attributes": {"type": object_name}, **row} for row in part]
            answer = self._calls.write("composite/sobjects", {"allOrNone": True, "records": some})
            assert all(result["success"] for result in answer), answer
            ids += [result["id"] for result in answer]
            self._made.setdefault(object_name, []).extend(ids[-len(part) :])
        return ids

    def change(self, object_name: str, record_id: str, **values: Any) -> None:
        self._calls.write(f"sobjects/{object_name}/{record_id}", values, method="PATCH", repeatable=True)

    def rows(self, object_name: str, *names: str) -> list[Row]:
        versions = object_name == "ContentVersion"
        ids = self._ids("ContentDocument" if versions else object_name, self._leads())
        key = "ContentDocumentId" if versions else "Id"
        chosen = ", ".join(dict.fromkeys(["Id", *names]))
        found = [
            row
            for part in chunks(ids)
            for row in self._query(f"SELECT {chosen} FROM {object_name} WHERE {key} IN {in_list(part)}")
        ]
        return [{name: row[name] for name in names} for row in sorted(found, key=lambda row: str(row["Id"]))]

    def later(self) -> None:
        time.sleep(NEXT_SECOND)

    def clean(self) -> None:
        """Nothing of the test stays but what Salesforce keeps in its recycle bin for 15 days."""
        leads = self._leads()
        found = {name: self._ids(name, leads) for name in DELETED}
        for name in DELETED:
            for part in chunks(found[name], size=COLLECTION):
                where = f"composite/sobjects?ids={','.join(part)}&allOrNone=false"
                self._calls.json(Request("DELETE", where), repeatable=True)
        left = [name for name in DELETED if self._there(name, found[name])]
        assert not left, f"could not delete every {', '.join(left)} of {DOMAIN}"

    def _ids(self, object_name: str, leads: dict[str, Row]) -> list[str]:
        """Those of this test, by the Leads they hang on or came from."""
        if object_name == "Lead":
            return sorted(leads)
        if name := CONVERTED.get(object_name):
            return self._there(object_name, sorted({row[name] for row in leads.values() if row[name]}))
        if object_name in HANGS_ON:
            return self._hanging(object_name, leads)
        return self._there(object_name, self._made.get(object_name, []))

    def _leads(self) -> dict[str, Row]:
        wanted = f"SELECT Id, {', '.join(CONVERTED.values())} FROM Lead WHERE"
        found = {row["Id"]: row for row in self._query(f"{wanted} Email LIKE {quote('%@' + DOMAIN)}")}
        for part in chunks(self._made.get("Lead", [])):
            found |= {row["Id"]: row for row in self._query(f"{wanted} Id IN {in_list(part)}")}
        return found

    def _hanging(self, object_name: str, leads: dict[str, Row]) -> list[str]:
        through, wanted, names = HANGS_ON[object_name]
        parents = [*leads, *(row[name] for row in leads.values() for name in CONVERTED.values() if row[name])]
        fields = ", ".join(dict.fromkeys(["Id", wanted]))
        found: set[str] = set()
        for part in chunks(parents, size=COLLECTION):
            where = " OR ".join(f"{name} IN {in_list(part)}" for name in names)
            found |= {row[wanted] for row in self._query(f"SELECT {fields} FROM {through} WHERE {where}")}
        return sorted(found)

    def _there(self, object_name: str, ids: Sequence[str]) -> list[str]:
        parts = chunks(ids)
        queries = (f"SELECT Id FROM {object_name} WHERE Id IN {in_list(part)}" for part in parts)
        return [row["Id"] for soql in queries for row in self._query(soql)]

    def _query(self, soql: str) -> Iterator[Row]:
        return self._reader.query(soql)

"""Forgetting, backing up and restoring as a person does it, over a running sandbox."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Closeloop, Served

pytestmark = [pytest.mark.e2e, pytest.mark.long]

LEADS = """Last Name,First Name,Company,Email,Title,Country,Employees,Revenue,Industry
Okafor,Anna,North Mills,anna@north.example,CFO,DE,12000,3000000000,Manufacturing
Berg,Ben,South Works,ben@south.example,CFO,DE,12000,3000000000,Manufacturing
"""
ANNA = "anna@north.example"


def test_a_person_is_forgotten_and_stays_so_after_an_import_and_after_a_restore(
    connected: Closeloop, sandbox: Served
) -> None:
    sandbox.reset()
    (connected.place / "leads.csv").write_text(LEADS, encoding="utf-8")
    assert connected("import", "leads.csv").code == 0
    assert connected("run", "prospecting").code == 0
    saved = connected("backup", "b.zip", "--json").json
    assert (saved["prospects"], saved["secrets"]) == (2, ["secret"])

    assert connected("forget", ANNA).complains(2, "Anna Okafor", "--yes")
    receipt = connected("forget", ANNA, "--yes", "--json").json
    assert {"where": "ledger", "what": "prospects", "number": 1, "ids": []} in receipt["erased"]
    assert (receipt["waits"], receipt["done_at"] is not None) == ([], True)
    told = connected("forget", ANNA, "--yes")
    assert told.is_clean
    assert f"Receipt {receipt['id']}" in told.out

    again = connected("import", "leads.csv", "--json").json
    assert [row["line"] for row in again["quarantined"]] == [2]
    assert connected("backup", "b.zip").complains(2, "--force")
    back = connected("restore", "b.zip", "--force", "--json").json
    assert (back["prospects"], back["forgotten_again"]) == (2, 1)
    content = b"".join(path.read_bytes() for path in connected.home.glob("ledger.db*"))
    assert b"anna@" not in content

"""Both CRMs for their one contract suite; the sandbox runs as a process and is reset for every test."""

from __future__ import annotations

import pytest

from tests.contract.crm_orgs import FakeOrg, Org, SandboxOrg
from tests.sandbox.conftest import Sandbox


@pytest.fixture(params=["fake", "salesforce"])
def org(request: pytest.FixtureRequest) -> Org:
    if request.param == "fake":
        return FakeOrg()
    sandbox: Sandbox = request.getfixturevalue("sandbox")
    return SandboxOrg(sandbox)

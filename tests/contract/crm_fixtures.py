"""Both CRMs for their one contract suite; the sandbox runs as a process and is reset for every test.

Where `CLOSELOOP_TEST_SALESFORCE_*` names a real org, that org stands in for the sandbox.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.crm_orgs import FakeOrg, Org, SandboxOrg
from tests.contract.real_org import RealOrg
from tests.real_org_settings import REAL_ORG


@pytest.fixture
def salesforce(request: pytest.FixtureRequest) -> Iterator[SandboxOrg | RealOrg]:
    """The real adapter on an org over HTTP."""
    if not REAL_ORG:
        yield SandboxOrg(request.getfixturevalue("sandbox"))
        return
    org = RealOrg()
    yield org
    org.clean()


@pytest.fixture(params=["fake", "salesforce"])
def org(request: pytest.FixtureRequest) -> Org:
    made: Org = FakeOrg() if request.param == "fake" else request.getfixturevalue("salesforce")
    return made

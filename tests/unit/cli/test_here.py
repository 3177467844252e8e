"""What counts as a sandbox: both services on this machine, never one of them alone."""

from __future__ import annotations

import pytest

from closeloop.cli.here import is_here, works_on_a_sandbox
from config.settings import Settings

HERE, THERE = "http://127.0.0.1:8081", "https://acme.my.salesforce.com"


@pytest.mark.parametrize("address", [HERE, "http://localhost:1", "http://[::1]:80"])
def test_loopback_addresses_are_here(address: str) -> None:
    assert is_here(address)


@pytest.mark.parametrize("address", [THERE, "http://10.0.0.1", "http://127.0.0.1.evil.example", "", None])
def test_any_other_address_is_not(address: str | None) -> None:
    assert not is_here(address)


@pytest.mark.parametrize(
    ("crm", "mail", "sandbox"), [(HERE, HERE, True), (HERE, THERE, False), (THERE, HERE, False)]
)
def test_both_services_have_to_be_here(crm: str, mail: str, sandbox: bool) -> None:
    assert works_on_a_sandbox(Settings(salesforce_instance_url=crm, sendgrid_host=mail)) is sandbox

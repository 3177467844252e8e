"""Facts out of an address alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from closeloop.adapters.enrichment.email_domain import account_domain, email_facts

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_an_address_gives_its_kind_and_registrable_domain() -> None:
    facts = {fact.name: fact for fact in email_facts("anna.okafor@mail.volvo.example", NOW)}
    assert (facts["email_kind"].value, facts["domain"].value) == ("corporate", "volvo.example")
    assert {fact.source for fact in facts.values()} == {"email:domain"}


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("anna@volvo.co.uk", "volvo.co.uk"),
        ("info@volvo.example", "volvo.example"),
        ("anna@gmail.com", None),
        ("anna@gmx.example", None),
        ("anna@mailinator.example", None),
    ],
)
def test_colleagues_meet_under_a_domain_only_their_company_has(address: str, domain: str | None) -> None:
    assert account_domain(address) == domain

"""What an address says by itself, and the domain names behind it."""

from __future__ import annotations

import pytest

from closeloop.data import read_companies
from closeloop.domain.mail_addresses import (
    DISPOSABLE_TWINS,
    FREE_TWINS,
    BadAddress,
    address_kind,
    mailbox,
    read_address,
)
from closeloop.domain.web_domains import domain_label, domains_in, registrable_domain


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("anna.okafor@volvo.example", "corporate"),
        ("anna.okafor@gmail.com", "free"),
        ("anna.okafor@gmail.example", "free"),
        ("info@outlook.example", "free"),
        ("anna@mailinator.example", "disposable"),
        ("anna@mailinator.com", "disposable"),
        ("info@volvo.example", "role"),
        ("accounts.payable@volvo.example", "role"),
        ("sales-emea@volvo.example", "role"),
        ("it@volvo.example", "role"),
        ("it.okafor@volvo.example", "corporate"),
        ("salesforce.fan@volvo.example", "corporate"),
    ],
)
def test_an_address_shows_its_kind(address: str, kind: str) -> None:
    assert address_kind(address) == kind


def test_no_company_of_the_registry_is_taken_for_a_free_provider() -> None:
    labels = {domain_label(domain) for company in read_companies() for domain in domains_in(company["website"])}
    twins = {domain.partition(".")[0] for domain in FREE_TWINS | DISPOSABLE_TWINS}
    assert labels & twins == set()


def test_a_domain_in_other_letters_becomes_ascii_and_a_local_part_cannot() -> None:
    assert read_address("anna@Straße.example") == "anna@xn--strae-oqa.example"
    with pytest.raises(BadAddress, match="letters most mail servers refuse"):
        read_address("zoë@volvo.example")


def test_only_gmail_forgets_dots() -> None:
    assert mailbox("A.n.na+x@gmail.com") == mailbox("anna@googlemail.com")
    assert mailbox("a.n@volvo.example") != mailbox("an@volvo.example")


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("https://www.Volvo.com/en", "volvo.com"),
        ("mail.volvo.co.uk", "volvo.co.uk"),
        ("volvo.example", "volvo.example"),
        ("www.volvo.test", "volvo.test"),
        ("localhost", None),
        ("", None),
        ("Official website", None),
    ],
)
def test_a_registrable_domain_needs_no_network(host: str, domain: str | None) -> None:
    assert registrable_domain(host) == domain


def test_every_domain_of_a_hand_filled_field_is_found() -> None:
    assert domains_in("merck.com (US & Canada) msd.com (international)") == ["merck.com", "msd.com"]
    assert domains_in("www.dnp.co.jp /eng /") == ["dnp.co.jp"]
    assert domains_in("Official website") == []


def test_a_brand_suffix_is_the_companys_own_word() -> None:
    assert domain_label("home.sandvik") == "sandvik"
    assert domain_label("volvo.com") == "volvo"

"""The built-in registry: plain matches only, facts with source and age, the file read once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from closeloop.adapters.enrichment.registry import RegistryEnricher
from closeloop.application.ports import AccountQuery
from closeloop.data import COMPANIES, read_companies
from closeloop.domain.errors import UsageError
from closeloop.domain.prospect import Fact
from closeloop.domain.sources import is_public, spoken_source

NOW = datetime(2026, 11, 23, tzinfo=UTC)
RATES = {"EUR": Decimal("1.10"), "JPY": Decimal("0.0065"), "SEK": Decimal("0.1")}


@pytest.fixture(scope="module")
def registry() -> RegistryEnricher:
    return RegistryEnricher(COMPANIES, RATES)


OWN = "an-own-domain.example"
"""A business domain that the registry does not know, so that the name decides."""


def _facts(registry: RegistryEnricher, company: str = "", domain: str | None = OWN) -> dict[str, Fact]:
    found = registry.lookup([AccountQuery(key="k", company=company, domain=domain)], NOW)
    assert set(found) == {"k"}
    return {fact.name: fact for fact in found["k"]}


def test_a_company_is_found_by_its_own_domain_with_facts_that_can_be_cited(registry: RegistryEnricher) -> None:
    facts = _facts(registry, "whatever it is called here", "www.volvogroup.com")
    assert facts["employees"].value == 102_000
    assert facts["employees"].as_of == "2024"
    assert facts["employees"].source == "registry:https://en.wikipedia.org/wiki/Volvo"
    assert facts["annual_revenue_usd"].value == Decimal("52681600000")
    assert (facts["country"].value, facts["founded"].value) == ("SE", 1927)
    assert facts["headquarters"].value == "Gothenburg, Sweden"
    assert {fact.observed_at for fact in facts.values()} == {NOW}


@pytest.mark.parametrize("domain", ["volvogroup.example", "mail.volvogroup.test"])
def test_the_reserved_twin_of_a_domain_finds_the_company(registry: RegistryEnricher, domain: str) -> None:
    assert _facts(registry, "", domain)["employees"].value == 102_000


def test_a_name_matches_without_its_legal_form_and_with_less_confidence(registry: RegistryEnricher) -> None:
    by_name, by_domain = _facts(registry, "NIKE INC"), _facts(registry, "", "nike.com")
    assert by_name["industry"].value == by_domain["industry"].value == "Apparel"
    assert by_name["industry"].confidence < by_domain["industry"].confidence


@pytest.mark.parametrize("name", ["First Bancorp", "Nike Town", "Volvo Cars Ghent", "", "🚀"])
def test_what_could_be_two_or_is_only_similar_is_a_miss(registry: RegistryEnricher, name: str) -> None:
    assert _facts(registry, name) == {}


@pytest.mark.parametrize("company", ["T-Mobile US", "NIKE INC", "gmail", "Alphabet Inc."])
def test_a_free_mail_address_is_matched_to_no_company_whatever_name_it_gives(
    registry: RegistryEnricher, company: str
) -> None:
    assert _facts(registry, company, None) == {}


def test_the_label_of_a_foreign_real_domain_is_no_match(registry: RegistryEnricher) -> None:
    assert _facts(registry, "", "nike.org") == {}


def test_a_listed_company_is_one_that_the_entry_calls_public(registry: RegistryEnricher) -> None:
    assert _facts(registry, "", "3m.com")["listed"].value is True
    assert "listed" not in _facts(registry, "1&1")


def test_a_currency_without_a_rate_gives_no_revenue() -> None:
    facts = _facts(RegistryEnricher(COMPANIES, {}), "", "volvogroup.com")
    assert "annual_revenue_usd" not in facts
    assert "employees" in facts


def test_every_registry_company_finds_itself_by_domain_or_name(registry: RegistryEnricher) -> None:
    companies = read_companies()
    queries = [AccountQuery(key=str(n), company=c["name"], domain=OWN) for n, c in enumerate(companies)]
    missed = [companies[int(key)]["name"] for key, facts in registry.lookup(queries, NOW).items() if not facts]
    assert missed == ["First BanCorp", "First Bancorp"]


def test_the_people_named_in_the_file_are_never_a_fact(registry: RegistryEnricher) -> None:
    named = [company for company in read_companies() if company.get("founder")]
    assert len(named) > 300
    for company in named:
        assert not any(company["founder"] in str(fact.value) for fact in _facts(registry, company["name"]).values())


@pytest.mark.parametrize("line", ["{not json", "[]", '{"name": "Acme"}'])
def test_a_broken_registry_of_ones_own_is_named_with_its_setting(tmp_path: Path, line: str) -> None:
    broken = tmp_path / "companies.jsonl"
    broken.write_text(f"{line}\n", "utf-8")
    with pytest.raises(UsageError, match=r"companies\.jsonl cannot be read .* set CLOSELOOP_REGISTRY"):
        _facts(RegistryEnricher(broken, RATES), "Volvo")


def test_a_new_file_is_matched_by_label_only_where_the_label_is_its_own(tmp_path: Path) -> None:
    entry = {"industries": [], "wikipedia_url": "https://x.example/1", "employees": "10 (2024)"}
    lines = [entry | {"name": "Alpha", "website": "same.com"}, entry | {"name": "Beta", "website": "same.org"}]
    path = tmp_path / "companies.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    registry = RegistryEnricher(path, RATES)
    assert _facts(registry, "", "same.example") == {}
    assert _facts(registry, "", "same.org")["employees"].value == 10


CSV = """\ufeffCompany;Domain;Industry;Employees;Revenue;Country;Source
Nordic Mills;nordic-mills.example;Manufacturing; 1,200 (2025);EUR 40 million;Sweden;
Quay Foods;quayfoods.example;Retail; Food;350;;;https://register.example/quay
"""


def test_a_register_of_ones_own_may_be_a_csv_file_and_is_cited_by_line(tmp_path: Path) -> None:
    path = tmp_path / "ours.csv"
    path.write_text(CSV.replace("Retail; Food", '"Retail; Food"'), "utf-8")
    registry = RegistryEnricher(path, RATES)
    facts = _facts(registry, "", "nordic-mills.example")
    assert (facts["employees"].value, facts["employees"].as_of) == (1_200, "2025")
    assert facts["country"].value == "SE"
    assert facts["employees"].source == "registry:file ours.csv, line 2"
    assert spoken_source(facts["employees"].source) == "our records"
    assert not is_public(facts["employees"].source)
    quay = _facts(registry, "", "quayfoods.example")
    assert quay["employees"].source == "registry:https://register.example/quay"
    assert is_public(quay["employees"].source)


def test_a_csv_register_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "ours.csv"
    path.write_text("who;what\nNordic Mills;1\n", "utf-8")
    with pytest.raises(UsageError, match=r"ours\.csv cannot be read .*no column name.*CLOSELOOP_REGISTRY"):
        _facts(RegistryEnricher(path, RATES), "Volvo")

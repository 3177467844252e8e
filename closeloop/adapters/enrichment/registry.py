"""The built-in firmographic registry: real public companies, matched only when it is plain which is meant.

A company that two entries could be is no match, and a value that cannot be read beyond doubt is no fact. Nor is a
person at a free-mail address matched by the company's name alone: nothing shows that they work there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from closeloop.application.ports import AccountQuery
from closeloop.data import Company, read_companies
from closeloop.domain.firmographics import (
    company_country,
    read_address_line,
    read_employees,
    read_founded,
)
from closeloop.domain.industries import industry
from closeloop.domain.lead_duplicates import company_key
from closeloop.domain.money import Money, in_dollars, read_money
from closeloop.domain.prospect import Fact, FactValue
from closeloop.domain.web_domains import domain_label, domains_in, is_reserved, registrable_domain

Value = tuple[str, FactValue | None, str | None]
"""A fact's name, its value if it can be read, and the year the source gives."""

BY_DOMAIN, BY_RESERVED_TWIN, BY_NAME = 0.95, 0.9, 0.8
"""How sure a match is: the company's own domain, its label under a reserved suffix, or its name alone."""


class RegistryEnricher:
    """Looks accounts up in the registry file. `rates`: US dollars for one unit of a currency."""

    def __init__(self, path: Path, rates: Mapping[str, Decimal]) -> None:
        self._path, self._rates = path, rates

    def lookup(self, queries: Sequence[AccountQuery], now: datetime) -> dict[str, tuple[Fact, ...]]:
        """Facts by query key; a miss is an empty tuple."""
        return {query.key: self._facts(query, now) for query in queries}

    def _facts(self, query: AccountQuery, now: datetime) -> tuple[Fact, ...]:
        company, confidence = self._match(query)
        if company is None:
            return ()
        source = f"registry:{company['wikipedia_url']}"
        return tuple(
            Fact(name=name, value=value, source=source, observed_at=now, confidence=confidence, as_of=as_of)
            for name, value, as_of in _values(company, self._rates)
            if value is not None
        )

    def _match(self, query: AccountQuery) -> tuple[Company | None, float]:
        if query.domain is None:
            return None, 0.0
        domain = registrable_domain(query.domain)
        if domain and (found := self._by_domain.get(domain)):
            return found, BY_DOMAIN
        if domain and is_reserved(domain) and (found := self._by_label.get(domain_label(domain))):
            return found, BY_RESERVED_TWIN
        return self._by_name.get(company_key(query.company)), BY_NAME

    @cached_property
    def _companies(self) -> list[Company]:
        return read_companies(self._path)

    @cached_property
    def _by_domain(self) -> dict[str, Company]:
        return _unambiguous((d, company) for company in self._companies for d in domains_in(company["website"]))

    @cached_property
    def _by_label(self) -> dict[str, Company]:
        return _unambiguous((domain_label(domain), company) for domain, company in self._by_domain.items())

    @cached_property
    def _by_name(self) -> dict[str, Company]:
        return _unambiguous((company_key(company["name"]), company) for company in self._companies)


def _unambiguous(pairs: Iterable[tuple[str, Company]]) -> dict[str, Company]:
    """Keys that mean one company only."""
    found: dict[str, Company] = {}
    shared = set[str]()
    for key, company in pairs:
        if found.setdefault(key, company) is not company:
            shared.add(key)
    return {key: company for key, company in found.items() if key not in shared}


def _values(company: Company, rates: Mapping[str, Decimal]) -> list[Value]:
    country = company_country(company)
    employees = read_employees(company.get("employees"))
    revenue = read_money(company.get("revenue"), country)
    kind = company.get("company_type")
    return [
        ("employees", employees.value if employees else None, employees.as_of if employees else None),
        ("annual_revenue_usd", *_dollars(revenue, rates)),
        ("industry", industry(company["industries"]), None),
        ("country", country, None),
        ("founded", read_founded(company.get("founded")), None),
        ("headquarters", read_address_line(company.get("headquarters")), None),
        ("company_type", _tidy(kind), None),
        ("products", _tidy(company.get("products")), None),
        ("listed", _is_listed(kind) or None, None),
    ]


def _dollars(revenue: Money | None, rates: Mapping[str, Decimal]) -> tuple[Decimal | None, str | None]:
    return (in_dollars(revenue, rates), revenue.as_of) if revenue else (None, None)


def _is_listed(kind: str | None) -> bool:
    """Only what the entry says in so many words: an `Aktiengesellschaft` may be unlisted."""
    words = (kind or "").casefold()
    return words.startswith("public") and "subsidiary" not in words and "public limited" not in words


def _tidy(text: str | None) -> str | None:
    return " ".join(text.replace(" ,", ",").split()) if text else None

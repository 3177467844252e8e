"""People Data Labs, Apollo and Hunter: what each is asked, and how its answer is read.

Invariant: only fields whose meaning is the same as ours are read. A size bracket is no number of people, a revenue
bracket no revenue; they are left out instead of being made exact.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from closeloop.adapters.enrichment.vendor import Manners, Match, Said, Vendor, whole, words
from closeloop.domain.countries import country_code
from closeloop.domain.enrichment_rules import Source
from closeloop.domain.industries import industry

LEAST_LIKELY = 2
"""PDL's likelihood runs from 1 to 10, 1 being worth nothing."""
SUREST = 0.95
APOLLO_SURE, HUNTER_SURE = 0.8, 0.75
_BASICS = frozenset({"employees", "industry", "country", "founded"})


def _industry(*labels: Any) -> str | None:
    return industry([label for label in labels if isinstance(label, str)])


def _country(value: Any) -> str | None:
    return country_code(value) if isinstance(value, str) else None


def _object(value: Any) -> Said:
    """An object that may be missing; anything else is nonsense."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TypeError("no object")
    return value


def read_pdl(said: Said) -> Match | None:
    """The profile lies at the top, beside `status` and `likelihood`."""
    likelihood = whole(said.get("likelihood"))
    if likelihood is None or not LEAST_LIKELY <= likelihood <= 10:
        raise ValueError("no likelihood")
    values = {
        "employees": whole(said.get("employee_count")),
        "industry": _industry(said.get("industry")),
        "country": _country(_object(said.get("location")).get("country")),
        "founded": whole(said.get("founded")),
    }
    return Match(words(said.get("website")), min(SUREST, 0.5 + likelihood / 20), values)


def read_apollo(said: Said) -> Match | None:
    """`organization`, missing or null for one it does not know."""
    company = _object(said.get("organization"))
    if not company:
        return None
    values = {
        "employees": whole(company.get("estimated_num_employees")),
        "annual_revenue_usd": whole(company.get("annual_revenue")),
        "industry": _industry(company.get("industry")),
        "country": _country(company.get("country")),
        "founded": whole(company.get("founded_year")),
    }
    return Match(words(company.get("primary_domain")), APOLLO_SURE, values)


def read_hunter(said: Said) -> Match | None:
    """`data`, in the shape that Clearbit had; `metrics.employees` is a bracket and is not read."""
    company = _object(said.get("data"))
    if not company:
        return None
    kind, tags = _object(company.get("category")), company.get("tags") or []
    values = {
        "industry": _industry(kind.get("industry"), kind.get("subIndustry"), *tags),
        "country": _country(_object(company.get("geo")).get("countryCode")),
        "founded": whole(company.get("foundedYear")),
    }
    return Match(words(company.get("domain")), HUNTER_SURE, values)


PDL = Manners(
    name="pdl",
    title="People Data Labs",
    price=Decimal(1),
    fields=_BASICS,
    path="/v5/company/enrich",
    parameters=lambda domain: {"website": domain, "min_likelihood": str(LEAST_LIKELY)},
    read=read_pdl,
    check_path="/v5/company/enrich",
    # A question about nobody is a bad question (400) to whoever knows the key, and 401 to anybody else.
    check_statuses=frozenset({400}),
)
APOLLO = Manners(
    name="apollo",
    title="Apollo",
    price=Decimal(1),
    fields=_BASICS | {"annual_revenue_usd"},
    path="/api/v1/organizations/enrich",
    parameters=lambda domain: {"domain": domain},
    read=read_apollo,
    check_path="/api/v1/auth/health",
)
HUNTER = Manners(
    name="hunter",
    title="Hunter",
    price=Decimal("0.2"),
    fields=_BASICS - {"employees"},
    path="/v2/companies/find",
    parameters=lambda domain: {"domain": domain},
    read=read_hunter,
    # Hunter's own words: 403 is too fast, 429 is used up.
    slow_down=frozenset({403}),
    out_of_credit=frozenset({402, 429}),
    key_header="X-API-KEY",
    check_path="/v2/account",
)
ADDRESSES: dict[Source, str] = {
    "pdl": "https://api.peopledatalabs.com",
    "apollo": "https://api.apollo.io",
    "hunter": "https://api.hunter.io",
}
VENDORS = {one.name: one for one in (PDL, APOLLO, HUNTER)}


def vendor(name: Source, key: str, base: str | None = None) -> Vendor:
    """The source of this name; `base` takes the place of its address, for a sandbox."""
    return Vendor(VENDORS[name], key, (base or ADDRESSES[name]).rstrip("/"))

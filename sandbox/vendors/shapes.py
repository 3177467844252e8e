"""The answers of each vendor in its own shape: a match, a miss, a bad question, and every refusal.

Invariant: a shape has the fields its vendor documents, those that nobody reads here too, so that a client which
reads the wrong one is found out.
"""

from __future__ import annotations

from typing import Any

from sandbox.vendors.companies import Company

HUGE = 10**17
BRACKETS = (
    (10, "1-10"),
    (50, "11-50"),
    (200, "51-200"),
    (500, "201-500"),
    (1_000, "501-1000"),
    (5_000, "1001-5000"),
)


def bracket(employees: int) -> str:
    """The size class of a headcount."""
    return next((name for most, name in BRACKETS if employees <= most), "5001-10000")


def match(vendor: str, company: Company) -> dict[str, Any]:
    """A company that is known."""
    return {"pdl": _pdl, "apollo": _apollo, "hunter": _hunter}[vendor](company)


def _pdl(company: Company) -> dict[str, Any]:
    return {
        "status": 200,
        "name": company.name.lower(),
        "display_name": company.name,
        "size": bracket(company.employees),
        "employee_count": {"current": "many"} if company.nonsense else company.employees,
        "id": f"pdl{company.founded}{company.domain}",
        "founded": company.founded,
        "industry": company.industry[0],
        "location": {"name": company.country[0], "country": company.country[0], "continent": None},
        "website": company.domain,
        "linkedin_url": None,
        "type": "private",
        "ticker": None,
        "inferred_revenue": "$10M-$25M",
        "likelihood": company.likelihood,
    }


def _apollo(company: Company) -> dict[str, Any]:
    return {
        "organization": {
            "id": f"apollo{company.founded}{company.domain}",
            "name": company.name,
            "website_url": f"http://www.{company.domain}",
            "primary_domain": company.domain,
            "industry": company.industry[1],
            "estimated_num_employees": HUGE if company.nonsense else company.employees,
            "annual_revenue_printed": f"{company.revenue / 1e6:.1f}M",
            "annual_revenue": -1 if company.nonsense else float(company.revenue),
            "founded_year": 30_000 if company.nonsense else company.founded,
            "country": company.country[1],
            "technology_names": ["Cloudflare DNS", "Google Analytics"],
            "raw_address": company.country[1],
        }
    }


def _hunter(company: Company) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": f"hunter{company.founded}{company.domain}",
        "name": company.name,
        "legalName": None,
        "domain": company.domain,
        "site": {"phoneNumbers": [], "emailAddresses": []},
        "category": {"sector": None, "industryGroup": None, "industry": company.industry[2], "subIndustry": None},
        "tags": [],
        "foundedYear": 9_999 if company.nonsense else company.founded,
        "geo": {"city": None, "country": company.country[1], "countryCode": company.country[2]},
        "metrics": {"employees": bracket(company.employees), "annualRevenue": None},
        "tech": [],
        "type": "private",
    }
    return {"data": data, "meta": {"domain": company.domain}}


def miss(vendor: str) -> tuple[int, dict[str, Any]]:
    """Nobody is known there."""
    if vendor == "apollo":
        return 200, {"organization": None}
    return refusal(vendor, 404, "not_found", "No records were found matching your request")


def refusal(vendor: str, status: int, kind: str, words: str) -> tuple[int, dict[str, Any]]:
    """An error in the vendor's own shape."""
    if vendor == "pdl":
        return status, {"status": status, "error": {"type": [kind], "message": words}}
    if vendor == "apollo":
        return status, {"error": words, "error_code": kind.upper()}
    return status, {"errors": [{"id": kind, "code": status, "details": words}]}

"""A company's own page to facts: language, what it says of itself, schema.org data, technology.

Invariant: text from a page is data. What is not plainly about this company (another company's schema, a parked
domain, a range instead of a number) gives no fact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from closeloop.adapters.enrichment.safe_fetch import Page
from closeloop.adapters.enrichment.technologies import technologies
from closeloop.domain.countries import country_code
from closeloop.domain.prospect import Fact, FactValue
from closeloop.domain.web_domains import registrable_domain

SAID_BY_ITSELF, SEEN = 0.75, 0.8
"""How sure: what a company says of itself in its schema, and what stands in its page."""
LONGEST_TAGLINE = 200
_PARKED = re.compile(r"domain (?:is |may be )?for sale|buy this domain|parked (?:domain|free)", re.IGNORECASE)
_ORGANISATIONS = frozenset({"organization", "corporation", "localbusiness"})
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}")


def page_facts(page: Page, domain: str, now: datetime) -> tuple[Fact, ...]:
    """What the page of this domain says; nothing for a parked one."""
    tree = LexborHTMLParser(page.text)
    title = tree.css_first("title")
    if _PARKED.search(f"{title.text() if title else ''} {_meta(tree)}"):
        return ()
    found: dict[str, tuple[FactValue | None, float]] = {
        "site_language": (_language(tree), SEEN),
        "tagline": (_meta(tree) or None, SEEN),
        "technologies": (", ".join(technologies(page.text, dict(page.headers))) or None, SEEN),
    }
    for company in _companies(tree, domain):
        found |= {name: (value, SAID_BY_ITSELF) for name, value in _of_schema(company).items()}
    return tuple(
        Fact(name=name, value=value, source=f"website:{page.url}", observed_at=now, confidence=sure)
        for name, (value, sure) in found.items()
        if value is not None
    )


def _language(tree: LexborHTMLParser) -> str | None:
    root = tree.css_first("html")
    found = _LANGUAGE.match((root.attributes.get("lang") or "") if root else "")
    return found.group().lower() if found else None


def _meta(tree: LexborHTMLParser) -> str:
    node = tree.css_first('meta[name="description"]') or tree.css_first('meta[property="og:description"]')
    said = " ".join(((node.attributes.get("content") or "") if node else "").split())
    return said if len(said) <= LONGEST_TAGLINE else ""


def _companies(tree: LexborHTMLParser, domain: str) -> Iterator[dict[str, Any]]:
    """Organisations in the page's JSON-LD that are this one."""
    for node in tree.css('script[type="application/ld+json"]'):
        try:
            content = json.loads(node.text())
        except (ValueError, RecursionError):
            continue
        for thing in _things(content):
            if _kinds(thing) & _ORGANISATIONS and registrable_domain(str(thing.get("url") or domain)) == domain:
                yield thing


def _things(content: Any) -> Iterator[dict[str, Any]]:
    """The objects at the top, in a list, or in a graph."""
    for one in content if isinstance(content, list) else [content]:
        if isinstance(one, dict):
            yield one
            graph = one.get("@graph")
            yield from (thing for thing in (graph if isinstance(graph, list) else ()) if isinstance(thing, dict))


def _kinds(thing: dict[str, Any]) -> set[str]:
    kinds = thing.get("@type")
    return {str(kind).lower() for kind in (kinds if isinstance(kinds, list) else [kinds])}


def _of_schema(company: dict[str, Any]) -> dict[str, FactValue | None]:
    address = company.get("address")
    country = address.get("addressCountry") if isinstance(address, dict) else None
    if isinstance(country, dict):
        country = country.get("name")
    return {
        "employees": _people(company.get("numberOfEmployees")),
        "founded": _year(company.get("foundingDate")),
        "country": country_code(country) if isinstance(country, str) else None,
    }


def _people(said: Any) -> int | None:
    """One number; a range is none."""
    value = said.get("value") if isinstance(said, dict) else said
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return int(value) if str(value).isdecimal() and len(str(value)) < 9 else None


def _year(said: Any) -> int | None:
    found = re.match(r"(\d{4})(?:-|$)", str(said or ""))
    return int(found[1]) if found else None

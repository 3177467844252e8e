"""Facts about accounts, from the cache first and the sources second. What people wrote in the CRM wins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from closeloop.application.ports import AccountQuery
from closeloop.application.services import Services
from closeloop.domain.prospect import Fact, Prospect


def enrich(services: Services, prospects: Sequence[Prospect], now: datetime) -> dict[str, dict[str, Fact]]:
    """Prospect key to all its facts: its own, then those of its account that it did not have."""
    queries = {prospect.key: _query(prospect) for prospect in prospects}
    found = account_facts(services, list({q.key: q for q in queries.values()}.values()), now)
    return {p.key: {f.name: f for f in found[queries[p.key].key]} | p.facts for p in prospects}


def account_facts(
    services: Services, queries: Sequence[AccountQuery], now: datetime
) -> dict[str, tuple[Fact, ...]]:
    """Account key to its facts; a known miss is not asked for again before it expires."""
    known = services.ledger.cached_facts([query.key for query in queries], now)
    missing = [query for query in queries if query.key not in known]
    if missing:
        fresh = _ask(services, missing, now)
        services.ledger.cache_facts(fresh, now + services.facts_ttl)
        known |= fresh
    return known


def _ask(services: Services, queries: Sequence[AccountQuery], now: datetime) -> dict[str, tuple[Fact, ...]]:
    """Each source in the playbook's order; the first to know a fact wins."""
    merged: dict[str, dict[str, Fact]] = {query.key: {} for query in queries}
    for source in services.enrichers:
        for key, facts in source.lookup(queries, now).items():
            for fact in facts:
                merged[key].setdefault(fact.name, fact)
    return {key: tuple(facts.values()) for key, facts in merged.items()}


def _query(prospect: Prospect) -> AccountQuery:
    key = prospect.domain or f"company:{prospect.company.casefold()}"
    return AccountQuery(key=key, company=prospect.company, domain=prospect.domain, country=prospect.country)

"""Facts about accounts, by asking source after source until each is known well enough.

Invariants: what the playbook's order leaves out is never asked; an answer, a miss too, is remembered and not paid
for twice while it is good; a source that fails or is out of credit is passed over, and the others are asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from closeloop.application.ports import AccountQuery
from closeloop.application.purse import Purse
from closeloop.application.services import Services
from closeloop.application.waterfall import Waterfall, providers_of
from closeloop.domain.fact_choice import choose
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.sources import source_kind


def enrich(
    services: Services, prospects: Sequence[Prospect], now: datetime, run_id: str = "enrichment"
) -> dict[str, dict[str, Fact]]:
    """Prospect key to all its facts: of several answers to one question the one to believe."""
    queries = {prospect.key: account_query(prospect) for prospect in prospects}
    known = _known_by_all(prospects, queries)
    purse = Purse(services.ledger, services.playbook.enrichment.credits, run_id, now)
    waterfall = Waterfall(providers_of(services), services.playbook.enrichment, services.ledger, purse, now)
    found = waterfall.run({query.key: query for query in queries.values()}, known)
    asked = frozenset(provider.name for provider in waterfall.providers)
    return {p.key: _chosen(p, found[queries[p.key].key], asked, services, now) for p in prospects}


def account_query(prospect: Prospect) -> AccountQuery:
    """Colleagues share a query: whoever has a company's domain, else who names the same company."""
    key = prospect.domain or f"company:{prospect.company.casefold()}"
    return AccountQuery(key=key, company=prospect.company, domain=prospect.domain, country=prospect.country)


def _known_by_all(prospects: Sequence[Prospect], queries: Mapping[str, AccountQuery]) -> dict[str, dict[str, Fact]]:
    """Account key to what people said about it at each of its prospects: nobody needs to be asked for that."""
    by_account = defaultdict[str, list[Prospect]](list)
    for prospect in prospects:
        by_account[queries[prospect.key].key].append(prospect)
    known = {}
    for key, some in by_account.items():
        names = set(some[0].facts).intersection(*(one.facts for one in some[1:]))
        known[key] = {name: some[0].facts[name] for name in names}
    return known


def _chosen(
    prospect: Prospect, answers: Sequence[Fact], asked: frozenset[str], services: Services, now: datetime
) -> dict[str, Fact]:
    """An answer of a source that was read again takes the place of what it said before."""
    rules = services.playbook.enrichment
    by_name = defaultdict[str, list[Fact]](list)
    for fact in answers:
        by_name[fact.name].append(fact)
    for name, fact in prospect.facts.items():
        kind = source_kind(fact.source)
        if kind not in asked or not any(source_kind(one.source) == kind for one in by_name.get(name, ())):
            by_name[name].append(fact)
    return {name: choose(some, rules, now) for name, some in by_name.items()}

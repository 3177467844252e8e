"""The company's own website as a source of facts: one page, read politely.

Invariant: robots.txt is asked first, and a page it forbids is not read; a page that turns out to be another
company's says nothing about this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from closeloop.adapters.enrichment.asking import Circuit, SourceTrouble, ask_each
from closeloop.adapters.enrichment.page_facts import page_facts
from closeloop.adapters.enrichment.safe_fetch import USER_AGENT, NotFetched, Page, SafeFetch
from closeloop.application.ports import AccountQuery
from closeloop.application.provider_port import Answer, Answers
from closeloop.domain.enrichment_rules import Source
from closeloop.domain.web_domains import is_reserved, registrable_domain

SERVER_FAILS = 500


@dataclass
class Website:
    """Implements `closeloop.application.provider_port.Provider`. `address` makes the first page's address."""

    fetch: SafeFetch = field(default_factory=SafeFetch)
    address: str = "https://{domain}/"
    samples_too: bool = False
    """Also domains that belong to nobody; for tests."""
    circuit: Circuit = field(default_factory=Circuit)
    name: Source = "website"
    fields: frozenset[str] = frozenset(
        {"site_language", "tagline", "technologies", "employees", "founded", "country"}
    )
    price: Decimal = Decimal(0)

    def ask(self, queries: Sequence[AccountQuery], now: datetime) -> Answers:
        return ask_each(queries, partial(self._one, now=now), self.circuit)

    def _one(self, query: AccountQuery, now: datetime) -> Answer | None:
        """A site that is down is that site's trouble: the other sites are asked all the same."""
        domain = query.domain
        if domain is None or (is_reserved(domain) and not self.samples_too):
            return None
        try:
            page = self._page(self.address.format(domain=domain))
        except NotFetched as problem:
            return Answer() if problem.refused else None
        except (ValueError, RecursionError) as problem:
            raise SourceTrouble(f"a page cannot be read ({type(problem).__name__})") from None
        if page is None or registrable_domain(urlsplit(page.url).hostname or "") != registrable_domain(domain):
            return Answer()
        return Answer(facts=page_facts(page, registrable_domain(domain) or domain, now))

    def _page(self, url: str) -> Page | None:
        """None where robots.txt forbids it."""
        if not self._may_read(url):
            return None
        page = self.fetch.get(url)
        moved = urlsplit(page.url).netloc != urlsplit(url).netloc
        return page if not moved or self._may_read(page.url) else None

    def _may_read(self, url: str) -> bool:
        """No robots.txt forbids nothing; one that its server fails to give forbids all (RFC 9309)."""
        parts = urlsplit(url)
        try:
            rules = self.fetch.get(f"{parts.scheme}://{parts.netloc}/robots.txt").text
        except NotFetched as problem:
            if 0 < problem.status < SERVER_FAILS:
                return True
            raise
        parser = RobotFileParser()
        parser.parse(rules.splitlines())
        return parser.can_fetch(USER_AGENT, url)

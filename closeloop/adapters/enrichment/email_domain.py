"""Facts an e-mail address gives away by itself: its registrable domain and what kind of mailbox it is."""

from __future__ import annotations

from datetime import datetime

from closeloop.domain.mail_addresses import address_kind
from closeloop.domain.prospect import Fact
from closeloop.domain.web_domains import registrable_domain

SOURCE = "email:domain"


def account_domain(address: str) -> str | None:
    """The domain under which colleagues meet; None for free-mail and throw-away addresses."""
    if address_kind(address) in {"free", "disposable"}:
        return None
    return registrable_domain(address.rpartition("@")[2])


def email_facts(address: str, now: datetime) -> tuple[Fact, ...]:
    """`email_kind` (corporate, free, role or disposable) and `domain`; nothing is looked up."""
    facts = [Fact(name="email_kind", value=address_kind(address), source=SOURCE, observed_at=now)]
    if domain := registrable_domain(address.rpartition("@")[2]):
        facts.append(Fact(name="domain", value=domain, source=SOURCE, observed_at=now))
    return tuple(facts)

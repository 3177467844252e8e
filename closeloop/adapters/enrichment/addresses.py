"""The AddressReader port: what an address alone says about a prospect."""

from __future__ import annotations

from datetime import datetime

from closeloop.adapters.enrichment.email_domain import account_domain, email_facts
from closeloop.domain.prospect import Fact


class EmailAddressReader:
    """Implements `closeloop.application.ports.AddressReader`; asks nobody."""

    def facts(self, email: str, now: datetime) -> tuple[Fact, ...]:
        """A free-mail domain is no account, so it is left out."""
        has_account = account_domain(email) is not None
        return tuple(fact for fact in email_facts(email, now) if fact.name != "domain" or has_account)

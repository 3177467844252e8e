"""Whether a domain takes mail at all, by DNS: a source of the fact `accepts_mail`.

Invariant: only a name server that works and says so proves that a domain takes none. Whoever cannot be reached,
answers too late or knows nobody at all proves nothing, and the fact stays unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from threading import Lock
from typing import Protocol

import dns.exception
import dns.resolver

from closeloop.adapters.enrichment.asking import Circuit, SourceTrouble, ask_each
from closeloop.application.ports import AccountQuery
from closeloop.application.provider_port import Answer, Answers
from closeloop.domain.enrichment_rules import Source
from closeloop.domain.prospect import Fact
from closeloop.domain.web_domains import is_reserved

SECONDS = 4.0
ALWAYS_THERE = "com."
"""Whoever does not know this name is no name server of the Internet."""


class NameServer(Protocol):
    """Asks DNS: the records of a type, empty where the name has none of it, None where there is no such name.

    Raises `SourceTrouble` when nobody answers.
    """

    def __call__(self, name: str, kind: str) -> list[str] | None: ...


def ask_dns(
    name: str, kind: str, resolver: dns.resolver.Resolver | None = None, seconds: float = SECONDS
) -> list[str] | None:
    """By the resolver of this machine, or the one given."""
    asked = resolver or dns.resolver.get_default_resolver()
    try:
        return [record.to_text() for record in asked.resolve(name, kind, lifetime=seconds)]
    except dns.resolver.NXDOMAIN:
        return None
    except dns.resolver.NoAnswer:
        return []
    except (dns.exception.DNSException, OSError) as problem:
        raise SourceTrouble(f"no name server answers ({type(problem).__name__})") from None


def on_this_machine(name: str, kind: str) -> list[str] | None:
    """A `NameServer`: the one that this machine is set up with."""
    return ask_dns(name, kind)


@dataclass
class MailServers:
    """Implements `closeloop.application.provider_port.Provider`."""

    look_up: NameServer = field(default_factory=lambda: on_this_machine)
    circuit: Circuit = field(default_factory=Circuit)
    name: Source = "mx"
    fields: frozenset[str] = frozenset({"accepts_mail"})
    price: Decimal = Decimal(0)
    _works: bool | None = None
    _lock: Lock = field(default_factory=Lock)

    def ask(self, queries: Sequence[AccountQuery], now: datetime) -> Answers:
        return ask_each(queries, partial(self._one, now=now), self.circuit)

    def _one(self, query: AccountQuery, now: datetime) -> Answer | None:
        if query.domain is None or is_reserved(query.domain):
            return None
        takes = self._takes_mail(query.domain)
        source = f"mx:{query.domain}"
        return Answer(facts=(Fact(name="accepts_mail", value=takes, source=source, observed_at=now),))

    def _takes_mail(self, domain: str) -> bool:
        """A mail server of its own, or, where none is named, an address: mail goes there then."""
        named = self.look_up(domain, "MX")
        if named is None:
            self._make_sure_it_works()
            return False
        if named:
            return any(record.rpartition(" ")[2].rstrip(".") for record in named)
        return any(self.look_up(domain, kind) for kind in ("A", "AAAA"))

    def _make_sure_it_works(self) -> None:
        """A resolver that is cut off from the world says of everybody that there is no such name."""
        with self._lock:
            if self._works is None:
                self._works = bool(self.look_up(ALWAYS_THERE, "NS"))
            if not self._works:
                self._works = None
                raise SourceTrouble("the name server knows no name at all: it is cut off", ends=True)

"""What the commercial sources have in common: one GET for each account, its limits, and what its failures mean.

Invariant: whatever comes back, it ends as facts, a miss, or no answer; it never raises into the pass, and the key
never leaves but to the vendor. A call whose answer was lost counts as paid.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import httpx

from closeloop.adapters.enrichment.asking import Circuit, SourceTrouble, ask_each
from closeloop.application.ports import AccountQuery
from closeloop.application.provider_port import Answer, Answers
from closeloop.domain.enrichment_rules import Source
from closeloop.domain.prospect import Fact, FactValue
from closeloop.domain.web_domains import registrable_domain

SECONDS = 10.0
MOST_BYTES = 2_000_000
LONGEST_PAUSE = 5.0
"""So long a vendor may ask us to wait within a batch; for longer it is left alone."""
Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Match:
    """The company a vendor found, in our words; `sure` is how sure it is the one that was meant."""

    domain: str | None
    sure: float
    values: Mapping[str, FactValue | None]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, whole."""

    status: int
    headers: httpx.Headers
    content: bytes


@dataclass(frozen=True, slots=True)
class Manners:
    """One vendor's own ways."""

    name: Source
    title: str
    price: Decimal
    """Credits for a match; a miss is free with all of them."""
    fields: frozenset[str]
    path: str
    parameters: Callable[[str], Mapping[str, str]]
    """Of a question about a domain."""
    read: Callable[[Said], Match | None]
    """None: the vendor does not know it."""
    slow_down: frozenset[int] = frozenset({429})
    out_of_credit: frozenset[int] = frozenset({402})
    key_header: str = "X-Api-Key"
    check_path: str = ""
    check_statuses: frozenset[int] = frozenset({200})
    """What a free call answers when the key is right."""


@dataclass
class Vendor:
    """Implements `closeloop.application.provider_port.Provider` over HTTP."""

    manners: Manners
    key: str = field(repr=False)
    base: str
    sleep: Callable[[float], None] = time.sleep
    circuit: Circuit = field(default_factory=Circuit)
    seconds: float = SECONDS

    @property
    def name(self) -> Source:
        return self.manners.name

    @property
    def fields(self) -> frozenset[str]:
        return self.manners.fields

    @property
    def price(self) -> Decimal:
        return self.manners.price

    def ask(self, queries: Sequence[AccountQuery], now: datetime) -> Answers:
        with httpx.Client(timeout=self.seconds) as client:
            return ask_each(queries, partial(self._one, client, now=now), self.circuit)

    def check(self) -> str | None:
        """What is wrong with the key or the way there; None when all is well. Costs nothing."""
        try:
            with httpx.Client(timeout=self.seconds) as client:
                status = self._get(client, self.manners.check_path, {}).status
        except SourceTrouble as problem:
            return problem.reason
        return None if status in self.manners.check_statuses else f"{self.manners.title} refuses the key ({status})"

    def _one(self, client: httpx.Client, query: AccountQuery, now: datetime) -> Answer | None:
        if query.domain is None:
            return None
        reply = self._get(client, self.manners.path, self.manners.parameters(query.domain))
        if reply.status in self.manners.slow_down:
            reply = self._again(client, query.domain, reply)
        if reply.status == httpx.codes.NOT_FOUND and _is_object(reply.content):
            return Answer()
        self._refused(reply.status)
        return self._read(query.domain, reply.content, now)

    def _again(self, client: httpx.Client, domain: str, reply: Reply) -> Reply:
        """Once, after the pause it asks for, if that is short."""
        asked = reply.headers.get("retry-after", "1")
        pause = float(asked) if asked.isdecimal() else LONGEST_PAUSE + 1
        if pause > LONGEST_PAUSE:
            raise SourceTrouble(f"{self.manners.title} asks us to wait {asked} seconds", ends=True)
        self.sleep(pause)
        return self._get(client, self.manners.path, self.manners.parameters(domain))

    def _refused(self, status: int) -> None:
        """Raises for an answer that is no answer; what was refused is not charged."""
        title = self.manners.title
        if status in self.manners.out_of_credit:
            raise SourceTrouble(f"{title} says that our credits there are used up", ends=True)
        if status in self.manners.slow_down:
            raise SourceTrouble(f"{title} asks us to slow down", ends=True)
        if status in {401, 403}:
            raise SourceTrouble(f"{title} refuses the key ({status})", ends=True)
        if status != httpx.codes.OK:
            raise SourceTrouble(f"{title} answers {status}")

    def _read(self, domain: str, content: bytes, now: datetime) -> Answer:
        """Of another company nothing is taken, though it was paid for."""
        try:
            said = json.loads(content)
            match = self.manners.read(said) if isinstance(said, dict) else _nonsense()
        except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
            raise SourceTrouble(f"{self.manners.title} talks nonsense", cost=self.price) from None
        if match is None:
            return Answer()
        if match.domain is None or registrable_domain(match.domain) != registrable_domain(domain):
            return Answer(cost=self.price)
        return Answer(facts=self._facts(match, domain, now), cost=self.price)

    def _facts(self, match: Match, domain: str, now: datetime) -> tuple[Fact, ...]:
        source = f"{self.name}:{domain}"
        return tuple(
            Fact(name=name, value=value, source=source, observed_at=now, confidence=match.sure)
            for name, value in match.values.items()
            if value is not None
        )

    def _get(self, client: httpx.Client, path: str, parameters: Mapping[str, str]) -> Reply:
        """The whole answer, if it is not endless. A call that broke off may have been charged."""
        headers = {self.manners.key_header: self.key, "Accept": "application/json"}
        until = self.circuit.tick() + self.seconds
        try:
            with client.stream("GET", self.base + path, params=dict(parameters), headers=headers) as response:
                return Reply(response.status_code, response.headers, self._content(response, until))
        except httpx.ConnectError:
            raise SourceTrouble(f"{self.manners.title} cannot be reached") from None
        except (httpx.HTTPError, ValueError) as problem:
            reason = f"{self.manners.title} gave no answer ({type(problem).__name__})"
            raise SourceTrouble(reason, cost=self.price) from None

    def _content(self, response: httpx.Response, until: float) -> bytes:
        content = bytearray()
        for part in response.iter_bytes():
            content += part
            if len(content) > MOST_BYTES or self.circuit.tick() > until:
                raise SourceTrouble(f"{self.manners.title} does not come to an end", cost=self.price)
        return bytes(content)


def _is_object(content: bytes) -> bool:
    """Whether the vendor itself says it: a page of somebody between us and it is no word about a company."""
    try:
        return isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False


def _nonsense() -> Match | None:
    raise ValueError("no object")


def whole(value: Any) -> int | None:
    """A whole number, however it is written; ranges and words are none. Raises for an object or a list."""
    if isinstance(value, dict | list):
        raise TypeError("no number")
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    text = str(value).strip()
    return int(text) if text.isdecimal() and len(text) < 16 else None


def words(value: Any) -> str | None:
    """A text that says something."""
    return value.strip() or None if isinstance(value, str) else None

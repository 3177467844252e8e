"""A whole small company in memory: the use cases' services over fakes, with short words for what happens in it.

Mails are rendered by the real templates under the shipped playbook; replies are read from the first word of
their text, so that a test says what a reply means and tests nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import templates
from closeloop.adapters.calendars.ics import IcsCalendars
from closeloop.adapters.clock import SimulatedClock
from closeloop.adapters.enrichment.addresses import EmailAddressReader
from closeloop.adapters.mails.renderer import JinjaMailRenderer
from closeloop.application import deliver, passes, receive
from closeloop.application.ports import AccountQuery
from closeloop.application.results import StageResult
from closeloop.application.services import Services
from closeloop.domain.actions import Action, ActionKind, ActionState
from closeloop.domain.presentation_content import DeckContent, Finding
from closeloop.domain.prospect import CrmIds, Fact, Prospect
from closeloop.domain.quotes import Quote
from closeloop.domain.signals import STOPPING_LABELS, Label, Signal, SignalKind, Understanding
from closeloop.domain.stage import Stage
from tests.fakes.crm import INTEGRATION_USER, MemoryCrm
from tests.fakes.ledger import MemoryLedger
from tests.fakes.mailer import MemoryMailer
from tests.unit.domain.people import GOOD_FACTS, NOW, crm_mapping, playbook, prospect

DAY = timedelta(days=1)
RUN = "run-1"


class FirstWordReader:
    """A reply's first word is its label; `name <address>` behind it is whom it refers to."""

    def understand(
        self, *, subject: str, text: str, headers: str, sender: str, received_at: datetime
    ) -> Understanding:
        first, _, rest = text.partition(" ")
        name, _, address = rest.partition("<")
        who = {"name": name.strip(), "email": address.rstrip("> ")} if address else None
        label = Label(first)
        return Understanding(
            labels=(label,), primary=label, confidence=0.9, refers_to=who, stop=label in STOPPING_LABELS, said=rest
        )


@dataclass
class PaperDecks:
    """Writes no file; finds what the test tells it to find."""

    findings: tuple[Finding, ...] = ()
    built: list[str] = field(default_factory=list)

    def build_all(self, drafts: Sequence[tuple[DeckContent, Path]]) -> list[tuple[Finding, ...]]:
        self.built += [path.name for _, path in drafts]
        return [self.findings for _ in drafts]


@dataclass
class PaperQuotes:
    """Writes no file, and remembers what it was asked for."""

    built: list[Quote] = field(default_factory=list)
    broken: bool = False

    def build(self, quote: Quote, path: Path) -> None:
        if self.broken:
            raise ValueError("out of ink")
        self.built.append(quote)


@dataclass
class KnownAccounts:
    """Facts by account key, and how often each account was asked for."""

    facts: dict[str, tuple[Fact, ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def lookup(self, queries: Sequence[AccountQuery], now: datetime) -> dict[str, tuple[Fact, ...]]:
        self.asked += [query.key for query in queries]
        return {query.key: self.facts.get(query.key, ()) for query in queries}


@cache
def _renderer() -> JinjaMailRenderer:
    return JinjaMailRenderer(Path(templates.__file__).parent / "email")


class Company:
    """The fakes by name, the services made of them, and what may happen."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(NOW)
        self.ledger = MemoryLedger()
        self.crm = MemoryCrm()
        self.crm.clock = self.clock.now
        self.mailer = MemoryMailer(self.clock)
        self.decks = PaperDecks()
        self.quotes = PaperQuotes()
        self.accounts = KnownAccounts()
        self._numbers = count(1)
        self.services = Services(
            playbook=playbook(),
            mapping=crm_mapping(),
            clock=self.clock,
            ledger=self.ledger,
            crm=self.crm,
            mailer=self.mailer,
            renderer=_renderer(),
            reader=FirstWordReader(),
            addresses=EmailAddressReader(),
            enrichers=(self.accounts,),
            decks=self.decks,
            quotes=self.quotes,
            calendars=IcsCalendars(),
            home=Path("home"),
            secret="a secret of the tests",
        )

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def wait(self, duration: timedelta) -> None:
        self.clock.move_to(self.now + duration)
        self.crm.stamp += 1

    def person(self, name: str = "anna", domain: str = "volvo.example", **fields: Any) -> Prospect:
        """A prospect in the ledger and its Lead in the CRM; in approach and due, unless told otherwise."""
        email = fields.pop("email", f"{name}@{domain}")
        key = self.crm.insert("Lead", Email=email, LastName="Okafor", Company="Volvo")
        values: dict[str, Any] = {
            "key": key,
            "crm": CrmIds(lead=key),
            "owner_id": INTEGRATION_USER,
            "email": email,
            "domain": domain,
            "first_name": name.capitalize(),
            "stage": Stage.APPROACH,
        }
        made = prospect(GOOD_FACTS, **(values | fields))
        self.ledger.add_prospects([made])
        return made

    def written_to(self, name: str = "anna", **fields: Any) -> Prospect:
        """A prospect whose first mail of the approach is planned."""
        person = self.person(name, **fields)
        self.run("approach")
        return self.see(person)

    def see(self, person: Prospect) -> Prospect:
        """The prospect as the ledger has it now."""
        return self.ledger.people[person.key]

    def run(self, name: str, limit: int | None = None) -> StageResult:
        """A whole pass, to the end."""
        return passes.run_to_the_end(name, self.services, RUN, self.now, limit)

    def deliver(self) -> StageResult:
        return deliver.run_batch(self.services, RUN, self.now)

    def receive(self, *signals: Signal) -> StageResult:
        """Store these and apply everything that waits."""
        self.ledger.receive(signals, self.now)
        return receive.run_batch(self.services, RUN, self.now)

    def reply(self, person: Prospect, label: Label, words: str = "", **fields: str | datetime | None) -> Signal:
        """A reply that means `label`."""
        payload = {"subject": "Re: invoices", "text": f"{label.value} {words}"}
        return self.signal(SignalKind.REPLY, person, source="inbound", payload=payload, **fields)

    def signal(self, kind: SignalKind, person: Prospect | None = None, **fields: Any) -> Signal:
        values: dict[str, Any] = {
            "id": f"signal-{next(self._numbers)}",
            "source": "sendgrid",
            "kind": kind,
            "occurred_at": self.now,
            "prospect_key": person.key if person else None,
            "address": person.email if person else None,
        }
        return Signal(**(values | fields))

    def state(self, key: str) -> ActionState:
        return self.ledger.kept[key].state

    def mails(self, person: Prospect) -> list[Action]:
        """Every mail ever planned for this prospect, oldest first."""
        kept = [one.action for one in self.ledger.kept.values()]
        return [a for a in kept if a.kind is ActionKind.EMAIL and a.prospect_key == person.key]

    def mail(self, person: Prospect) -> Action:
        """The only mail planned for this prospect."""
        (only,) = self.mails(person)
        return only

    def human_tasks(self, person: Prospect) -> list[str]:
        """Subjects of the Tasks that wait for a person."""
        kept = [one.action for one in self.ledger.kept.values() if one.action.kind is ActionKind.TASK]
        return [a.payload["subject"] for a in kept if a.prospect_key == person.key and not a.payload["completed"]]

    def with_services(self, **changes: Any) -> None:
        """Other settings for the same company."""
        self.services = replace(self.services, **changes)

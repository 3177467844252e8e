"""Worlds in the middle of their work, for plans: one in memory for many tries, one over real HTTP for the proof.

In each some people wait for their next touch, some have replied, and some Leads are new.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.adapters.ledger.sql_ledger import SqlLedger, open_ledger
from closeloop.adapters.salesforce.connection import connect
from closeloop.adapters.salesforce.crm import SalesforceCrm
from closeloop.application.applying import Applied
from closeloop.application.passes import PASSES, run_to_the_end
from closeloop.application.services import Services
from closeloop.cli.planning import apply_plan, planned, run_here
from closeloop.domain.plan import Item, Plan
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label
from tests.contract.crm_orgs import draft, login_to
from tests.contract.mail_providers import sandbox_mailer
from tests.fakes.services import DAY, Company
from tests.sandbox.conftest import Sandbox
from tests.unit.domain.people import GOOD_FACTS, fact

FIRST, LATER = 5, 2
"""People who were written to already, and those who are new on the day of the plan."""
STEP = 4 * DAY
WRITES = frozenset({"create", "update", "upsert", "delete", "convert"})
ANSWERS = {0: Label.INTERESTED, 1: Label.OBJECTION_PRICE}


class World:
    """A company over a real ledger, with the passes of a run to bring it where a plan begins."""

    def __init__(
        self, company: Company, services: Services, ledger: SqlLedger, first: int = FIRST, later: int = LATER
    ) -> None:
        self.company, self.services, self.ledger = company, services, ledger
        self.first, self.later = first, later
        known = tuple(fact(name, value) for name, value in GOOD_FACTS.items())
        company.accounts.facts = {f"firm{n}.example": known for n in range(first + later)}

    @property
    def now(self) -> datetime:
        return self.company.now

    def run(self) -> None:
        """A plain run of the whole cycle."""
        for name in PASSES:
            run_to_the_end(name, self.services, "plain", self.now)

    def plan(self, stage: str = "all", limit: int | None = None) -> Plan:
        return planned(self.services, stage, self.now, limit)[0]

    def apply(self, plan: Plan) -> Applied:
        return apply_plan(self.services, plan, run_here)

    def people(self) -> list[Prospect]:
        return sorted(self.ledger.all_prospects(), key=lambda person: person.email)

    def wait(self, duration: timedelta) -> None:
        self.company.wait(duration)

    def begin(self) -> None:
        """The first people are written to; days later two of them have answered and others are new."""
        self.take_in(range(self.first))
        self.run()
        self.wait(STEP)
        for number, label in ANSWERS.items():
            (key,) = self.ledger.by_address([f"anna{number}@firm{number}.example"]).values()
            (person,) = self.ledger.prospects([key]).values()
            self.ledger.receive([self.company.reply(person, label)], self.now)
        self.take_in(range(self.first, self.first + self.later))

    def take_in(self, numbers: range) -> None:
        raise NotImplementedError


class PaperWorld(World):
    """In memory but for the ledger, which is a real one."""

    def __init__(self, first: int = FIRST, later: int = LATER) -> None:
        company, ledger = Company(), open_ledger(":memory:")
        services = replace(company.services, ledger=ledger, upload_decks=False)
        super().__init__(company, services, ledger, first, later)

    def take_in(self, numbers: range) -> None:
        for n in numbers:
            self.company.crm.insert("Lead", **_lead(n))


class HttpWorld(World):
    """Salesforce and SendGrid are the sandbox; decks are real files."""

    def __init__(self, sandbox: Sandbox, home: Path) -> None:
        self.sandbox = sandbox
        sandbox.post_control("reset")
        company, ledger = Company(), open_ledger(":memory:")
        home.mkdir(exist_ok=True)
        self.crm = SalesforceCrm(lambda: connect(login_to(sandbox)), sleep=lambda _: None)
        outside = {"crm": self.crm, "mailer": sandbox_mailer(sandbox), "decks": PptxDeckBuilder(None)}
        services: Services = replace(company.services, ledger=ledger, home=home, **outside)  # type: ignore[arg-type]
        super().__init__(company, services, ledger)

    def take_in(self, numbers: range) -> None:
        people = [
            draft(n, email=f"anna{n}@firm{n}.example", company=f"Firm {n}", title="CFO", last_name="Okafor")
            for n in numbers
        ]
        self.crm.upsert_leads(people)

    def wait(self, duration: timedelta) -> None:
        super().wait(duration)
        self.sandbox.post_control("clock", {"now": self.now.isoformat()})

    def written(self) -> list[Any]:
        """Every write into the CRM, in order."""
        calls = [entry["summary"].get("operations", []) for entry in self.sandbox.journal("salesforce")]
        return [done for operations in calls for done in operations if done["op"] in WRITES]

    def sent(self) -> list[Any]:
        """Every mail that was taken, in order, with its words."""
        return [mail for entry in self.sandbox.journal("sendgrid") for mail in entry["summary"]["messages"]]

    def snapshot(self) -> Any:
        return requests.get(f"{self.sandbox.control}/snapshot", timeout=60).json()


def _lead(n: int) -> dict[str, Any]:
    return {
        "Email": f"anna{n}@firm{n}.example",
        "FirstName": "Anna",
        "LastName": "Okafor",
        "Company": f"Firm {n}",
        "Title": "CFO",
    }


def items_of(plan: Plan, keys: set[str]) -> list[Item]:
    return [item for part in plan.parts if part.key in keys for item in part.items]

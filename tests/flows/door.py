"""The gateway on a real port over a real ledger file, and the messages that senders post to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Signal
from closeloop.domain.tokens import make_token
from flows.gateway.app import create_app
from flows.gateway.serving import serve_in_thread
from tests.fakes.services import Company
from tests.unit.domain.people import NOW

TOKEN = "the secret part of the webhook addresses"


@dataclass
class Door:
    """A running gateway, the company behind it, and short words for what comes in."""

    company: Company
    ledger: SqlLedger
    ledger_file: Path
    http: httpx.Client

    def prospect(self, name: str = "anna", **fields: Any) -> Prospect:
        """Somebody in the CRM and in the ledger behind the gateway."""
        person = self.company.person(name, **fields)
        self.ledger.add_prospects([person])
        return person

    def stored(self) -> list[Signal]:
        """Every signal that waits."""
        return self.ledger.waiting_signals(100)

    def events(self, body: Any, token: str = TOKEN) -> httpx.Response:
        return self.http.post(f"/sendgrid/events/{token}", content=json.dumps(body))

    def inbound(self, fields: dict[str, str | bytes], token: str = TOKEN) -> httpx.Response:
        """As SendGrid posts a reply: a multipart form, each field without a file name."""
        return self.http.post(f"/sendgrid/inbound/{token}", files={k: (None, v) for k, v in fields.items()})

    def opt_out_path(self, person: Prospect) -> str:
        return f"/unsubscribe/{make_token(person.key, self.company.services.secret)}"

    def reply(self, person: Prospect, **changes: str) -> dict[str, str | bytes]:
        """The form of a reply to the address that only this prospect was given."""
        token = make_token(person.key, self.company.services.secret)
        date = format_datetime(NOW - timedelta(hours=2))
        form: dict[str, str | bytes] = {
            "headers": f"Message-ID: <1@{person.domain}>\nDate: {date}\nFrom: {person.email}\n",
            "from": f"Anna <{person.email}>",
            "to": "Sales <sales@tallyard.example>",
            "envelope": f'{{"to": ["reply+{token}@replies.tallyard.example"], "from": "{person.email}"}}',
            "subject": "Re: invoices",
            "text": "interested tell me more",
        }
        return form | changes


def event(number: int = 1, **fields: Any) -> dict[str, Any]:
    """One event as SendGrid posts it."""
    known = {"event": "delivered", "email": "anna@volvo.example", "timestamp": int(NOW.timestamp())}
    return (
        known | {"sg_event_id": f"event-{number}", "action_key": "email:00Q000000000001EAA:approach:1:1"} | fields
    )


@pytest.fixture(scope="session")
def gateway() -> Iterator[tuple[Starlette, str]]:
    """A server without routes for the whole session, since starting and stopping one takes longer than a test."""
    app = Starlette()
    with serve_in_thread(app) as url:
        yield app, url


@pytest.fixture
def door(gateway: tuple[Starlette, str], tmp_path: Path) -> Iterator[Door]:
    """The gateway with a ledger of its own, in which nobody is yet."""
    app, url = gateway
    company, ledger_file = Company(), tmp_path / "ledger.db"
    ledger = open_ledger(ledger_file, busy_seconds=0.2)
    company.with_services(ledger=ledger, home=tmp_path)
    app.router.routes = create_app(company.services, TOKEN).routes
    with httpx.Client(base_url=url, timeout=10, trust_env=False) as http:
        yield Door(company, ledger, ledger_file, http)
    ledger.close()

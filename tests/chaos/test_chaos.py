"""Short chaos runs, and proof that the judge sees what it is there to see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from closeloop.application.ports import Ledger
from closeloop.domain.actions import ActionKind, ActionState
from tests.chaos.crew import Crew
from tests.chaos.points import named_points
from tests.chaos.run import run
from tests.chaos.settings import Database, Options
from tests.chaos.theatre import Theatre, open_theatre
from tests.chaos.verdict import Verdict, verdict
from tests.chaos.worker import services_of

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("database", [Database.SQLITE, pytest.param(Database.POSTGRES, marks=pytest.mark.long)])
def test_workers_that_are_killed_send_nothing_twice_and_lose_nothing(tmp_path: Path, database: Database) -> None:
    found = run(Options(kills=12, prospects=50, days=2, database=database), tmp_path)
    assert found.findings == []
    assert found.is_clean
    assert found.kills >= 12
    assert found.sends > 50
    assert found.replies > 0


@pytest.mark.long
def test_the_harness_finds_a_claim_that_comes_after_the_send(tmp_path: Path) -> None:
    points = ("mailer.send:after", "ledger.settle:before")
    found = run(Options(kills=4, prospects=30, days=1, planted=True, points=points), tmp_path)
    assert found.duplicate_sends > 0
    assert not found.is_clean


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """One quiet day with nobody killed."""
    with open_theatre(Options(kills=0, prospects=20), tmp_path_factory.mktemp("calm")) as theatre:
        Crew(theatre.site, 7, 1).calm(theatre.now)
        Crew(theatre.site, 7, 1).calm(theatre.now)
        yield theatre


@pytest.fixture
def ledger(calm: Theatre) -> Ledger:
    return services_of(calm.site, calm.now).ledger


def _judge(theatre: Theatre, ledger: Ledger) -> Verdict:
    return verdict(theatre, ledger, Counter(), [])


def test_a_quiet_day_is_clean(calm: Theatre, ledger: Ledger) -> None:
    found = _judge(calm, ledger)
    assert found.sends >= 15
    assert found.is_clean, found.findings


def test_a_mail_that_nobody_planned_is_found(calm: Theatre, ledger: Ledger) -> None:
    _send(calm, to="somebody@firm.example", key="email:unknown")
    found = _judge(calm, ledger)
    assert found.lost_sends == 1
    assert found.lost_outcomes == 1  # nor is it in the CRM
    assert "arrived, but not known as sent: 1" in found.findings[0]


def test_a_mail_that_arrived_twice_is_found(calm: Theatre, ledger: Ledger) -> None:
    action = ledger.in_state(ActionState.ACCEPTED, ActionKind.EMAIL, 1)[0]
    _send(calm, to="somebody.else@firm.example", key=action.key)
    assert _judge(calm, ledger).duplicate_sends == 1


def test_a_second_task_for_one_mail_is_found(calm: Theatre, ledger: Ledger) -> None:
    before = _judge(calm, ledger).duplicate_activities
    token = calm.session()
    query = "SELECT WhoId, Subject, ActivityDate, Description FROM Task LIMIT 1"
    (row,) = calm.rest(f"/services/data/v62.0/query?q={query.replace(' ', '+')}", token)["records"]
    twin = {name: value for name, value in row.items() if name != "attributes"}
    _create(calm, "Task", twin)
    assert _judge(calm, ledger).duplicate_activities == before + 1


def test_a_second_event_for_one_meeting_is_found(calm: Theatre, ledger: Ledger) -> None:
    before = _judge(calm, ledger).duplicate_activities
    meeting = {"Subject": "Meeting", "IsAllDayEvent": True, "ActivityDate": "2026-01-12", "DurationInMinutes": 1440}
    for key in ("event:00Q1:1", "event:00Q1:2"):
        _create(calm, "Event", meeting | {"Closeloop_Key__c": key})
    assert _judge(calm, ledger).duplicate_activities == before + 1


def test_every_point_is_a_call_that_a_port_really_has() -> None:
    assert len(named_points()) == len(set(named_points())) > 40


def _create(theatre: Theatre, name: str, record: dict[str, Any]) -> None:
    answer = httpx.post(
        f"{theatre.org.url}/services/data/v62.0/sobjects/{name}",
        json=record,
        headers={"Authorization": f"Bearer {theatre.session()}"},
        trust_env=False,
    )
    assert answer.status_code == 201, answer.text


def _send(theatre: Theatre, *, to: str, key: str) -> None:
    body: dict[str, Any] = {
        "personalizations": [{"to": [{"email": to}], "custom_args": {"action_key": key}}],
        "from": {"email": "maren.holt@mail.tallyard.example"},
        "subject": "Hello",
        "content": [{"type": "text/plain", "value": "Hello"}],
    }
    headers = {"Authorization": f"Bearer {theatre.site.sendgrid_key}"}
    answer = httpx.post(f"{theatre.org.url}/v3/mail/send", json=body, headers=headers, trust_env=False)
    assert answer.status_code == 202, answer.text

"""Failures in flows: what may pass is tried again, what cannot is said at once, and no mail is doubled or lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from closeloop.adapters.salesforce.client import Client
from closeloop.adapters.salesforce.connection import SIGN_IN_TRIES, SalesforceLogin, connect
from closeloop.adapters.salesforce.crm import SalesforceCrm
from closeloop.bootstrap import build
from closeloop.domain.actions import ActionKind, ActionState
from tests.contract.crm_orgs import login_to
from tests.flows.office import Office, Row, clean_rows, settings
from tests.scripted_server import Answer, ScriptedServer, closed_port, scripted_server

pytestmark = [pytest.mark.prefect, pytest.mark.long]
LEADS = 3


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


@pytest.fixture
def ready_to_send(office: Office) -> Office:
    """Some first mails are planned; none has left."""
    office.import_rows(clean_rows(LEADS))
    for name in ("prospecting", "preparation", "approach"):
        office.run(name)
    assert len(office.services.ledger.in_state(ActionState.PLANNED, ActionKind.EMAIL, 10)) == LEADS
    return office


def _with_crm(office: Office, sign_in: Callable[[], Client]) -> None:
    office.services = replace(office.services, crm=SalesforceCrm(sign_in))


def _first_away(login: SalesforceLogin) -> Callable[[], Client]:
    """The sign-ins of the forecast and of the first attempt find nobody at the address, the next finds the org."""
    away = iter([replace(login, instance_url=f"http://127.0.0.1:{closed_port()}")] * 2 * SIGN_IN_TRIES)
    return lambda: connect(next(away, login))


def _tasks(office: Office, run: Row) -> dict[str, tuple[str, int]]:
    """State and number of attempts of each task run."""
    return {t["name"]: (t["state_type"], t["run_count"]) for t in office.task_runs(run["id"])}


def test_a_crm_that_cannot_be_reached_is_tried_again_and_each_mail_goes_out_once(ready_to_send: Office) -> None:
    office = ready_to_send
    _with_crm(office, _first_away(login_to(office.sandbox)))
    run = office.run("deliver")
    assert run["state_type"] == "COMPLETED"
    assert _tasks(office, run) == {"deliver batch 1": ("COMPLETED", 2), "sync batch 1": ("COMPLETED", 1)}
    (artifact,) = (found for found in office.artifacts(run["id"]) if found["type"] == "markdown")
    assert "how many are left of our share is not known (Salesforce cannot be reached" in artifact["data"]
    assert len({mail["to"] for mail in office.mails()}) == len(office.mails()) == LEADS


def test_a_crm_that_refuses_us_is_not_tried_again_and_the_mails_wait(ready_to_send: Office) -> None:
    office = ready_to_send
    wrong = replace(login_to(office.sandbox), client_secret="not the secret, and nobody's business")
    good = office.services
    _with_crm(office, lambda: connect(wrong))
    run = office.run("deliver")
    assert run["state_type"] == "FAILED"
    assert "Refused" in run["state"]["message"]
    assert _tasks(office, run) == {"deliver batch 1": ("FAILED", 1)}
    (artifact,) = (found for found in office.artifacts(run["id"]) if found["type"] == "markdown")
    assert "**Stopped by** deliver: " in artifact["data"]
    assert office.mails() == []
    office.services = good
    assert office.run("deliver")["state_type"] == "COMPLETED"
    assert len(office.mails()) == LEADS


def test_a_refusal_tells_prefect_no_secret(office: Office) -> None:
    wrong = replace(login_to(office.sandbox), client_secret="not the secret, and nobody's business")
    _with_crm(office, lambda: connect(wrong))
    run = office.run("prospecting")
    assert run["state_type"] == "FAILED"
    tasks, logs = office.task_runs(run["id"]), office.logs(run["id"])
    assert any("Refused" in line["message"] for line in logs)
    assert "nobody's business" not in json.dumps([run, tasks, logs])


def test_an_address_that_the_provider_refuses_costs_one_mail_and_is_shown_as_a_link(
    ready_to_send: Office, script: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = ready_to_send
    planned = office.services.ledger.in_state(ActionState.PLANNED, ActionKind.EMAIL, 10)
    people = office.services.ledger.prospects(action.prospect_key for action in planned)
    said = "; ".join(f"<{person.email}> does not contain a valid address" for person in people.values())
    refused = Answer(400, json.dumps({"errors": [{"field": "personalizations.0.to", "message": said}]}))
    script.then(refused, refused, Answer(202))  # all three mails, then the first alone, then the other two
    monkeypatch.setenv("CLOSELOOP_SALESFORCE_INSTANCE_URL", office.sandbox.url)
    mailer = build(settings(office.sandbox, office.services.home, sendgrid_host=script.url)).mailer
    office.services = replace(office.services, mailer=mailer)
    run = office.run("deliver")
    assert run["state_type"] == "COMPLETED"
    (text,) = [found["data"] for found in office.artifacts(run["id"])]
    failed = office.services.ledger.in_state(ActionState.REJECTED, ActionKind.EMAIL, 10)
    assert len(failed) == 1
    key = failed[0].prospect_key
    assert f"[{key}]({office.sandbox.url}/{key})" in text
    assert "does not contain a valid address" in text
    assert "@" not in text

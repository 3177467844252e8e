"""What the tests hold sandbox to: control."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sendgrid import SendGridAPIClient

from tests.sandbox.conftest import Sandbox, running_sandbox
from tests.sandbox.mail_fixtures import SEED, addresses_of
from tests.sandbox.mail_fixtures import mail as mail
from tests.sandbox.mail_fixtures import mail_server as mail_server
from tests.sandbox.mail_fixtures import receiver as receiver
from tests.sandbox.mail_fixtures import receiver_server as receiver_server
from tests.sandbox.served import MailSandbox, Receiver, mail_to


def test_time_passes_by_hours_or_to_a_moment(mail: MailSandbox) -> None:
    start = mail.now()
    assert mail.advance(1.5)["now"] == (start + timedelta(hours=1.5)).isoformat()
    answer = mail.post("/_control/advance", {"to": "2026-01-06T10:00:00+02:00"})
    assert answer.json()["now"] == "2026-01-06T08:00:00+00:00"


def test_the_clock_can_be_set_but_never_back(mail: MailSandbox) -> None:
    assert (
        mail.post("/_control/clock", {"now": "2026-02-01T00:00:00Z"}).json()["now"] == "2026-02-01T00:00:00+00:00"
    )
    answer = mail.post("/_control/clock", {"now": "2026-01-31T00:00:00Z"})
    assert answer.status_code == 400
    assert "time runs forward" in answer.json()["error"]
    assert mail.now().isoformat() == "2026-02-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "send either"),
        ({"to": "2026-01-06T08:00:00Z", "hours": 1}, "send either"),
        ({"days": 1}, "unknown field 'days'"),
        ({"hours": "two"}, "must be a number"),
        ({"hours": -1}, "between 0 and"),
        ({"hours": 1e9}, "between 0 and"),
        ({"hours": True}, "must be a number"),
        ({"to": "tomorrow"}, "ISO 8601"),
        ({"to": "2026-01-06T08:00:00"}, "needs an offset"),
        ({"to": "2025-01-06T08:00:00Z"}, "time runs forward"),
        ([], "must be a JSON object"),
    ],
)
def test_a_bad_advance_is_refused_with_what_to_send_and_no_time_passes(
    mail: MailSandbox, body: Any, words: str
) -> None:
    before = mail.now()
    answer = mail.post("/_control/advance", body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert mail.now() == before


def test_broken_json_is_refused(mail: MailSandbox) -> None:
    answer = httpx.post(f"{mail.url}/_control/advance", content=b"{")
    assert answer.status_code == 400
    assert "must be a JSON object" in answer.json()["error"]


def test_the_journal_of_an_unknown_service_is_refused(mail: MailSandbox) -> None:
    assert mail.get("/_control/journal?service=pigeon").status_code == 400


def test_two_advances_at_once_deliver_everything_once(mail: MailSandbox, receiver: Receiver) -> None:
    mail.send(*addresses_of("robot", 5))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(mail.advance, [24, 24]))
    assert sum(answer["delivered"] for answer in answers) == 15
    assert len(receiver.replies) == 5
    assert mail.now().isoformat() == "2026-01-07T08:00:00+00:00"


def test_a_receiver_may_call_the_sandbox_while_it_is_delivered_to(mail: MailSandbox, receiver: Receiver) -> None:
    receiver.calls_back = f"{mail.url}/_control/acts"
    mail.send(*addresses_of("champion", 3))
    mail.advance(24 * 3)
    assert receiver.answers == [200]


def test_the_clock_stands_at_the_moment_of_each_act(mail: MailSandbox, receiver: Receiver) -> None:
    mail.send(*addresses_of("reader", 20))
    mail.advance(24 * 4)
    stamps = [event["timestamp"] for event in receiver.events]
    assert stamps == sorted(stamps)
    assert len(set(stamps)) > 20


def test_an_act_is_counted_once_and_kept_as_truth(mail: MailSandbox) -> None:
    mail.send(*addresses_of("champion", 3))
    counted = sum(mail.advance(24)["acts"] for _ in range(6))
    acts = mail.acts()
    assert counted == len(acts)
    assert {act["message_key"].split(":")[0] for act in acts} == {"approach"}


def test_a_kept_state_goes_on_where_it_was_left(tmp_path: Path) -> None:
    email = addresses_of("postponer", 1)[0]
    arguments = ("--state", str(tmp_path / "state.db"), "--seed", str(SEED))
    with running_sandbox(*arguments) as first:
        key = {"Authorization": f"Bearer {first.line['sendgrid']['api_key']}"}
        sent = httpx.post(f"{first.url}/v3/mail/send", json=mail_to(email), headers=key)
        assert sent.status_code == 202
        first.post_control("advance", {"hours": 1})
    with running_sandbox(*arguments) as second:
        assert httpx.get(f"{second.control}/clock").json()["now"] == "2026-01-05T09:00:00+00:00"
        assert email in httpx.get(f"{second.url}/_inbox").text
        assert httpx.get(f"{second.control}/undelivered").json()[0]["name"] == "processed"


def test_the_whole_sandbox_takes_mail_and_lets_buyers_act(sandbox: Sandbox) -> None:
    known = sandbox.line["sendgrid"]
    people = addresses_of("champion", 5)
    assert SendGridAPIClient(known["api_key"], host=known["host"]).send(mail_to(*people)).status_code == 202
    assert sandbox.post_control("advance", {"hours": 120})["acts"] > 0
    acts = httpx.get(f"{sandbox.control}/acts").json()
    assert {act["persona"] for act in acts} == {"champion"}
    assert len(sandbox.journal("sendgrid")) == 1
    assert httpx.get(f"{sandbox.control}/snapshot").status_code == 200


def test_reset_forgets_everything(mail: MailSandbox, receiver: Receiver) -> None:
    from sandbox.salesforce.urls import routes as open_salesforce

    open_salesforce(mail.world)
    mail.send(*addresses_of("champion", 3))
    mail.advance(24)
    assert mail.post("/_control/reset", {}).json() == {"now": "2026-01-05T08:00:00+00:00"}
    assert mail.acts() == []
    assert mail.get("/_control/journal").json() == []
    assert mail.advance(240) == {
        "now": "2026-01-15T08:00:00+00:00",
        "acts": 0,
        "delivered": 0,
        "undelivered": 0,
    }

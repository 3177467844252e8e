"""After a whole cycle under `closeloop up`, Prefect's database and our logs hold nobody's name and no secret."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.adapters.ledger.schema import signals
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.signals import SignalKind
from tests.flows.up_process import Row, UpProcess, running, until
from tests.unhurried import unhurried_playbook

pytestmark = [pytest.mark.prefect, pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(900)]
CYCLES = {"all": [{"every_seconds": 20}]}
ENOUGH_DAYS = 10
"""Some buyers answer only after a week."""
LONG_ENOUGH = 25
"""Letters of a line of a mail that is looked for: shorter ones are in our own words too."""


@dataclass
class AfterACycle:
    """What Prefect and the logs kept, and what they must not have kept."""

    kept: str
    logs: str
    people: list[Row]
    mails: list[str]
    replies: list[str]
    secrets: dict[str, str]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> AfterACycle:
    """Mails went out, days passed, and the buyers' answers were worked; then everything was stopped."""
    folder = tmp_path_factory.mktemp("kept")
    home, playbook = folder / "home", unhurried_playbook(folder / "playbook.yaml")
    with running(home, CYCLES, CLOSELOOP_PLAYBOOK=str(playbook)) as up, closing(_ledger(home)) as ledger:
        assert until(lambda: _mails(ledger), 300), up.log("runner")
        _control(up, "advance", {"hours": 24 * ENOUGH_DAYS})
        assert until(lambda: any(row.counts.get("reply") for row in ledger.runs(1000)), 300), up.log("gateway")
        people, line = _people(up), up.line
        assert up.stop(signal.SIGINT) == 0
        mails, replies = _mails(ledger), _replies(ledger)
    logs = [path for path in (home / "logs").glob("*.log") if path.stem != "sandbox"]
    return AfterACycle(
        kept=_dump(home / "prefect" / "prefect.db"),
        logs="\n".join(path.read_text(errors="replace") for path in logs),
        people=people,
        mails=mails,
        replies=replies,
        secrets={
            "Salesforce's client secret": line["sandbox"]["salesforce"]["client_secret"],
            "SendGrid's key": line["sandbox"]["sendgrid"]["api_key"],
            "the secret of reply tokens": (home / "secret").read_text().strip(),
            "the webhooks' secret part": (home / "webhook_token").read_text().strip(),
        },
    )


def _ledger(home: Path) -> SqlLedger:
    return open_ledger(home / "ledger.db")


def _control(up: UpProcess, what: str, body: Row | None = None) -> Any:
    url = f"{up.line['sandbox']['control']}/{what}"
    answer = httpx.post(url, json=body, timeout=120) if body else httpx.get(url, timeout=120)
    assert answer.is_success, answer.text
    return answer.json()


def _mails(ledger: SqlLedger) -> list[str]:
    """Subject and words of each mail that the provider took."""
    taken = ledger.in_state(ActionState.ACCEPTED, ActionKind.EMAIL, 1000)
    return [f"{one.payload['subject']}\n{one.payload['text']}" for one in taken]


def _replies(ledger: SqlLedger) -> list[str]:
    query = signals.select().with_only_columns(signals.c.body).where(signals.c.kind == SignalKind.REPLY)
    with ledger._database.read() as connection:
        return [json.loads(body)["payload"]["text"] for (body,) in connection.execute(query)]


def _people(up: UpProcess) -> list[Row]:
    snapshot = _control(up, "snapshot")
    return [row for name in ("Lead", "Contact") for row in snapshot.get(name, [])]


def _dump(database: Path) -> str:
    """Every row as it stands; what is written as JSON may escape letters, so that is undone."""
    with closing(sqlite3.connect(database)) as connection:
        whole = "\n".join(connection.iterdump())
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), whole)


def _names(people: Iterable[Row]) -> set[str]:
    found = {str(person["Email"]) for person in people if person.get("Email")}
    return found | {f"{person['FirstName']} {person['LastName']}" for person in people if person.get("FirstName")}


def _lines(texts: Iterable[str]) -> set[str]:
    lines = {line.strip() for text in texts for line in text.splitlines()}
    return {line for line in lines if len(line) >= LONG_ENOUGH}


def test_a_whole_cycle_was_lived_through(seen: AfterACycle) -> None:
    assert len(seen.mails) > 5
    assert len(seen.replies) > 0
    assert len(_names(seen.people)) > 30


def test_nobodys_name_or_address_is_in_prefects_database_or_in_the_logs(seen: AfterACycle) -> None:
    names = _names(seen.people)
    assert {name for name in names if name in seen.kept} == set()
    assert {name for name in names if name in seen.logs} == set()


def test_no_line_of_any_mail_is_there(seen: AfterACycle) -> None:
    told = _lines([*seen.mails, *seen.replies])
    assert len(told) > 20
    assert {line for line in told if line in seen.kept or line in seen.logs} == set()


def test_no_secret_is_in_prefects_database(seen: AfterACycle) -> None:
    assert [what for what, secret in seen.secrets.items() if len(secret) < 8] == []
    assert [what for what, secret in seen.secrets.items() if secret in seen.kept] == []


def test_the_search_would_find_them(seen: AfterACycle) -> None:
    """Names in the mails themselves, and what is in Prefect's database."""
    assert any(str(person["FirstName"]) in "".join(seen.mails) for person in seen.people if person["FirstName"])
    assert "closeloop.prospect." in seen.kept
    assert "Looking at what the CRM told" in seen.kept

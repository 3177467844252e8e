"""What `closeloop doctor` says of the SendGrid key: each thing that the settings ask of it, and how to mend it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from closeloop.adapters.sendgrid.key_scopes import uses
from closeloop.application.findings import Finding
from closeloop.cli.doctor import sendgrid_findings
from config.settings import Settings
from tests.scripted_server import Answer, scripted_server

ALL: dict[str, Any] = {
    "sendgrid_hold_seconds": 900,
    "sendgrid_absence_hours": 24,
    "public_url": "https://mail.acme.example",
}


def examined(home: Path, scopes: list[str], status: int = 200, **chosen: Any) -> dict[str, Finding]:
    with scripted_server() as server:
        server.then(Answer(status, json.dumps({"scopes": scopes})))
        settings = Settings(home=home, sendgrid_api_key="SG.k", sendgrid_host=server.url, **chosen)
        return {found.check: found for found in sendgrid_findings(settings)}


def needed(**asked: bool) -> list[str]:
    chosen = {"lists": True, "holds": True, "gateway": True, "records": True} | asked
    return [names[-1] for use in uses(**chosen) for names in use.needs]


def test_a_key_that_may_do_all_that_is_asked_of_it_is_in_order(tmp_path: Path) -> None:
    found = examined(tmp_path, needed(), **ALL)
    assert len(found) == 6
    assert {one.level for one in found.values()} == {"ok"}


def test_nothing_is_asked_of_a_key_that_the_settings_have_no_use_for(tmp_path: Path) -> None:
    found = examined(tmp_path, ["mail.send"], sendgrid_lists=False)
    assert [(one.check, one.level) for one in found.values()] == [("SendGrid key", "ok")]


@pytest.mark.parametrize(
    ("lacks", "check", "level", "fix"),
    [
        ("mail.send", "SendGrid key", "error", "Mail Send"),
        ("suppression.read", "SendGrid: stop lists", "warning", "Suppressions"),
        ("mail.batch.create", "SendGrid: holding mails back", "error", "CLOSELOOP_SENDGRID_HOLD_SECONDS"),
        ("user.scheduled_sends.create", "SendGrid: holding mails back", "error", "Scheduled Sends"),
        ("user.webhooks.event.settings.update", "SendGrid: event webhook", "warning", "Event Notification"),
        ("user.webhooks.parse.settings.update", "SendGrid: inbound parse", "warning", "Inbound Parse"),
        ("messages.read", "SendGrid: records of mails", "warning", "CLOSELOOP_SENDGRID_ABSENCE_HOURS"),
    ],
)
def test_each_permission_that_is_missing_is_named_with_its_fix(
    tmp_path: Path, lacks: str, check: str, level: str, fix: str
) -> None:
    found = examined(tmp_path, [scope for scope in needed() if scope != lacks], **ALL)
    assert [one.check for one in found.values() if one.level != "ok"] == [check]
    assert (found[check].level, fix in found[check].fix) == (level, True)
    assert lacks.rpartition(".")[0] in found[check].found or lacks == "messages.read"


def test_a_key_that_is_refused_is_told_once(tmp_path: Path) -> None:
    found = examined(tmp_path, [], status=401, **ALL)
    assert [(one.check, one.level) for one in found.values()] == [("SendGrid key", "error")]

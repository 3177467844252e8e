"""A dry run tells everything: whole mails, fields from what to what, and everybody by name."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from closeloop.adapters.dry_run import DryRunCrm, DryRunMailer
from closeloop.application.passes import run_to_the_end
from closeloop.cli.rehearsal import RUN_ID, Would, rehearsed
from closeloop.cli.rehearsal_view import print_rehearsal
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage
from tests.fakes.ledger import MemoryLedger
from tests.fakes.services import Company

EMPTY: Would = {
    name: []
    for name in (
        "mails", "not_sent", "decided", "field_changes", "activities", "conversions", "files", "meetings",
        "campaign_members", "new_leads",
    )
}  # fmt: skip
LONG = "https://tallyard.example/" + "a-long-address/" * 20


@pytest.fixture
def company() -> Company:
    return Company()


def dry(company: Company, *passes: str) -> Would:
    """What these passes would do, from where the company stands."""
    work = replace(company.services, crm=DryRunCrm(company.crm), mailer=DryRunMailer())
    for name in passes:
        run_to_the_end(name, work, RUN_ID, company.now)
    return rehearsed(work, MemoryLedger())


def shown(would: Would, *, terminal: bool = False, width: int = 80) -> str:
    out = io.StringIO()
    print_rehearsal(Console(file=out, width=width, force_terminal=terminal, color_system=None), EMPTY | would)
    return out.getvalue()


def test_each_mail_is_told_whole_and_to_whom(company: Company) -> None:
    person = company.person(stage=Stage.PRESENTATION)
    would = dry(company, "presentation", "deliver")
    (mail,) = would["mails"]
    assert (mail["to"], mail["person"], mail["company"]) == (person.email, "Anna Okafor", "Volvo")
    assert "Hello Anna" in mail["text"]
    assert company.services.playbook.sender.postal_address in mail["text"]
    assert all(line.strip() in shown(would) for line in mail["text"].splitlines())


def test_each_field_is_told_from_what_to_what(company: Company) -> None:
    person = company.person(stage=Stage.PRESENTATION)
    would = dry(company, "presentation", "deliver", "sync")
    (change,) = [entry for entry in would["field_changes"] if entry["record_id"] == person.key]
    assert (change["object"], change["person"]) == ("Lead", "Anna Okafor")
    assert change["before"].keys() == change["fields"].keys()
    assert "Closeloop_Stage__c: (empty) → “presentation”" in shown(would)


def test_whoever_is_parked_or_stopped_is_named_with_the_reason(company: Company) -> None:
    person = company.written_to()
    company.ledger.receive([company.reply(person, Label.UNSUBSCRIBE)], company.now)
    would = dry(company, "receive")
    (told,) = [entry for entry in would["decided"] if entry["what"] == "stopped"]
    assert (told["person"], told["company"], told["email"]) == ("Anna Okafor", "Volvo", person.email)
    assert f"Anna Okafor <{person.email}>, Volvo: stopped, because {told['reasons'][0]}" in shown(would)


def a_mail(**fields: Any) -> Would:
    person = {"person": "Anna Okafor", "company": "Volvo", "email": "anna@volvo.example"}
    return {"mails": [person | {"to": "anna@volvo.example", "subject": "s", "text": "t", "key": "k"} | fields]}


def test_a_pipe_gets_long_lines_whole() -> None:
    assert LONG in shown(a_mail(text=LONG, subject=f"x {LONG}"))
    assert "…" not in shown(a_mail(text="word " * 100))


def test_a_terminal_wraps_and_cuts_nothing() -> None:
    text = shown(a_mail(text="word " * 100), terminal=True)
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("word") == 100


@pytest.mark.parametrize("terminal", [True, False])
def test_neither_markup_nor_escapes_in_a_mail_are_obeyed(terminal: bool) -> None:
    text = shown(a_mail(text="[bold]hi[/] \x1b[2J", subject=":smile:"), terminal=terminal)
    assert "[bold]hi[/]" in text
    assert ":smile:" in text
    assert "\x1b[2J" not in text

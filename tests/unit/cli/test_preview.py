"""`closeloop preview`: what a person reads, what a program reads, the file, and what to do when nobody is meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from closeloop.bootstrap import using
from closeloop.cli.main import main
from closeloop.domain.messages import TEMPLATES
from tests.fakes.services import Company

WORKED, FAILED, WRONG_USE = 0, 1, 2


@pytest.fixture
def company() -> Company:
    made = Company()
    made.with_services(public_url="https://go.tallyard.example")
    return made


def _preview(company: Company, *arguments: str) -> int:
    with using(company.services):
        return main(["preview", *arguments])


def test_a_mail_is_shown_with_its_headers_and_its_text(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    person = company.person()
    assert _preview(company, person.email) == WORKED
    shown = capsys.readouterr().out
    for part in (
        "Language               English: German is usual in DE, but we do not write in that language",
        f"To                     Anna Okafor <{person.email}>",
        "Subject                ",
        "List-Unsubscribe       <https://go.tallyard.example/unsubscribe/",
        "List-Unsubscribe-Post  List-Unsubscribe=One-Click",
        "Message-ID             <",
        "    Hello Anna,",
    ):
        assert part in shown


def test_a_program_gets_one_object_with_the_same(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    person = company.person()
    assert _preview(company, person.key, "--template", "close_alternative", "--language", "th", "--json") == WORKED
    found = json.loads(capsys.readouterr().out)
    assert (found["prospect"], found["template"], found["language"]) == (person.key, "close_alternative", "th")
    assert found["headers"]["Subject"] == found["subject"]
    assert found["text"].startswith("เรียน คุณ Anna")
    assert found["missing"] == []


def test_all_mails_are_one_page_on_which_nothing_runs(
    company: Company, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    company.person()
    assert (
        _preview(company, "anna@volvo.example", "--all", "--html", str(tmp_path / "all.html"), "--json") == WORKED
    )
    assert len(json.loads(capsys.readouterr().out)["mails"]) == len(TEMPLATES)
    page = (tmp_path / "all.html").read_text(encoding="utf-8")
    assert page.count("<iframe sandbox srcdoc=") == len(TEMPLATES)
    assert "<script" not in page


def test_the_html_of_one_mail_is_the_mail_s_own(company: Company, tmp_path: Path) -> None:
    person = company.person()
    assert _preview(company, person.email, "--html", str(tmp_path / "mail.html")) == WORKED
    company.run("approach")
    assert (tmp_path / "mail.html").read_text(encoding="utf-8") == company.mail(person).payload["html"]


def test_nobody_of_that_name_is_told_what_to_try(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    assert _preview(company, "nobody") == FAILED
    assert "no prospect is in the ledger" in capsys.readouterr().err
    company.person()
    assert _preview(company, "nobody") == FAILED
    assert "try a CRM id, an e-mail address, a name or a company" in capsys.readouterr().err


def test_two_of_that_name_are_listed(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.person("anna")
    company.person("bert")
    assert _preview(company, "Volvo") == FAILED
    told = capsys.readouterr()
    assert "bert@volvo.example" in told.out
    assert "may be any of 2" in told.err


def test_a_mail_with_a_gap_names_it_and_fails(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    person = company.person(company=" ")
    assert _preview(company, person.email, "--template", "approach_premium") == FAILED
    shown = capsys.readouterr().out
    assert "Cannot be written, and would not be sent" in shown
    assert "'company' is missing or blank" in shown


def test_one_mail_and_all_of_them_cannot_both_be_asked_for(company: Company) -> None:
    person = company.person()
    assert _preview(company, person.email, "--template", "approach_bump", "--all") == WRONG_USE

"""Quotes: the mail names what the document says, the document is on the deal, and one that fails stops its mail."""

from __future__ import annotations

from decimal import Decimal
from hashlib import md5
from pathlib import Path
from typing import Any

from closeloop.adapters.quotes import QuoteFiles
from closeloop.application import quote_files
from closeloop.application.forget import forget, whom
from closeloop.domain.actions import ActionKind
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Profile, Stage
from tests.fakes.services import DAY, Company

DEAL: dict[str, Any] = {"stage": Stage.CLOSING, "profile": Profile.OPPORTUNITY, "amount": Decimal(50_000)}


def at_home(company: Company, home: Path) -> None:
    company.with_services(home=home, quotes=QuoteFiles({"pdf"}))


def uploads(company: Company, person: Prospect) -> list[dict[str, Any]]:
    kept = [one.action for one in company.ledger.kept.values()]
    return [a.payload for a in kept if a.kind is ActionKind.FILE and a.prospect_key == person.key]


def test_a_close_names_the_total_and_the_last_day_of_its_quote(company: Company) -> None:
    anna = company.person(**DEAL)
    company.run("closing")
    (document,) = company.quotes.built
    mark, text = company.see(anna).quote, company.mail(anna).payload["text"]
    assert mark is not None
    assert (document.number, document.terms.total) == (mark.number, Decimal(50_000))
    for said in (mark.number, "EUR 50,000", "4 February 2026"):
        assert said in text


def test_a_quote_that_still_stands_is_named_again_and_not_made_anew(company: Company) -> None:
    anna = company.person(**DEAL)
    company.run("closing")
    first = company.see(anna).quote
    company.deliver()
    company.wait(7 * DAY)
    company.run("closing")
    second = company.see(anna).quote
    assert first is not None
    assert second is not None
    assert second.extra is True  # the second ask promises the extra, so the quote holds it
    assert second.number != first.number
    company.deliver()
    company.wait(7 * DAY)
    company.run("closing")
    assert company.see(anna).quote == second
    assert len(company.quotes.built) == 2


def test_page_and_pdf_lie_in_the_home_folder_and_are_planned_for_the_deal(company: Company, tmp_path: Path) -> None:
    at_home(company, tmp_path)
    anna = company.person(**DEAL)
    company.run("closing")
    mark = company.see(anna).quote
    assert mark is not None
    assert mark.file == f"quotes/Volvo_{anna.key}_{mark.number}.html"
    assert (tmp_path / mark.file).read_text().count(mark.number) > 1
    assert (tmp_path / mark.file).with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert uploads(company, anna) == [
        {"quote": mark.file, "number": mark.number, "subject": f"Volvo – quote {mark.number}"}
    ]


def test_the_upload_puts_the_pdf_on_the_record_once(company: Company, tmp_path: Path) -> None:
    at_home(company, tmp_path)
    anna = company.person(**(DEAL | {"profile": Profile.PROSPECT}))
    company.run("closing")
    assert company.run("sync").counts["quotes in the CRM"] == 1
    mark = company.see(anna).quote
    assert mark is not None
    printed = (tmp_path / str(mark.file)).with_suffix(".pdf").read_bytes()
    (version,) = company.crm.rows("ContentVersion")
    assert version["Title"] == f"Volvo – quote {mark.number}"
    assert version["Checksum"] == md5(printed, usedforsecurity=False).hexdigest()
    assert version["Description"].startswith(f"[closeloop quote {anna.key} {mark.number}]")
    assert "quotes in the CRM" not in company.run("sync").counts


def test_where_uploads_are_off_the_document_is_made_and_stays_at_home(company: Company, tmp_path: Path) -> None:
    at_home(company, tmp_path)
    company.with_services(upload_decks=False)
    anna = company.person(**DEAL)
    company.run("closing")
    assert len(quote_files.on_disk(tmp_path, anna)) == 2
    assert uploads(company, anna) == []


def test_a_quote_that_cannot_be_made_plans_no_mail_and_is_told(company: Company) -> None:
    company.quotes.broken = True
    anna, bert = company.person(**DEAL), company.person("bert", domain="other.example", **DEAL)
    result = company.run("closing")
    assert [one.record_id for one in result.failures] == [anna.key, bert.key]
    assert company.mails(anna) == []
    assert company.see(anna).closes == 0
    assert company.see(anna).quote is None


def test_a_deal_without_an_amount_to_quote_is_held_with_the_reason(company: Company) -> None:
    anna = company.person(**(DEAL | {"amount": Decimal(0)}))
    result = company.run("closing")
    assert company.mails(anna) == []
    assert any("no quote can be made" in reason for reason in result.holds)


def test_documents_of_somebody_who_is_forgotten_are_deleted(company: Company, tmp_path: Path) -> None:
    at_home(company, tmp_path)
    anna = company.person(**DEAL)
    company.run("closing")
    assert len(quote_files.on_disk(tmp_path, anna)) == 2
    forget(company.services, whom(company.services, anna.email), company.now)
    assert quote_files.on_disk(tmp_path, anna) == []

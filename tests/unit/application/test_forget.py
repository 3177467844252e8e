"""A person is forgotten everywhere we wrote; whatever stops us half-way, the next call does the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from closeloop.application.forget import forget, known_erasure, whom
from closeloop.application.forgotten import as_kept
from closeloop.application.import_leads import import_leads
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.errors import CrmUnavailable, UsageError
from closeloop.domain.forgetting import Erasure, mark_of
from closeloop.domain.leads import LeadDraft, LeadFile, Quarantined
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label, Signal, SignalKind
from closeloop.domain.stage import Stage
from tests.fakes.services import DAY, Company
from tests.fakes.stop_lists import MemoryStopLists

HOUR = timedelta(hours=1)
ANNA = "anna@volvo.example"


@pytest.fixture
def lists(company: Company, tmp_path: Path) -> MemoryStopLists:
    made = MemoryStopLists()
    company.with_services(stop_lists=made, home=tmp_path)
    return made


@pytest.fixture
def anna(company: Company, lists: MemoryStopLists, tmp_path: Path) -> Prospect:
    """Written to, logged in the CRM, with a deck, an answer and a next mail that waits."""
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks" / "volvo.pptx").write_bytes(b"a draft")
    person = company.written_to(deck="decks/volvo.pptx")
    company.deliver()
    company.run("sync")
    company.receive(company.reply(person, Label.OTHER, "what is this, asks Anna"))
    company.run("sync")
    return company.see(person)


def forgotten(company: Company, who: str = ANNA, *, delete_record: bool = False) -> Erasure:
    return forget(company.services, whom(company.services, who), company.now, delete_record=delete_record)


def number(done: Erasure, where: str, what: str) -> int:
    return sum(line.number for line in done.erased if (line.where, line.what) == (where, what))


def everything(company: Company) -> str:
    """All that our side holds of anybody."""
    ledger = company.ledger
    kept = (ledger.people, ledger.kept, ledger.inbox, ledger.understood, ledger.decided, ledger.journal)
    return repr(
        (*kept, ledger.seen, ledger.no_mail_to, ledger.kept_out, ledger.erasures, ledger.marks, ledger.cursors)
    )


def test_nothing_of_them_is_left_on_our_side(company: Company, anna: Prospect, tmp_path: Path) -> None:
    assert "Anna" in everything(company)
    done = forgotten(company)
    assert done.done_at == company.now
    assert done.waits == ()
    for trace in (anna.key, ANNA, "Anna", "Okafor", "asks"):
        assert trace not in everything(company), trace
    assert list((tmp_path / "decks").iterdir()) == []
    assert number(done, "ledger", "prospects") == 1
    assert number(done, "home folder", "draft presentations") == 1


def test_in_the_crm_what_we_made_goes_and_the_company_s_own_record_stays_marked(
    company: Company, anna: Prospect
) -> None:
    company.crm.insert("Task", Subject="Lunch with Anna", WhoId=anna.key)
    made = [row["Id"] for row in company.crm.rows("Task") if row.get("Closeloop_Key__c")]
    done = forgotten(company)
    assert [row["Subject"] for row in company.crm.rows("Task")] == ["Lunch with Anna"]
    assert number(done, "CRM", "Task deleted") == len(made) > 0
    (lead,) = company.crm.rows("Lead")
    assert (lead["Email"], lead["HasOptedOutOfEmail"], lead["Closeloop_Do_Not_Contact__c"]) == (ANNA, True, True)
    ours = ("Stage", "Score", "Hold", "Next_Step", "Next_Step_Date")
    assert {lead.get(f"Closeloop_{name}__c") for name in ours} == {None}
    assert {one for line in done.erased if line.what == "Task deleted" for one in line.ids} == set(made)


def test_of_a_deal_the_person_goes_and_the_deal_stays(company: Company, lists: MemoryStopLists) -> None:
    """Nobody may change a Lead that was converted: that is said, and the Contact carries the mark."""
    person = company.written_to()
    company.deliver()
    company.receive(company.reply(person, Label.INTERESTED))
    company.run("sync")
    deal = company.see(person).crm.opportunity or ""
    company.crm.change("Opportunity", deal, Closeloop_Hold__c="waits for Anna")
    done = forgotten(company)
    (contact,) = company.crm.rows("Contact")
    assert (contact["HasOptedOutOfEmail"], contact["Closeloop_Do_Not_Contact__c"]) == (True, True)
    assert company.crm.records["Opportunity"][deal]["Closeloop_Hold__c"] is None
    assert any("CANNOT_UPDATE_CONVERTED_LEAD" in line for line in done.by_hand)
    assert (done.waits, company.ledger.people) == ((), {})
    assert {record[:3] for record in company.ledger.seen} <= {"001"}  # what is known of the company's own record


def test_the_record_itself_goes_when_somebody_asks_for_it(company: Company, anna: Prospect) -> None:
    done = forgotten(company, delete_record=True)
    assert company.crm.rows("Lead") == []
    assert number(done, "CRM", "Lead deleted") == 1


def test_the_provider_keeps_the_stop_and_the_receipt_says_what_it_cannot_do(
    company: Company, lists: MemoryStopLists, anna: Prospect
) -> None:
    done = forgotten(company)
    assert lists.told == [ANNA]
    assert any("erasejob" in line for line in done.by_hand)
    assert any("backups" in line for line in done.by_hand)


def test_nobody_writes_to_them_again_by_whatever_way_they_come_back(company: Company, anna: Prospect) -> None:
    forgotten(company)
    company.wait(DAY)
    for email in (ANNA, "Anna+news@volvo.example"):
        company.crm.insert("Lead", Email=email, LastName="Okafor", Company="Volvo")
    for name in ("pull", "prospecting", "preparation", "approach", "deliver"):
        company.run(name)
    assert company.ledger.people == {}
    assert len(company.mailer.sent) == 1


def test_a_mail_that_was_planned_on_another_record_of_theirs_does_not_leave(
    company: Company, anna: Prospect
) -> None:
    """Somebody put them into the ledger under another key while they were being forgotten."""
    forgotten(company)
    company.written_to("anna")
    company.deliver()
    assert len(company.mailer.sent) == 1


def test_an_import_leaves_them_out_and_keeps_nothing_of_their_row(company: Company, anna: Prospect) -> None:
    forgotten(company)
    before = len(company.crm.rows("Lead"))
    drafts = tuple(
        LeadDraft(line=n, email=email, last_name="Okafor", company="Volvo")
        for n, email in ((2, "ANNA@volvo.example".lower()), (3, "ben@volvo.example"))
    )
    bad = Quarantined(line=4, reason="no company", row={"Email": ANNA, "Name": "Anna"})
    result = import_leads(company.services, LeadFile(drafts=drafts, quarantined=(bad,)), "new.csv", company.now)
    assert (result.rows, result.imported) == (3, 1)
    assert [(row.line, row.row) for row in result.quarantined] == [(2, {}), (4, {})]
    assert "asked to be forgotten" in result.quarantined[0].reason
    assert len(company.crm.rows("Lead")) == before + 1
    assert ANNA not in everything(company)


def test_a_colleague_who_names_them_brings_them_nowhere(company: Company, anna: Prospect) -> None:
    forgotten(company)
    ben = company.written_to("ben")
    leads = len(company.crm.rows("Lead"))
    found = company.receive(company.reply(ben, Label.REFERRAL, f"Anna <{ANNA}>"))
    assert found.counts["referral left out: they asked to be forgotten"] == 1
    assert len(company.crm.rows("Lead")) == leads


@pytest.mark.parametrize(
    "signal",
    [
        Signal(
            id="<1@volvo.example>",
            source="inbound",
            kind=SignalKind.REPLY,
            occurred_at="2026-03-02T09:00Z",
            address=ANNA,
            payload={"text": "hello"},
        ),
        Signal(
            id="e1",
            source="sendgrid",
            kind=SignalKind.DELIVERED,
            occurred_at="2026-03-02T09:00Z",
            action_key="email:{key}:approach:1:1",
        ),
        Signal(
            id="o:{key}",
            source="gateway",
            kind=SignalKind.UNSUBSCRIBED,
            occurred_at="2026-03-02T09:00Z",
            prospect_key="{key}",
        ),
    ],
)
def test_what_comes_in_of_them_later_is_kept_without_content(
    company: Company, anna: Prospect, signal: Signal
) -> None:
    forgotten(company)
    filled = {name: value.format(key=anna.key) for name, value in signal if isinstance(value, str) and "{" in value}
    (kept,) = as_kept(company.services, [signal.model_copy(update=filled)])
    assert (kept.kind, kept.occurred_at, kept.source) == (signal.kind, signal.occurred_at, signal.source)
    assert (kept.address, kept.prospect_key, kept.action_key, kept.payload) == (None, None, None, {})
    assert anna.key not in kept.id
    company.receive(kept)
    assert ANNA not in everything(company)


def test_mail_of_everybody_else_is_kept_as_it_came(company: Company, anna: Prospect) -> None:
    forgotten(company)
    ben = company.person("ben")
    signal = company.reply(ben, Label.INTERESTED)
    assert as_kept(company.services, [signal]) == [signal]


# again, and half-way


def test_asking_again_finds_nothing_more_and_shows_the_same_receipt(company: Company, anna: Prospect) -> None:
    first = forgotten(company)
    company.wait(DAY)
    again = forgotten(company)
    assert (again.id, again.at, again.done_at) == (first.id, first.at, first.done_at)
    assert again.erased == first.without_ids().erased


def test_a_crm_that_is_down_leaves_what_is_needed_to_go_on(company: Company, anna: Prospect) -> None:
    company.crm.down = CrmUnavailable("Salesforce cannot be reached")
    first = forgotten(company)
    assert first.done_at is None
    assert any("cannot be reached" in line for line in first.waits)
    assert company.ledger.people
    company.crm.down = None
    company.wait(DAY)
    company.deliver()
    assert len(company.mailer.sent) == 1
    done = forgotten(company)
    assert (done.waits, company.ledger.people) == ((), {})
    assert number(done, "home folder", "draft presentations") == 1


def test_an_answer_that_was_lost_is_no_success_and_the_next_call_finds_out(
    company: Company, anna: Prospect
) -> None:
    company.crm.silent = {"delete", "update"}
    first = forgotten(company)
    assert any("may or may not have been deleted" in line for line in first.waits)
    assert any("may or may not have been changed" in line for line in first.waits)
    company.crm.silent = set()
    assert forgotten(company).waits == ()
    assert company.ledger.people == {}


def test_what_the_org_refuses_is_left_to_people_and_the_rest_goes(company: Company, anna: Prospect) -> None:
    company.crm.answers = {"delete": ActionState.REJECTED}
    done = forgotten(company)
    assert any(line.startswith("Task ") and "could not be deleted" in line for line in done.by_hand)
    assert (done.waits, company.ledger.people) == ((), {})


def test_a_provider_that_does_not_answer_is_told_by_the_next_call(
    company: Company, lists: MemoryStopLists, anna: Prospect
) -> None:
    lists.silence = "no answer: URLError"
    assert any("stop list: no answer" in line for line in forgotten(company).waits)
    lists.silence = ""
    assert forgotten(company).waits == ()
    assert lists.told == [ANNA]


def test_a_key_without_the_permission_is_a_matter_for_people(
    company: Company, lists: MemoryStopLists, anna: Prospect
) -> None:
    lists.silence, lists.lasting = "answered 403", True
    done = forgotten(company)
    assert done.done_at is not None
    assert any("answered 403" in line for line in done.by_hand)


def test_while_a_worker_holds_their_mail_the_ledger_waits_and_the_mark_stands(
    company: Company, lists: MemoryStopLists
) -> None:
    person = company.written_to()
    company.ledger.claim(ActionKind.EMAIL, company.now, "w2", 1, HOUR)
    first = forgotten(company)
    assert any("a worker holds" in line for line in first.waits)
    assert company.see(person)
    company.wait(HOUR)
    assert forgotten(company).waits == ()


class Crashed(BaseException):
    """The process ends here."""


def test_a_crash_after_any_step_is_made_good_by_the_next_call(company: Company, anna: Prospect) -> None:
    places: list[tuple[object, str]] = [
        (company.crm, "traces"),
        (company.crm, "delete"),
        (company.services.stop_lists, "tell"),
        (company.ledger, "note_erasure"),
        (company.ledger, "erase"),
    ]
    for owner, name in places:
        real: Callable[..., object] = getattr(owner, name)

        def crash(*args: object, real: Callable[..., object] = real, **kwargs: object) -> object:
            real(*args, **kwargs)
            raise Crashed

        setattr(owner, name, crash)
        with pytest.raises(Crashed):
            forgotten(company)
        setattr(owner, name, real)
    done = forgotten(company)
    assert (done.waits, done.done_at is not None) == ((), True)
    assert ANNA not in everything(company)
    assert number(done, "home folder", "draft presentations") == 1


# who is meant


def test_they_are_found_by_address_record_and_name(company: Company, anna: Prospect) -> None:
    for who in (ANNA, "Anna <ANNA@volvo.example>", anna.key, "Anna", "anna+x@volvo.example"):
        assert whom(company.services, who).keys == [anna.key], who


@pytest.mark.parametrize(
    ("stands_there", "asked_for"),
    [
        ("cleo+news@volvo.example", "cleo@volvo.example"),
        ("cl.eo@googlemail.example", "cleo@gmail.example"),
        ("cleo@m\u00fcller.example", "cleo@xn--mller-kva.example"),
        ("cleo@xn--mller-kva.example", "Cleo <cleo@M\u00dcLLER.example>"),
    ],
)
def test_however_their_address_is_written_in_the_ledger_they_are_erased_and_stay_out(
    company: Company, lists: MemoryStopLists, stands_there: str, asked_for: str
) -> None:
    person = company.written_to("cleo", email=stands_there, domain="volvo.example")
    assert number(forgotten(company, asked_for), "ledger", "prospects") == 1
    assert person.key not in company.ledger.people
    company.wait(DAY)
    for email in (stands_there, asked_for.rpartition("<")[2].rstrip(">")):
        company.crm.insert("Lead", Email=email, LastName="Okafor", Company="Volvo")
    company.run("pull")
    assert company.ledger.people == {}


def test_a_name_that_may_mean_several_people_is_asked_about(company: Company, anna: Prospect) -> None:
    company.person("anna", domain="saab.example")
    with pytest.raises(UsageError, match=r"may mean several people: .*anna@saab.example"):
        whom(company.services, "Anna")


def test_somebody_who_is_nowhere_can_be_forgotten_by_address_only(company: Company, lists: MemoryStopLists) -> None:
    with pytest.raises(UsageError, match="nobody called"):
        whom(company.services, "Xavier")
    lead = company.crm.insert("Lead", Email="xavier@new.example", LastName="X", Company="New")
    done = forgotten(company, "xavier@new.example")
    assert done.done_at is not None
    assert company.crm.records["Lead"][lead]["Closeloop_Do_Not_Contact__c"] is True
    company.run("pull")
    assert company.ledger.people == {}


def test_after_the_erasure_they_are_known_by_record_id_and_address_alone(company: Company, anna: Prospect) -> None:
    done = forgotten(company)
    for who in (ANNA, anna.key, "ANNA+tag@volvo.example"):
        known = known_erasure(company.services, who)
        assert known is not None
        assert known.id == done.id
    assert known_erasure(company.services, "ben@volvo.example") is None


def test_two_prospects_with_one_address_are_one_person(company: Company, lists: MemoryStopLists) -> None:
    company.person("anna", stage=Stage.PROSPECTING)
    company.person("anna", stage=Stage.APPROACH)
    assert number(forgotten(company), "ledger", "prospects") == 2
    assert company.ledger.people == {}


def test_a_mark_names_nobody_without_the_secret() -> None:
    assert mark_of(ANNA, "one") != mark_of(ANNA, "another")
    assert mark_of(" Anna+x@Volvo.example ", "one") == mark_of(ANNA, "one")
    assert "anna" not in mark_of(ANNA, "one")


def test_pages_that_name_them_are_removed_and_others_stay(company: Company, anna: Prospect, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(f"<a href='/{anna.key}'>stalled</a>", encoding="utf-8")
    (tmp_path / "inbox.html").write_text("nobody", encoding="utf-8")
    (tmp_path / "ledger.db.schema-3").write_bytes(b"old")
    done = forgotten(company)
    assert sorted(path.name for path in tmp_path.glob("*.html")) == ["inbox.html"]
    assert any("ledger.db.schema-3" in line for line in done.by_hand)

"""Words go when their window is over; what keeps mails from going out twice stays for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from closeloop.application.ports import RunRow
from closeloop.application.workload import has_work
from closeloop.domain.actions import ActionKind
from closeloop.domain.crm_events import ChangeKind, CrmEvent
from closeloop.domain.retention import Retention
from closeloop.domain.signals import Label
from tests.fakes.services import DAY, Company

WINDOWS = Retention(replies_days=30, mail_bodies_days=60, receipts_days=90)
GONE = "(no longer kept)"


def talked(company: Company) -> str:
    """Somebody was written to and answered; the key of the mail."""
    company.with_services(retention=WINDOWS)
    person = company.written_to()
    company.deliver()
    company.run("sync")
    company.receive(company.reply(person, Label.NOT_NOW, "come back in a year, says Anna"))
    (mail,) = [mail for mail in company.mails(person) if company.state(mail.key) == "accepted"]
    return mail.key


def test_each_kind_is_blanked_when_its_own_window_is_over(company: Company) -> None:
    talked(company)
    seen = []
    for days in (0, 31, 30, 30):
        company.wait(days * DAY + timedelta(minutes=1))
        counts = company.run("reconcile").counts
        seen.append({what: number for what, number in counts.items() if "blanked" in what})
    assert seen == [
        {},
        {"replies and events blanked": 1},
        {"mails and logs blanked": 2},
        {"receipts blanked": 1},
    ]


def test_after_years_nothing_is_left_of_the_words_and_the_mail_is_still_never_sent_again(company: Company) -> None:
    key = talked(company)
    words = company.ledger.kept[key].action.words
    company.wait(1000 * DAY)
    company.run("reconcile")
    kept = company.ledger.kept[key]
    assert words is not None
    assert (kept.action.words, kept.state) == (words, "accepted")
    assert {kept.action.payload[part] for part in ("subject", "text", "html")} == {GONE}
    logs = [one.action.payload for one in company.ledger.kept.values() if one.action.kind is ActionKind.TASK]
    assert {log["description"] for log in logs if log["completed"]} == {GONE}
    assert "says Anna" not in repr(company.ledger.inbox) + repr(company.ledger.understood)
    again = kept.action.model_copy(update={"key": f"{key}9"})
    assert company.ledger.plan([again], lambda key, due_at: due_at) == 0


def test_it_is_done_once_a_day(company: Company) -> None:
    talked(company)
    company.wait(31 * DAY)
    company.ledger.set_cursor("retention", company.now.isoformat())
    assert "replies and events blanked" not in company.run("reconcile").counts
    company.wait(DAY)
    company.ledger.add_run(RunRow(run_id="r", stage="all", as_of=company.now), company.now)
    assert has_work("reconcile", company.ledger, company.now)
    assert company.run("reconcile").counts["replies and events blanked"] == 1
    assert not has_work("reconcile", company.ledger, company.now)


def test_a_clock_that_was_ahead_keeps_no_word_for_longer(company: Company) -> None:
    talked(company)
    company.wait(31 * DAY)
    company.ledger.set_cursor("retention", (company.now + 300 * DAY).isoformat())
    assert company.run("reconcile").counts["replies and events blanked"] == 1


def test_without_windows_every_word_is_kept(company: Company) -> None:
    key = talked(company)
    company.with_services(retention=Retention())
    company.wait(5000 * DAY)
    company.run("reconcile")
    assert company.ledger.kept[key].action.payload["text"] != GONE
    assert "says Anna" in repr(company.ledger.inbox)


def test_what_was_told_of_changed_records_goes_when_its_window_is_over_and_what_waits_stays(
    company: Company,
) -> None:
    company.with_services(retention=Retention(events_days=30))
    told = [changed("n1"), changed("n2")]
    company.ledger.receive_crm_events(told, company.now)
    company.ledger.handle_crm_events({told[0].identity: "refreshed"}, company.now)
    company.wait(29 * DAY)
    assert "CRM events deleted" not in company.run("reconcile").counts
    company.wait(2 * DAY)
    assert company.run("reconcile").counts["CRM events deleted"] == 1
    assert [event.id for event in company.ledger.waiting_crm_events(9)] == ["n2"]


def changed(name: str) -> CrmEvent:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    return CrmEvent(
        source="outbound", id=name, object="Lead", record_id="00Q1", change=ChangeKind.UPDATE, occurred_at=at
    )


def test_a_window_shorter_than_the_crm_repeats_itself_is_refused() -> None:
    with pytest.raises(ValidationError):
        Retention(events_days=7)

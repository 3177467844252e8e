"""Meetings between us, the customer's calendar and the CRM: agreed, accepted, moved from any side, called off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from closeloop.adapters.calendars.ics import IcsCalendars
from closeloop.domain.actions import Action, ActionKind, ActionState
from closeloop.domain.appointments import Answer
from closeloop.domain.meeting_rules import MeetingRules
from closeloop.domain.prospect import Prospect
from closeloop.domain.restored import CURSOR as RESTORED
from closeloop.domain.restored import Gap
from closeloop.domain.signals import Label, Proposed, SignalKind, Understanding
from closeloop.domain.stage import Stage, Standing
from tests.fakes.services import DAY, Company

READ = IcsCalendars().read


@dataclass
class Says:
    """Reads every reply as a proposal for this day and hour; empty words are nothing."""

    on: Proposed | None

    def understand(
        self, *, subject: str, text: str, headers: str, sender: str, received_at: datetime
    ) -> Understanding:
        if not text:
            return Understanding(labels=(Label.OTHER,), primary=Label.OTHER, confidence=0.3, abstained=True)
        if text == "stop":
            return Understanding(labels=(Label.UNSUBSCRIBE,), primary=Label.UNSUBSCRIBE, confidence=1, stop=True)
        return Understanding(
            labels=(Label.MEETING,), primary=Label.MEETING, confidence=0.9, proposed_for=self.on, said=text
        )


def agreed(company: Company, at: time | None = time(10)) -> Prospect:
    """Anna in Stockholm, who proposed a meeting in a week; her invitation is planned where it may be."""
    person = company.written_to(country="SE")
    day = (company.now + 7 * DAY).date()
    company.with_services(reader=Says(Proposed(on=day, at=at)))
    company.receive(reply(company, person, "let us meet"))
    return company.see(person)


def reply(company: Company, person: Prospect, text: str = "", calendar: str | None = None) -> Any:
    payload = {"subject": "Re: invoices", "text": text} | ({"calendar": calendar} if calendar else {})
    return company.signal(SignalKind.REPLY, person, source="inbound", payload=payload)


def invitations(company: Company, person: Prospect) -> list[Action]:
    return [mail for mail in company.mails(person) if "calendar" in mail.payload]


def part(company: Company, person: Prospect) -> str:
    """The last calendar file that was planned for them."""
    return str(invitations(company, person)[-1].payload["calendar"]["text"])


def answers(company: Company, person: Prospect, said: str, **changes: str) -> None:
    method = "COUNTER" if said == "COUNTER" else "REPLY"
    text = part(company, person).replace("METHOD:REQUEST", f"METHOD:{method}")
    text = text.replace("NEEDS-ACTION", said if method == "REPLY" else "TENTATIVE")
    for old, new in changes.items():
        text = text.replace(old, new)
    company.receive(reply(company, person, calendar=text))


def entered(company: Company, person: Prospect) -> dict[str, Any]:
    """The Event as it stands once the CRM was told."""
    company.run("sync")
    (row,) = [row for row in company.crm.rows("Event") if row["Closeloop_Key__c"].startswith(f"event:{person.key}")]
    return row


def meets(company: Company, person: Prospect) -> Any:
    found = company.see(person).appointment
    assert found is not None
    return found


def test_who_names_a_day_and_an_hour_is_invited_on_their_own_clock(company: Company) -> None:
    person = agreed(company)
    (mail,) = invitations(company, person)
    found = READ(part(company, person))
    assert found is not None
    assert found.starts_at == datetime(2026, 1, 12, 9, tzinfo=UTC), "ten in Stockholm"
    assert "Monday, 12 January at 10:00 (Stockholm time)" in mail.payload["text"]
    assert "half an hour with everybody who decides" in mail.payload["text"]
    assert meets(company, person).answer is Answer.INVITED
    company.deliver()
    assert [sent.calendar is not None for sent in company.mailer.sent] == [True]
    assert "reply+" in part(company, person), "their calendar answers to us"


def test_the_event_has_the_hour_and_blocks_it(company: Company) -> None:
    row = entered(company, agreed(company))
    assert (row["IsAllDayEvent"], row["StartDateTime"], row["ShowAs"]) == (
        False,
        "2026-01-12T09:00:00+00:00",
        "Busy",
    )


@pytest.mark.parametrize(
    ("rules", "at", "invited"),
    [
        (MeetingRules(confirm="by_owner"), time(10), 0),
        (MeetingRules(confirm="at_once"), None, 0),
        (MeetingRules(confirm="at_once"), time(3), 0),
        (MeetingRules(confirm="at_once", usual_hour=time(11)), None, 1),
    ],
)
def test_the_playbook_says_who_is_invited_at_once(
    company: Company, rules: MeetingRules, at: time | None, invited: int
) -> None:
    company.with_services(playbook=company.services.playbook.model_copy(update={"meetings": rules}))
    person = agreed(company, at)
    assert len(invitations(company, person)) == invited
    (task,) = company.human_tasks(person)
    assert task.startswith("Prepare" if invited else "Confirm")


def test_an_accepted_invitation_makes_the_step_agreed(company: Company) -> None:
    person = agreed(company)
    answers(company, person, "ACCEPTED")
    after = company.see(person)
    assert meets(company, person).answer is Answer.ACCEPTED
    assert after.next_step is not None
    assert (after.next_step.is_meeting, after.next_step.why) == (True, "")
    assert after.due_at == person.due_at


def test_a_maybe_is_no_agreement_and_the_owner_asks(company: Company) -> None:
    person = agreed(company)
    answers(company, person, "TENTATIVE")
    step = company.see(person).next_step
    assert step is not None
    assert step.why.startswith("they answered 'maybe'")
    assert any("ask for a firm yes" in task for task in company.human_tasks(person))


def test_a_declined_invitation_calls_the_meeting_off_and_the_stage_proposes_other_days(company: Company) -> None:
    person = agreed(company)
    entered(company, person)
    answers(company, person, "DECLINED")
    after = company.see(person)
    assert after.next_step is not None
    assert (after.next_step.what, after.stage) == ("Agree on another day to meet", Stage.PRESENTATION)
    assert entered(company, person)["Subject"].startswith("Called off: Meeting")
    company.deliver()
    company.wait(2 * DAY)
    company.run("presentation")
    assert company.mails(person)[-1].payload["template"].startswith("presentation_")


def test_another_time_proposed_moves_the_meeting_under_the_same_identity(company: Company) -> None:
    person = agreed(company)
    entered(company, person)
    first = READ(part(company, person))
    answers(company, person, "COUNTER", **{"20260112T09": "20260114T13", "20260112T0930": "20260114T1330"})
    second = READ(part(company, person))
    assert first is not None
    assert second is not None
    assert (second.uid, second.sequence) == (first.uid, first.sequence + 1)
    assert second.starts_at == datetime(2026, 1, 14, 13, tzinfo=UTC)
    assert "new time" in invitations(company, person)[-1].payload["text"]
    assert entered(company, person)["StartDateTime"] == "2026-01-14T13:00:00+00:00"


def test_an_answer_to_an_older_version_changes_nothing(company: Company) -> None:
    person = agreed(company)
    old = part(company, person)
    answers(company, person, "COUNTER", **{"20260112T09": "20260114T13"})
    accepted = old.replace("METHOD:REQUEST", "METHOD:REPLY").replace("NEEDS-ACTION", "ACCEPTED")
    company.receive(reply(company, person, calendar=accepted))
    assert meets(company, person).answer is Answer.INVITED
    assert company.ledger.decided[-1].rule == "meetings.stale"


def test_an_answer_about_somebody_elses_meeting_changes_nothing(company: Company) -> None:
    person = agreed(company)
    answers(company, person, "DECLINED", UID="UID:x\r\nX-OLD")
    assert meets(company, person).answer is Answer.INVITED


def test_a_stop_in_words_counts_more_than_what_the_calendar_says(company: Company) -> None:
    person = agreed(company)
    accepted = part(company, person).replace("METHOD:REQUEST", "METHOD:REPLY").replace("NEEDS-ACTION", "ACCEPTED")
    company.receive(reply(company, person, "stop", calendar=accepted))
    assert company.see(person).standing is Standing.STOPPED


def test_an_event_that_people_move_in_the_crm_moves_the_invitation(company: Company) -> None:
    person = agreed(company)
    row = converted(company, person)
    company.wait(DAY)
    company.crm.change("Event", row["Id"], StartDateTime="2026-01-15T14:00:00.000+0000")
    company.run("pull")
    found = READ(part(company, person))
    assert found is not None
    assert (found.starts_at, found.sequence) == (datetime(2026, 1, 15, 14, tzinfo=UTC), 1)
    step = company.see(person).next_step
    assert step is not None
    assert (str(step.on), "15:00 their time" in step.what) == ("2026-01-15", True)


@pytest.mark.parametrize("is_recent", [True, False])
def test_a_move_that_an_earlier_life_of_the_ledger_may_have_told_them_of_is_in_doubt(
    company: Company, is_recent: bool
) -> None:
    person = agreed(company)
    company.deliver()
    row = converted(company, person)
    company.wait(DAY)
    company.crm.change("Event", row["Id"], StartDateTime="2026-01-15T14:00:00.000+0000")
    ends = company.now + DAY if is_recent else company.now - 30 * DAY
    gap = Gap(begins=ends - 7 * DAY, ends=ends)
    company.ledger.set_cursor(RESTORED, gap.model_dump_json())
    company.run("pull")
    company.wait(timedelta(hours=1))
    company.deliver()
    told = company.state(invitations(company, person)[-1].key)
    assert told is (ActionState.UNCERTAIN if is_recent else ActionState.ACCEPTED)


def test_an_event_that_was_not_told_of_a_move_yet_moves_nothing_back(company: Company) -> None:
    person = agreed(company)
    row = converted(company, person)
    answers(company, person, "COUNTER", **{"20260112T09": "20260114T13", "20260112T0930": "20260114T1330"})
    company.run("pull")
    assert str(meets(company, person).on) == "2026-01-14"
    assert company.crm.records["Event"][row["Id"]]["StartDateTime"] == "2026-01-12T09:00:00+00:00"
    company.run("sync")
    company.wait(timedelta(hours=1))
    company.run("pull")
    assert str(meets(company, person).on) == "2026-01-14"
    company.crm.change("Event", row["Id"], StartDateTime="2026-01-12T09:00:00+00:00")
    company.run("pull")
    assert str(meets(company, person).on) == "2026-01-12", "moved back by a person"


def test_the_owner_gives_the_hour_and_the_customer_gets_the_first_invitation(company: Company) -> None:
    by_owner = MeetingRules(confirm="by_owner")
    company.with_services(playbook=company.services.playbook.model_copy(update={"meetings": by_owner}))
    person = agreed(company, None)
    row = converted(company, person)
    assert row["IsAllDayEvent"]
    company.wait(DAY)
    company.crm.change("Event", row["Id"], IsAllDayEvent=False, StartDateTime="2026-01-12T13:00:00.000+0000")
    company.run("pull")
    found = READ(part(company, person))
    assert found is not None
    assert (found.starts_at, found.sequence) == (datetime(2026, 1, 12, 13, tzinfo=UTC), 0)


def test_an_event_that_people_delete_calls_the_meeting_off_for_the_customer_too(company: Company) -> None:
    person = agreed(company)
    row = converted(company, person)
    company.wait(DAY)
    company.crm.change("Event", row["Id"], IsDeleted=True)
    company.run("pull")
    mail = invitations(company, person)[-1]
    assert mail.payload["calendar"]["method"] == "CANCEL"
    assert "SEQUENCE:1" in part(company, person)
    assert meets(company, person).answer is Answer.CALLED_OFF
    company.run("pull")
    assert len(invitations(company, person)) == 2, "told once"


def test_what_we_wrote_into_the_crm_ourselves_is_no_change_of_theirs(company: Company) -> None:
    person = agreed(company)
    converted(company, person)
    before = meets(company, person)
    company.wait(timedelta(hours=1))
    company.run("pull")
    assert meets(company, person) == before
    assert len(invitations(company, person)) == 1


def converted(company: Company, person: Prospect) -> dict[str, Any]:
    """The Event, once the deal lives in the CRM."""
    row = entered(company, person)
    kept = [one.state for one in company.ledger.kept.values() if one.action.kind is ActionKind.CONVERT]
    assert kept == ["accepted"]
    return row

"""What the tests hold unit/application to: when and how much leaves, which playbook line, colleagues, branches."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from closeloop.application import deliver
from closeloop.domain.actions import ActionState
from closeloop.domain.decisions import Channel
from closeloop.domain.prospect import Prospect
from closeloop.domain.sending_rules import ALWAYS, Absence, AccountRule, Mailbox, Sending, Window
from closeloop.domain.signals import Label, SignalKind
from closeloop.domain.steps import Seen, Step
from tests.fakes.services import DAY, Company
from tests.unit.domain.people import NOW, playbook

HOUR = timedelta(hours=1)
LINE = "approach_question"
BOX = "anna@mail.example"


def rules(company: Company, *, account: AccountRule | None = None, **sending: Any) -> None:
    changed = company.services.playbook.model_copy(update={"sending": Sending(**sending), "account": account})
    company.with_services(playbook=changed)


def sequence(company: Company, *steps: Step) -> None:
    old = company.services.playbook
    company.with_services(playbook=old.model_copy(update={"sequences": old.sequences | {LINE: steps}}))


def bump(**fields: Any) -> Step:
    return Step(**({"channel": Channel.EMAIL, "template": "approach_bump", "wait_days": 3} | fields))


def sent(company: Company) -> list[str]:
    return [mail.action_key for mail in company.mailer.sent]


def attempts(company: Company, person: Prospect) -> int:
    return company.ledger.kept[company.mail(person).key].attempt


def go_to(company: Company, moment: datetime) -> None:
    company.wait(moment - company.now)


def people(company: Company, number: int, **fields: Any) -> list[Prospect]:
    found = [company.person(f"p{n}", f"firm{n}.example", **fields) for n in range(number)]
    company.run("approach")
    return found


def values(company: Company, person: Prospect) -> dict[str, Any]:
    return company.ledger.kept[company.mail(person).key].receipts[-1][1].values


# windows


def test_a_mail_is_planned_for_the_morning_of_whoever_gets_it(company: Company) -> None:
    rules(company, window=Window())
    american, german = (
        company.person("al", "a.example", country="US"),
        company.person("bo", "b.example", country="DE"),
    )
    company.run("approach")
    company.deliver()
    assert sent(company) == [company.mail(german).key]
    assert company.mail(american).due_at == datetime(2026, 1, 5, 13, tzinfo=UTC)
    assert attempts(company, american) == 0, "nobody even claimed it"
    go_to(company, datetime(2026, 1, 5, 13, tzinfo=UTC))
    company.deliver()
    assert company.state(company.mail(american).key) is ActionState.ACCEPTED
    assert values(company, american)["window"] == ""


def test_a_mail_that_a_closed_window_meets_waits_for_the_next_and_says_so(company: Company) -> None:
    person = company.written_to(country="US")
    rules(company, window=Window())
    result = company.deliver()
    (why,) = result.holds
    assert why == "outside the hours to write in (08:00-18:00, America/New_York)"
    kept = company.ledger.kept[company.mail(person).key]
    assert kept.action.due_at == datetime(2026, 1, 5, 13, tzinfo=UTC)
    assert values(company, person)["window"] == why
    for _ in range(4):
        company.wait(HOUR)
        company.deliver()
    assert attempts(company, person) == 1, "no storm of retries until then"
    company.wait(HOUR)
    company.deliver()
    assert sent(company) == [company.mail(person).key]


def test_a_mail_whose_window_no_pass_fell_into_leaves_at_the_next_pass_of_a_working_day(
    company: Company,
) -> None:
    rules(company, window=Window())
    person = company.person(country="US")
    company.run("approach")
    company.deliver()
    go_to(company, datetime(2026, 1, 6, 8, tzinfo=UTC))
    company.deliver()
    assert sent(company) == [company.mail(person).key]


def test_where_the_playbook_says_wait_a_missed_window_is_waited_for_again(company: Company) -> None:
    rules(company, window=Window(), missed_window="wait")
    person = company.person(country="US")
    company.run("approach")
    go_to(company, datetime(2026, 1, 6, 8, tzinfo=UTC))
    company.deliver()
    assert sent(company) == []
    assert company.mail(person).due_at == datetime(2026, 1, 6, 13, tzinfo=UTC)


def test_an_answer_leaves_at_once_when_a_cold_mail_would_wait(company: Company) -> None:
    person = company.written_to(country="US")
    company.deliver()
    rules(company, window=Window(), answers=ALWAYS, mailboxes=(Mailbox(email=BOX, name="Anna", daily_cap=1),))
    company.receive(company.reply(person, Label.OBJECTION_PRICE))
    company.run("objections")
    company.deliver()
    assert len(sent(company)) == 2
    assert company.mailer.sent[1].action_key.startswith("email:" + person.key + ":objection_price")


# caps


def test_a_mailbox_sends_its_cap_and_the_rest_leaves_on_the_next_days(company: Company) -> None:
    rules(company, window=Window(), mailboxes=(Mailbox(email=BOX, name="Anna", daily_cap=3),))
    found = people(company, 8)
    for day, expected in ((5, 3), (6, 6), (7, 8)):
        go_to(company, datetime(2026, 1, day, 8, tzinfo=UTC))
        company.deliver()
        company.wait(HOUR)
        company.deliver()
        assert len(sent(company)) == expected
    assert max(attempts(company, person) for person in found) == 2, "put off once, to the day with room"
    waited = next(p for p in found if attempts(company, p) == 2)
    first = company.ledger.kept[company.mail(waited).key].receipts[0][1]
    assert first.verdict == f"{BOX} has sent all its 3 mails of 2026-01-05"
    assert values(company, waited)["cap"] == ""
    assert values(company, waited)["slot"].endswith("at most 3")


def test_a_mail_that_was_called_off_gives_its_place_to_another(company: Company) -> None:
    rules(company, window=Window(), mailboxes=(Mailbox(email=BOX, name="Anna", daily_cap=1),))
    first, second, third = people(company, 3)
    company.deliver()
    company.ledger.cancel_planned([second.key], "called off", company.now)
    go_to(company, NOW + DAY)
    late = company.person("late", "late.example")
    company.run("approach")
    company.deliver()
    assert sent(company) == [company.mail(first).key, company.mail(late).key]
    go_to(company, NOW + 2 * DAY)
    company.deliver()
    assert company.mail(third).key in sent(company)


def test_two_mails_of_a_mailbox_are_a_pause_apart(company: Company) -> None:
    box = Mailbox(email=BOX, name="Anna", seconds_between=600, jitter=0.2)
    rules(company, window=Window(), mailboxes=(box,))
    people(company, 4)
    times = []
    for _ in range(60):
        times += [company.now] * deliver.run_batch(company.services, "run", company.now).counts.get("accepted", 0)
        company.wait(timedelta(minutes=1))
    assert len(times) == 4
    gaps = [(b - a).total_seconds() for a, b in pairwise(times)]
    assert all(480 <= gap <= 780 for gap in gaps)


def test_no_second_mail_is_decided_while_the_first_still_waits_for_room(company: Company) -> None:
    rules(company, window=Window(), mailboxes=(Mailbox(email=BOX, name="Anna", daily_cap=1),))
    found = people(company, 6)
    for _ in range(14):
        company.deliver()
        company.wait(DAY)
        company.run("approach")
    second = [person for person in found if f"email:{person.key}:{LINE}:1:2" in company.ledger.kept]
    assert second
    for person in second:
        first, then = (company.ledger.kept[f"email:{person.key}:{LINE}:1:{n}"].moves for n in (1, 2))
        assert first[-1].new is ActionState.ACCEPTED
        assert first[-1].at < then[0].at
    assert any(row.rule == "approach.mail_on_its_way" for row in company.ledger.decided)


# mailboxes and absences


def test_the_prospect_keeps_the_mailbox_that_began_and_the_writer_signs(company: Company) -> None:
    anna, ben = (Mailbox(email=f"{n}@mail.example", name=n.title(), owners=(f"005{n}",)) for n in ("anna", "ben"))
    rules(company, window=ALWAYS, mailboxes=(anna, ben))
    person = company.person(owner_id="005anna")
    company.run("approach")
    after = company.see(person)
    assert after.mailbox == anna.email
    assert company.mail(person).payload["mailbox"] == anna.email
    assert "Anna" in company.mail(person).payload["text"]


def test_mails_of_a_seller_who_is_away_wait_until_the_return(company: Company) -> None:
    person = company.written_to()
    away = Absence(owner=person.owner_id, first_day=date(2026, 1, 1), last_day=date(2026, 1, 8))
    rules(company, window=Window(), absences=(away,))
    result = company.deliver()
    (why,) = result.holds
    assert "away until 2026-01-08: the mail waits" in why
    go_to(company, datetime(2026, 1, 9, 8, tzinfo=UTC))
    company.deliver()
    assert sent(company) == [company.mail(person).key]


# which playbook line


def test_who_entered_a_sequence_stays_on_its_steps_when_the_file_changes(company: Company) -> None:
    sequence(
        company, bump(template="approach_question", wait_days=0), bump(), bump(channel="call", template="Old call")
    )
    person = company.written_to()
    company.deliver()
    sequence(
        company, bump(template="approach_question", wait_days=0), bump(channel="meeting", template="New meeting")
    )
    company.with_services(playbook=company.services.playbook.model_copy(update={"version": "2027.1"}))
    newcomer = company.written_to("new", domain="new.example")
    company.deliver()
    for _ in range(6):
        company.wait(2 * DAY)
        company.run("approach")
        company.deliver()
    assert company.human_tasks(person) == ["Old call"]
    assert company.human_tasks(newcomer) == ["New meeting"]
    versions = {
        row.playbook_version
        for row in company.ledger.decided
        if row.prospect_key == person.key and row.kind == "Touch"
    }
    assert versions == {playbook().version}
    assert len(company.ledger.lines) == 2


# channels and branches


def test_call_social_and_meeting_steps_become_tasks_of_the_owner_in_the_crm(company: Company) -> None:
    steps = [
        bump(channel=channel, template=f"Do: {channel}", wait_days=0) for channel in ("call", "social", "meeting")
    ]
    sequence(company, bump(template="approach_question", wait_days=0), *steps)
    person = company.written_to()
    for _ in range(6):
        company.deliver()
        company.run("sync")
        company.wait(DAY)
        company.run("approach")
    assert company.human_tasks(person) == ["Do: call", "Do: social", "Do: meeting"]
    tasks = [task for task in company.crm.records["Task"].values() if task["Subject"].startswith("Do: ")]
    assert {task["Subject"] for task in tasks} == {"Do: call", "Do: social", "Do: meeting"}
    assert {task["OwnerId"] for task in tasks} == {person.owner_id}


def test_a_click_of_a_person_takes_the_branch_and_one_of_a_scanner_does_not(company: Company) -> None:
    ring = bump(channel="call", template="They clicked", wait_days=1, when=[Seen.CLICKED])
    sequence(company, bump(template="approach_question", wait_days=0), ring)
    person, scanned = company.written_to(), company.written_to("bo", domain="bo.example")
    company.deliver()
    company.wait(HOUR)
    browser = {"useragent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "url": "https://tallyard.example"}
    company.receive(
        company.signal(SignalKind.CLICKED, person, payload=browser, action_key=company.mail(person).key),
        company.signal(SignalKind.CLICKED, scanned, payload=browser, action_key=company.mail(scanned).key),
    )
    assert company.see(scanned).seen, "until its delivery is heard of"
    delivered = company.now - timedelta(seconds=4)
    key = company.mail(scanned).key
    company.receive(company.signal(SignalKind.DELIVERED, scanned, occurred_at=delivered, action_key=key))
    company.wait(5 * DAY)
    company.run("approach")
    assert company.human_tasks(person) == ["They clicked"]
    assert company.human_tasks(scanned) == []


# several people of one account


def test_of_five_colleagues_two_hear_from_us_at_once_and_the_others_in_their_turn(company: Company) -> None:
    rules(company, window=ALWAYS, account=AccountRule(people_at_once=2, days_between=2))
    found = [company.person(f"p{n}") for n in range(5)]
    started: dict[str, datetime] = {}
    for _ in range(120):
        company.run("approach")
        company.deliver()
        started |= {p.key: company.now for p in found if p.key not in started and company.see(p).touches}
        inside = [p for p in found if company.see(p).enrollment and company.see(p).stage.value == "approach"]
        assert len(inside) <= 2
        company.wait(DAY)
    assert len(started) == 5
    moments = sorted(started.values())
    assert all(b - a >= 2 * DAY for a, b in pairwise(moments))

"""The one-click opt-out: a look changes nothing, a click stops everything, and nobody can click for another."""

from __future__ import annotations

import html

from closeloop.application import deliver
from closeloop.application.passes import run_to_the_end
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Standing
from closeloop.domain.tokens import make_token
from tests.fakes.services import RUN
from tests.flows.door import Door
from tests.unit.domain.people import NOW


def _run(door: Door, name: str) -> None:
    run_to_the_end(name, door.company.services, RUN, NOW)


def _about_to_be_written_to(door: Door) -> Prospect:
    person = door.prospect()
    _run(door, "approach")
    return person


def _mails_sent(door: Door) -> list[str]:
    deliver.run_batch(door.company.services, RUN, NOW)
    return [mail.to for mail in door.company.mailer.sent]


def test_a_look_at_the_page_changes_nothing(door: Door) -> None:
    person = _about_to_be_written_to(door)
    page = door.http.get(door.opt_out_path(person))
    assert page.status_code == 200
    assert "<form method=post>" in page.text
    assert door.http.head(door.opt_out_path(person)).status_code == 200
    assert door.stored() == []
    assert _mails_sent(door) == [person.email]


def test_a_click_stops_the_mail_that_is_planned_already(door: Door) -> None:
    person = _about_to_be_written_to(door)
    answer = door.http.post(door.opt_out_path(person), data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.history) == (200, [])
    assert "We will not write to you again" in html.unescape(answer.text)
    assert _mails_sent(door) == []


def test_after_a_click_the_person_has_opted_out_and_the_address_is_suppressed(door: Door) -> None:
    person = _about_to_be_written_to(door)
    door.http.post(door.opt_out_path(person))
    _run(door, "receive")
    found = door.ledger.prospects([person.key])[person.key]
    assert (found.standing, found.opted_out) == (Standing.STOPPED, True)
    assert set(door.ledger.suppressed([person.email])) == {person.email}


def test_a_second_click_is_answered_like_the_first_and_stored_once(door: Door) -> None:
    path = door.opt_out_path(door.prospect())
    first, second = door.http.post(path), door.http.post(path.upper().replace("/UNSUBSCRIBE", "/unsubscribe"))
    assert (first.status_code, first.text) == (second.status_code, second.text)
    assert len(door.stored()) == 1


def test_somebody_whom_the_ledger_does_not_know_can_opt_out_too(door: Door) -> None:
    key = "00Q000000000099EAA"
    assert door.http.post(f"/unsubscribe/{make_token(key, door.company.services.secret)}").status_code == 200
    assert [signal.prospect_key for signal in door.stored()] == [key]


def test_a_forged_token_opts_nobody_out(door: Door) -> None:
    person = door.prospect()
    real = door.opt_out_path(person)
    last = "0" if real[-1] != "0" else "1"
    of_another_house = f"/unsubscribe/{make_token(person.key, 'another secret')}"
    forged = [
        real[:-1] + last,
        real[:-1],
        f"{real}0",
        f"/unsubscribe/{person.key}",
        of_another_house,
        "/unsubscribe/é",
    ]
    assert [door.http.post(path).status_code for path in forged] == [404] * len(forged)
    assert door.stored() == []


def test_the_link_in_a_mail_is_the_one_that_the_gateway_takes(door: Door) -> None:
    door.company.with_services(public_url=str(door.http.base_url))
    person = _about_to_be_written_to(door)
    _mails_sent(door)
    (mail,) = door.company.mailer.sent
    assert door.http.post(str(mail.unsubscribe_url)).status_code == 200
    assert [signal.prospect_key for signal in door.stored()] == [person.key]

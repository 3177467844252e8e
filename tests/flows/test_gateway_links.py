"""The links in our mails at the gateway: pages in two languages, opt-outs by mail, and links that lead on."""

from __future__ import annotations

import re

import pytest

from closeloop.application.passes import run_to_the_end
from closeloop.domain.links import Link, make_link, read_link
from closeloop.domain.machine_events import Reader, who_clicked
from closeloop.domain.signals import SignalKind
from closeloop.domain.stage import Standing
from closeloop.domain.tokens import make_token
from tests.fakes.services import RUN
from tests.flows.door import Door
from tests.unit.domain.people import NOW

KEY = "00Q000000000001EAA"
ACTION = f"email:{KEY}:approach_premium:1:1"
TARGET = "https://tallyard.example/one-page?from=mail&x=1"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0"


def _go(door: Door, url: str = TARGET, secret: str | None = None) -> str:
    token = make_link(Link(action_key=ACTION, url=url), secret or door.company.services.secret)
    return f"/go/{token}"


@pytest.mark.parametrize(
    ("accepted", "first"), [("th-TH,th;q=0.9,en;q=0.8", "th"), ("en-US", "en"), ("fr", "en"), ("", "en")]
)
def test_the_page_speaks_both_languages_the_reader_s_first(door: Door, accepted: str, first: str) -> None:
    page = door.http.get(door.opt_out_path(door.prospect()), headers={"Accept-Language": accepted})
    assert f'<html lang="{first}">' in page.text
    assert re.findall(r'<section lang="(\w+)">', page.text)[0] == first
    assert "Stop these e-mails?" in page.text
    assert "ต้องการหยุดรับอีเมลหรือไม่" in page.text
    assert door.company.services.playbook.sender.postal_address in page.text


def test_the_page_lets_nothing_run_and_is_kept_by_nobody(door: Door) -> None:
    page = door.http.get(door.opt_out_path(door.prospect()))
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "<script" not in page.text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_cut_gets_a_page_that_says_what_to_do(door: Door, method: str) -> None:
    path = door.opt_out_path(door.prospect())[:-4]
    page = door.http.request(method, path)
    assert page.status_code == 404
    assert "reply to that e-mail with the word “stop”" in page.text
    assert "<form" not in page.text
    assert door.stored() == []


def test_a_mail_to_the_opt_out_address_opts_out_whatever_it_says(door: Door) -> None:
    person = door.prospect()
    token = make_token(person.key, door.company.services.secret)
    to = f"unsubscribe+{token}@replies.tallyard.example"
    door.inbound(door.reply(person, envelope=f'{{"to": ["{to}"], "from": "{person.email}"}}', text=""))
    (signal,) = door.stored()
    assert (signal.kind, signal.prospect_key, signal.address) == (SignalKind.UNSUBSCRIBED, person.key, person.email)
    run_to_the_end("receive", door.company.services, RUN, NOW)
    assert door.ledger.prospects([person.key])[person.key].standing is Standing.STOPPED


def test_a_reply_without_our_token_is_known_by_the_id_of_our_mail(door: Door) -> None:
    person = door.prospect()
    run_to_the_end("approach", door.company.services, RUN, NOW)
    talk = door.ledger.prospects([person.key])[person.key].conversation
    assert talk is not None
    for header in (f"In-Reply-To: {talk.ids[-1]}", f"References: {talk.root}\n\t<else@x.example>"):
        block = f"Message-ID: <{len(header)}@other.example>\n{header}\n"
        envelope = '{"to": ["sales@replies.tallyard.example"], "from": "assistant@other.example"}'
        door.inbound(door.reply(person, headers=block, envelope=envelope))
    assert [signal.prospect_key for signal in door.stored()] == [person.key, person.key]


def test_who_came_back_by_choice_may_leave_again(door: Door) -> None:
    path = door.opt_out_path(door.prospect())
    door.http.post(path)
    door.company.clock.move_to(NOW.replace(year=2027))
    door.http.post(path)
    assert len(door.stored()) == 2


def test_a_link_leads_on_and_the_click_is_kept(door: Door) -> None:
    answer = door.http.get(_go(door), headers={"User-Agent": BROWSER})
    assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
    (signal,) = door.stored()
    assert (signal.kind, signal.prospect_key, signal.action_key) == (SignalKind.CLICKED, KEY, ACTION)
    assert signal.payload["url"] == TARGET
    assert who_clicked(signal.payload, NOW, None, ()).reader is Reader.HUMAN


def test_a_scanner_is_led_on_and_never_taken_for_a_person(door: Door) -> None:
    assert door.http.head(_go(door)).status_code == 302
    assert door.stored() == []
    door.http.get(_go(door), headers={"User-Agent": "Proofpoint URL Defense"})
    (signal,) = door.stored()
    assert who_clicked(signal.payload, NOW, None, ()).reader is Reader.MACHINE


def test_nobody_is_led_where_a_link_of_another_hand_leads(door: Door) -> None:
    real = _go(door)
    forged = [
        _go(door, secret="another secret"),
        real[:-1] + ("0" if real[-1] != "0" else "1"),
        _go(door, "javascript:alert(1)"),
        _go(door, "https://evil.example/\r\nSet-Cookie: a=b"),
        f"/go/{'x' * 5_000}",
        "/go/.",
        "/go/é",
        f"/go/{make_token(KEY, door.company.services.secret)}",
    ]
    for path in forged:
        answer = door.http.get(path)
        assert answer.status_code == 404
        assert "location" not in answer.headers
    assert door.stored() == []


def test_a_link_is_read_as_it_was_made() -> None:
    link = Link(action_key=ACTION, url="https://tallyard.example/ภาษาไทย?q=ü")
    assert read_link(make_link(link, "s"), "s") == link
    assert read_link(make_link(link, "s"), "t") is None

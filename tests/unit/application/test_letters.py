"""Mails as they are planned and handed over: in one conversation, in the person's language, with every way out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from closeloop.application.letters import thread_of
from closeloop.application.ports import OutgoingMail
from closeloop.domain.languages import FACT
from closeloop.domain.links import read_link
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage
from tests.fakes.services import DAY, Company
from tests.unit.domain.people import fact, playbook

URL = "https://go.tallyard.example"


@pytest.fixture
def company() -> Company:
    return Company()


def _sent(company: Company, person: Prospect) -> list[OutgoingMail]:
    return [mail for mail in company.mailer.sent if mail.to == person.email]


def _go_on(company: Company, person: Prospect, stage: str = "approach", days: int = 9) -> list[OutgoingMail]:
    """Days pass, the stage has its pass, the mails that are due go out."""
    company.wait(days * DAY)
    company.run(stage)
    company.deliver()
    return _sent(company, person)


def test_the_steps_of_a_sequence_are_one_conversation(company: Company) -> None:
    person = company.written_to()
    company.deliver()
    first, second = _go_on(company, person)
    assert first.thread is not None
    assert second.thread is not None
    assert not first.mail.subject.startswith("Re:")
    assert second.mail.subject == f"Re: {first.mail.subject}"
    assert (first.thread.in_reply_to, second.thread.in_reply_to) == (None, first.thread.message_id)
    assert second.thread.references == (*first.thread.references, first.thread.message_id)


def test_the_answer_to_a_reply_goes_on_with_the_person_s_own_mail(company: Company) -> None:
    person = company.written_to()
    company.deliver()
    headers = "Message-ID: <theirs-1@volvo.example>\r\nReferences: <x@y.example>\r\n"
    words = {"subject": "AW: What about invoices?", "text": Label.OBJECTION_PRICE.value, "headers": headers}
    company.wait(timedelta(hours=3))
    company.receive(company.reply(person, Label.OBJECTION_PRICE).model_copy(update={"payload": words}))
    mails = _go_on(company, person, "objections", days=1)
    answer = mails[-1]
    assert answer.thread is not None
    assert answer.thread.in_reply_to == "<theirs-1@volvo.example>"
    assert answer.thread.references[0] == mails[0].thread.references[0]  # type: ignore[union-attr]
    assert answer.mail.subject == "Re: What about invoices?"


def test_an_automatic_answer_is_no_part_of_the_conversation(company: Company) -> None:
    person = company.written_to()
    before = company.see(person).conversation
    company.receive(company.reply(person, Label.OUT_OF_OFFICE))
    assert company.see(person).conversation == before


def test_a_mail_that_is_tried_again_keeps_its_id(company: Company) -> None:
    person = company.written_to()
    action = company.mail(person)
    assert thread_of(action) == thread_of(company.mail(person))
    assert thread_of(action.model_copy(update={"payload": {"subject": "from before"}})) is None


def _thai(company: Company, **fields: Any) -> Prospect:
    return company.person("somchai", domain="siam.example", first_name="สมชาย", country="TH", **fields)


def test_a_thai_prospect_is_written_to_in_thai_and_the_ledger_says_why(company: Company) -> None:
    person = _thai(company)
    company.run("approach")
    payload = company.mail(person).payload
    assert payload["text"].startswith("เรียน คุณสมชาย\n\n")
    assert '<html lang="th">' in payload["html"]
    assert (payload["language"], payload["language_because"]) == ("th", "Thai is usual in TH")
    assert company.ledger.decided[-1].reasons[-1] == "in Thai: Thai is usual in TH"


def test_a_language_that_cannot_be_written_whole_falls_back_with_its_reason_in_the_decision(
    company: Company,
) -> None:
    held = playbook().model_dump(mode="json")
    held["product"]["one_line"] = "matches invoices"
    company.with_services(playbook=Playbook.model_validate(held))
    person = _thai(company)
    company.run("approach")
    assert company.mail(person).payload["text"].startswith("Hello สมชาย,")
    told = "in English: Thai is usual in TH, but the playbook lacks texts in it, so the playbook's own language"
    assert company.ledger.decided[-1].reasons[-1] == told


def test_who_asked_for_english_gets_english_in_thailand_too(company: Company) -> None:
    person = _thai(company)
    asked = person.model_copy(update={"facts": person.facts | {FACT: fact(FACT, "en", "crm:language")}})
    company.ledger.people[person.key] = asked
    company.run("approach")
    assert company.mail(person).payload["language"] == "en"


def test_the_whole_objection_is_answered_in_the_person_s_language(company: Company) -> None:
    person = _thai(company, stage=Stage.APPROACH)
    company.run("approach")
    company.deliver()
    company.wait(timedelta(hours=3))
    company.receive(company.reply(person, Label.OBJECTION_PRICE))
    text = _go_on(company, person, "objections", days=1)[-1].mail.text
    assert "ราคานี้ตั้งเทียบกับชั่วโมงทำงานที่ประหยัดได้" in text
    assert "ให้เราลองเปรียบเทียบบนใบแจ้งหนี้หนึ่งเดือนของท่านดีหรือไม่คะ" in text
    assert "The price" not in text


def test_every_mail_offers_a_way_out_by_mail_and_by_click_where_there_is_a_gateway(company: Company) -> None:
    person = company.written_to()
    company.deliver()
    (mail,) = _sent(company, person)
    assert mail.unsubscribe_url is None
    assert mail.unsubscribe_address is not None
    assert mail.unsubscribe_address.startswith("unsubscribe+")
    company.with_services(public_url=URL)
    second = _go_on(company, person)[-1]
    assert str(second.unsubscribe_url).startswith(f"{URL}/unsubscribe/")
    assert str(second.unsubscribe_url) in second.mail.text
    assert f'href="{second.unsubscribe_url}"' in second.mail.html


def test_links_lead_where_they_say_unless_clicks_are_asked_for(company: Company) -> None:
    company.with_services(public_url=URL)
    company.written_to("bert")
    company.deliver()
    company.with_services(public_url=URL, track_clicks=True)
    person = company.written_to("carla")
    company.deliver()
    plain, led = company.mailer.sent
    assert 'href="https://tallyard.example"' in plain.mail.html
    assert 'href="https://tallyard.example"' not in led.mail.html
    token = led.mail.html.split(f'href="{URL}/go/')[1].split('"')[0]
    link = read_link(token, company.services.secret)
    assert link is not None
    assert (link.url, link.action_key) == ("https://tallyard.example", company.mail(person).key)
    assert f'href="{led.unsubscribe_url}"' in led.mail.html, "the opt-out is nobody's business"
    assert plain.mail.text.replace("Bert", "Carla").split("https://go")[0] == led.mail.text.split("https://go")[0]

"""A preview is the mail that would be sent, to the letter; what is missing is named, and nothing is changed."""

from __future__ import annotations

import pytest

from closeloop.application.preview import Preview, named_mail, next_mail
from closeloop.application.proofs import unwritable
from closeloop.domain.errors import UsageError
from closeloop.domain.messages import TEMPLATES
from closeloop.domain.playbook import Playbook
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage, Standing
from tests.fakes.services import Company
from tests.unit.domain.people import playbook

URL = "https://go.tallyard.example"


@pytest.fixture
def company() -> Company:
    made = Company()
    made.with_services(public_url=URL)
    return made


def test_the_next_mail_is_shown_as_it_is_then_sent(company: Company) -> None:
    person = company.person()
    shown = next_mail(person, company.services, company.now)
    assert isinstance(shown, Preview)
    assert shown.mail is not None
    assert company.mails(person) == []
    company.run("approach")
    company.deliver()
    (sent,) = company.mailer.sent
    assert sent == shown.mail


def test_a_follow_up_is_shown_in_its_conversation(company: Company) -> None:
    person = company.written_to()
    before = company.see(person)
    shown = named_mail("approach_bump", before, company.services, company.now)
    assert shown.letter is not None
    assert shown.letter.mail.subject == f"Re: {company.mail(person).payload['subject']}"
    assert company.see(person) == before
    assert len(company.mails(person)) == 1


@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("language", ["en", "th"])
def test_every_mail_can_be_shown_for_anybody(company: Company, template: str, language: str) -> None:
    shown = named_mail(template, company.person(), company.services, company.now, language=language)
    assert shown.missing == ()
    assert shown.letter is not None
    assert f'<html lang="{language}">' in shown.letter.mail.html


@pytest.mark.parametrize("kind", ["premium", "question", "product"])
def test_the_mail_of_another_approach_is_shown_with_the_offer_it_was_written_for(
    company: Company, kind: str
) -> None:
    shown = named_mail(f"approach_{kind}", company.person(), company.services, company.now)
    assert shown.letter is not None
    text = shown.letter.mail.text.lower()
    offers = {str(one.kind): str(one.offer).lower() for one in company.services.playbook.approaches}
    assert offers.pop(kind) in text
    assert not [offer for offer in offers.values() if offer in text]


def test_an_objection_that_nobody_raised_is_supposed_and_said_so(company: Company) -> None:
    shown = named_mail("objection_answer", company.person(), company.services, company.now)
    assert shown.why == ("asked for by name", "no objection is open, so this supposes one to the price")


def test_what_is_missing_is_named_and_nothing_is_rendered(company: Company) -> None:
    nameless = company.person().model_copy(update={"company": " \u200b "})
    shown = named_mail("approach_premium", nameless, company.services, company.now)
    assert shown.letter is None
    assert shown.mail is None
    assert "'company' is missing or blank" in " ".join(shown.missing)


def test_a_close_whose_reason_the_playbook_lacks_is_named(company: Company) -> None:
    bare = playbook().model_copy(update={"closing": playbook().closing.model_copy(update={"inducement": None})})
    company.with_services(playbook=bare)
    shown = named_mail("close_inducement", company.person(), company.services, company.now)
    assert shown.missing == ("inducement: Field required", "until: Field required")


def test_where_no_mail_comes_next_the_reason_is_told(company: Company) -> None:
    stopped = company.person("bert", standing=Standing.STOPPED, reason="opted out")
    assert next_mail(stopped, company.services, company.now) == "nobody writes to them any more: opted out"
    new = company.person("carla", stage=Stage.PROSPECTING)
    assert next_mail(new, company.services, company.now) == "in prospecting nobody is written to yet"


@pytest.mark.parametrize(
    ("template", "language", "complaint"),
    [
        ("aproach", None, "there is no mail 'aproach'"),
        ("approach_bump", "de", "is not written in 'de'; there are en, th"),
    ],
)
def test_wrong_use_is_answered_with_what_there_is(
    company: Company, template: str, language: str | None, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        named_mail(template, company.person(), company.services, company.now, language=language)


def test_every_mail_of_the_shipped_playbook_can_be_written(company: Company) -> None:
    assert unwritable(playbook(), company.services.renderer) == []


def test_a_text_that_no_mail_can_say_is_found_before_anybody_gets_it(company: Company) -> None:
    held = playbook().model_dump(mode="json")
    price = next(one for one in held["objections"]["answers"] if one["label"] == Label.OBJECTION_PRICE.value)
    price["answer"]["th"] = "ราคา" * 200
    (problem, *rest) = unwritable(Playbook.model_validate(held), company.services.renderer)
    assert problem.startswith("mails.th.objection_answer: ")
    assert "answer has 800 characters, 400 fit" in problem
    assert all(".th." in one for one in rest)

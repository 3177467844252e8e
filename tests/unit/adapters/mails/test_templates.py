"""Every mail of every stage: it renders, it is short, and no two mails of a series say the same."""

from __future__ import annotations

import itertools
import re

import pytest

from closeloop.adapters.mails.renderer import JinjaMailRenderer
from closeloop.domain.messages import TEMPLATES
from closeloop.domain.objections import PLAIN_WORDS
from tests.unit.adapters.mails.samples import PAINS, SENDER, TEMPLATES_DIR, said_by_us, sample

RENDERER = JinjaMailRenderer(TEMPLATES_DIR)
STEPS = range(1, 8)
STEPPED = sorted(name for name, kind in TEMPLATES.items() if "step" in kind.model_fields)


@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("known", ["with pains", "without pains"])
def test_every_mail_is_complete_at_every_step(template: str, step: int, known: str) -> None:
    changes = {} if known == "with pains" else {"pains": (), "questions": ()}
    mail = RENDERER.render(template, "en", sample(template, step, **changes))
    words = said_by_us(mail.text)
    assert words.startswith("Hello Anna,\n\n")
    assert 40 <= len(words.split()) <= 145
    assert mail.text.rstrip().endswith("Reply with 'stop' and I will not write again.")
    for required in (SENDER.name, SENDER.role, SENDER.company, SENDER.postal_address, SENDER.website):
        assert required in mail.text
        assert required in mail.html
    assert not re.search(r"None|\{|\}|\.\.|  |,,| ,|\?\.|\.\?", words)
    assert len(mail.html.encode()) < 5_000


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_no_mail_shouts_or_pretends_to_be_an_answer(template: str) -> None:
    mail = RENDERER.render(template, "en", sample(template))
    assert not re.match(r"(?i)\s*(re|fwd?|aw)\s*:", mail.subject)
    assert "!" not in mail.subject + mail.text


@pytest.mark.parametrize("template", sorted(set(TEMPLATES) - {"approach_breakup"}))
def test_every_mail_but_the_polite_last_one_asks_something(template: str) -> None:
    for step in STEPS:
        assert "?" in said_by_us(RENDERER.render(template, "en", sample(template, step)).text)


@pytest.mark.parametrize("template", STEPPED)
def test_a_pain_is_only_said_with_its_source(template: str) -> None:
    for step in STEPS:
        text = RENDERER.render(template, "en", sample(template, step)).text
        if template != "approach_breakup" and "Kestrel Foods has sites in 14" in text:
            assert "(Source: company register, as of 2025-06-01.)" in text


def test_seven_follow_ups_to_an_objection_are_seven_different_mails() -> None:
    for objection in PLAIN_WORDS.values():
        mails = [
            RENDERER.render("objection_follow_up", "en", sample("objection_follow_up", step, objection=objection))
            for step in STEPS
        ]
        assert len({mail.text for mail in mails}) == len(STEPS)
        assert len({mail.subject for mail in mails}) == len(STEPS)


@pytest.mark.parametrize("template", ["approach_bump", "presentation_reminder", "follow_up_nurture"])
def test_the_next_mail_of_a_series_says_something_new(template: str) -> None:
    texts = [said_by_us(RENDERER.render(template, "en", sample(template, step)).text) for step in range(1, 5)]
    for earlier, later in itertools.pairwise(texts):
        assert len(set(later.split("\n\n")) - set(earlier.split("\n\n"))) >= 2


def test_the_bump_tells_another_pain_than_the_mail_before() -> None:
    first = RENDERER.render("approach_premium", "en", sample("approach_premium", 1)).text
    second = RENDERER.render("approach_bump", "en", sample("approach_bump", 2)).text
    assert "12,700 people" in first
    assert "14 countries" not in first
    assert "14 countries" in second
    assert "12,700 people" not in second


def test_an_offer_that_is_a_question_stays_a_question() -> None:
    offer = "how many of your invoices need a second look today?"
    for template in ("approach_bump", "approach_breakup"):
        text = RENDERER.render(template, "en", sample(template, 4, offer=offer, pains=())).text
        assert f"My question from the beginning still stands: {offer}" in text
        assert "offer still stands" not in text


@pytest.mark.parametrize("name", ["Kestrel Foods Inc.", "Kestrel & Sons Ltd.", "Who Cares?"])
def test_a_company_name_with_its_own_full_stop_gets_no_second_one(name: str) -> None:
    for template in TEMPLATES:
        for step in STEPS:
            assert ".." not in RENDERER.render(template, "en", sample(template, step, company=name)).text


PROMISES_NEWS = ("Here is another", "Let me try a different one", "somewhere else")


@pytest.mark.parametrize("pains", [0, 1, 2])
def test_a_bump_promises_something_new_only_when_it_brings_it(pains: int) -> None:
    known = PAINS[:pains]
    earlier = said_by_us(
        RENDERER.render("approach_question", "en", sample("approach_question", 1, pains=known)).text
    )
    for step in (2, 4):
        words = said_by_us(RENDERER.render("approach_bump", "en", sample("approach_bump", step, pains=known)).text)
        assert any(promise in words for promise in PROMISES_NEWS) == (step <= pains)
        told_before = {p for p in earlier.split("\n\n") if "one question" not in p and len(p) > 60}
        assert not told_before & set(words.split("\n\n"))


def test_a_mail_names_a_source_only_where_the_reader_can_look_it_up() -> None:
    ours = tuple(p.model_copy(update={"source": "our records", "public_source": ""}) for p in PAINS)
    for template in sorted(TEMPLATES):
        for step in STEPS:
            text = RENDERER.render(template, "en", sample(template, step, pains=ours)).text
            assert "our records" not in text
            assert "(Source:" not in text

"""Every mail in Thai: whole, in one language, with the writer's own particle, and never the same twice."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from closeloop.adapters.mails.catalogue import Catalogue
from closeloop.adapters.mails.renderer import JinjaMailRenderer
from closeloop.adapters.replies.reader import RuleReplyReader
from closeloop.domain.messages import TEMPLATES
from closeloop.domain.signals import Label
from tests.unit.adapters.mails.samples import LANGUAGES, SENDER, TEMPLATES_DIR, said_by_us, spoken_sample
from tests.unit.domain.people import NOW

RENDERER = JinjaMailRenderer(TEMPLATES_DIR)
STEPS = range(1, 8)
THAI = re.compile(r"[\u0e00-\u0e7f]")
FOREIGN = {"Berlin"} | {"Kestrel", "Foods", "Ledgerlight", "GmbH", "Source", "annual", "report"}
"""Names, and the source as its own records call it."""


@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("known", ["with pains", "without pains"])
def test_every_thai_mail_is_complete_at_every_step(template: str, step: int, known: str) -> None:
    changes = {} if known == "with pains" else {"pains": (), "questions": ()}
    mail = RENDERER.render(template, "th", spoken_sample(template, "th", step, **changes))
    words = said_by_us(mail.text)
    assert words.startswith("เรียน คุณแอนนา\n\n")
    assert 150 <= len(words) <= 1_200
    assert "\n\nขอแสดงความนับถือ\n\nMaja Brandt\nผู้จัดการลูกค้า, Ledgerlight GmbH\n" in mail.text
    for required in (SENDER.name, SENDER.company, SENDER.postal_address, SENDER.website, "หยุดส่ง"):
        assert required in mail.text
        assert required in mail.html
    assert not re.search(r"None|\{|\}|\.\.|  |,,| ,|\?|!", words)
    assert not re.search(r"ๆ(?! )(?!$)(?![:)\n])", words), "a blank follows the repetition mark"
    assert '<html lang="th">' in mail.html


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_no_english_sentence_stands_in_a_thai_mail(template: str) -> None:
    for step in STEPS:
        mail = RENDERER.render(template, "th", spoken_sample(template, "th", step))
        latin = set(re.findall(r"[A-Za-z]{2,}", f"{mail.subject}\n{said_by_us(mail.text)}"))
        assert latin <= FOREIGN
        assert THAI.search(mail.subject)


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_a_writer_who_chose_no_particle_is_given_none(template: str) -> None:
    plain = SENDER.model_copy(update={"particle": ""})
    for step in STEPS:
        words = said_by_us(RENDERER.render(template, "th", spoken_sample(template, "th", step, sender=plain)).text)
        assert not re.search(r"(?:ค่ะ|คะ|ครับ)(?:\s|$)", words)
        assert not re.search(r" \n| $|  ", words)


def test_a_man_asks_with_the_word_that_he_closes_with_and_a_woman_does_not() -> None:
    for particle, asking in (("ค่ะ", "หรือไม่คะ"), ("ครับ", "หรือไม่ครับ")):
        sender = SENDER.model_copy(update={"particle": particle})
        text = RENDERER.render(
            "approach_premium", "th", spoken_sample("approach_premium", "th", sender=sender)
        ).text
        assert asking in text
        assert f"ใด ๆ {particle}" in text


@pytest.mark.parametrize(
    "template", ["approach_bump", "presentation_reminder", "follow_up_nurture", "objection_follow_up"]
)
def test_the_next_thai_mail_of_a_series_says_something_new(template: str) -> None:
    texts = [
        said_by_us(RENDERER.render(template, "th", spoken_sample(template, "th", n)).text) for n in range(1, 6)
    ]
    for earlier, later in pairwise(texts):
        assert len(set(later.split("\n\n")) - set(earlier.split("\n\n"))) >= 2


def test_each_language_has_every_mail() -> None:
    catalogue = Catalogue(TEMPLATES_DIR)
    assert {name: catalogue.languages(name) for name in TEMPLATES} == dict.fromkeys(TEMPLATES, frozenset(LANGUAGES))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("end", ["{}", "{}.", "'{}'", "  {}\n"])
def test_the_word_that_a_mail_offers_for_stopping_is_understood_as_such(language: str, end: str) -> None:
    text = RENDERER.render("approach_premium", language, spoken_sample("approach_premium", language)).text
    (word,) = re.findall(r"Reply with '(\w+)'|ตอบกลับว่า “([^”]+)”", text.split("-- ")[1])
    said = end.format("".join(word))
    found = RuleReplyReader().understand(
        subject="Re: x", text=said, headers="", sender="a@volvo.example", received_at=NOW
    )
    assert found.stop
    assert found.primary is Label.UNSUBSCRIBE


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_opt_out_link_is_seen_in_both_forms_and_only_where_there_is_one(language: str) -> None:
    link = "https://go.ledgerlight.example/unsubscribe/token"
    mail = RENDERER.render("approach_premium", language, spoken_sample("approach_premium", language, opt_out=link))
    assert mail.text.rstrip().endswith(link)
    assert f'<a href="{link}"' in mail.html
    without = RENDERER.render("approach_premium", language, spoken_sample("approach_premium", language))
    assert "unsubscribe" not in without.html + without.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_is_short_for_every_machine_that_handles_it(language: str) -> None:
    """Below 9,500 bytes a thousand of them are one request."""
    for template in TEMPLATES:
        for step in STEPS:
            mail = RENDERER.render(template, language, spoken_sample(template, language, step))
            assert len((mail.text + mail.html).encode()) < 9_000
            assert "<img" not in mail.html

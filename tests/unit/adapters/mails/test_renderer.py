"""The renderer: what is missing is named, what is data stays data, what is too long is not sent."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from closeloop.adapters.mails.properties import LABEL_CHARACTERS, SENTENCE_CHARACTERS
from closeloop.adapters.mails.renderer import MAIL_BYTES, SUBJECT_CHARACTERS, JinjaMailRenderer
from closeloop.domain.errors import RenderError, UsageError
from closeloop.domain.messages import TEMPLATES, ApproachProps
from tests.unit.adapters.mails.samples import LANGUAGES, PAINS, TEMPLATES_DIR, sample, spoken_sample

RENDERER = JinjaMailRenderer(TEMPLATES_DIR)
OUR_TAGS = {"html", "head", "meta", "title", "body", "div", "p", "ul", "li", "strong", "br", "a"}
OUR_ATTRIBUTES = {"lang", "charset", "name", "content", "style", "href"}
NASTY = st.one_of(
    st.text(min_size=1, max_size=60),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "\"><a href='javascript:1'>x",
            "{{7*7}}",
            "{% for x in () %}",
            "{{ sender.__class__.__mro__ }}",
            "A\r\nBcc: all@victims.example",
            "A\nX-Injected: 1\n\nbody",
            "\u202egnp.exe",
            "'; DROP TABLE leads; --",
            '=HYPERLINK("https://x.example")',
            "%t%",
            "&lt;b&gt;",
            "\x00\x07\x1b[31m",
            "🦊" * 20,
        ]
    ),
).filter(lambda text: bool(text.strip()))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links.update(value or "" for name, value in attrs if name == "href")


def _tags(html: str) -> _Tags:
    parser = _Tags()
    parser.feed(html)
    return parser


@settings(max_examples=150, deadline=None)
@given(
    template=st.sampled_from(sorted(TEMPLATES)),
    language=st.sampled_from(LANGUAGES),
    step=st.integers(1, 7),
    words=NASTY,
    name=NASTY,
)
def test_nothing_in_the_data_becomes_a_tag_a_link_or_a_header(
    template: str, language: str, step: int, words: str, name: str
) -> None:
    pain = PAINS[0].model_copy(update={"pain": f"{words} about {name}"})
    changes: dict[str, Any] = {"company": f"x{name}", "greeting": f"Hello {words}", "pains": (pain,)}
    mail = RENDERER.render(template, language, spoken_sample(template, language, step, **changes))
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", mail.subject)
    assert len(mail.subject) <= SUBJECT_CHARACTERS
    found = _tags(mail.html)
    assert found.tags <= OUR_TAGS
    assert found.attributes <= OUR_ATTRIBUTES
    assert found.links <= {"https://ledgerlight.example"}
    assert len((mail.subject + mail.text + mail.html).encode()) <= MAIL_BYTES


@given(name=NASTY)
def test_text_and_html_say_the_same_words(name: str) -> None:
    mail = RENDERER.render("close_alternative", "en", sample("close_alternative", company=f"x{name}"))
    visible = unescape(re.sub(r"<[^>]*>", " ", mail.html.split("<body", 1)[1].split(">", 1)[1]))
    plain = mail.text.replace("\n-- \n", "\n").replace("\n- ", "\n")
    assert "".join(visible.split()) == "".join(plain.split())


def test_a_template_tag_in_the_data_is_shown_and_never_evaluated() -> None:
    mail = RENDERER.render("approach_question", "en", sample("approach_question", company="{{7*7}} <b>"))
    assert "{{7*7}} <b>" in mail.subject
    assert "{{7*7}} &lt;b&gt;" in mail.html
    assert "49" not in mail.text


def test_a_missing_property_is_refused_before_any_template_is_touched() -> None:
    values = dict(sample("approach_premium"))
    del values["offer"]
    with pytest.raises(ValidationError, match="offer"):
        ApproachProps(**values)


@pytest.mark.parametrize("blank", ["", "   ", "\n", "\u200b\ufeff"])
def test_a_blank_fact_is_refused_by_name(blank: str) -> None:
    with pytest.raises(RenderError, match=r"approach_premium.*'company' is missing or blank"):
        RENDERER.render("approach_premium", "en", sample("approach_premium", company=blank, pains=()))


def test_a_close_without_its_inducement_is_refused() -> None:
    with pytest.raises(ValidationError, match="inducement"):
        sample("close_inducement", inducement=None)
    with pytest.raises(RenderError, match=r"close_inducement.*'inducement' is missing or blank"):
        RENDERER.render("close_inducement", "en", sample("close_inducement", inducement=" "))


def test_properties_of_another_mail_are_refused() -> None:
    with pytest.raises(RenderError, match="close_scarcity needs ScarcityProps, it was given ApproachProps"):
        RENDERER.render("close_scarcity", "en", sample("approach_premium"))


def test_an_unknown_mail_is_refused_with_the_names_of_the_known_ones() -> None:
    with pytest.raises(RenderError, match=r"'aproach_premium'.*approach_premium"):
        RENDERER.render("aproach_premium", "en", sample("approach_premium"))


def test_a_region_is_answered_in_its_language() -> None:
    mail = RENDERER.render("approach_premium", "en-GB", sample("approach_premium"))
    assert '<html lang="en">' in mail.html


@pytest.mark.parametrize("locale", ["fr", "de-AT", "", "../../etc", "EN_us", "en/../../x", "_layout"])
def test_a_locale_without_templates_is_refused_and_never_answered_in_another(locale: str) -> None:
    with pytest.raises(RenderError, match=r"approach_premium: there is no set of files in .*; there are en, th"):
        RENDERER.render("approach_premium", locale, sample("approach_premium"))


SHORT = {"company", "quote", "valid_until", "until"}
"""The company is set apart; numbers and dates are written by us."""


def test_the_longest_properties_fit_into_one_mail() -> None:
    long = "Wort & mehr " * 40
    for template in TEMPLATES:
        for step in range(1, 8):
            changes: dict[str, Any] = {
                name: long[: SENTENCE_CHARACTERS - 10]
                for name, field in TEMPLATES[template].model_fields.items()
                if field.annotation in (str, str | None) and name not in SHORT
            }
            pain = dict.fromkeys(type(PAINS[0]).model_fields, long[: SENTENCE_CHARACTERS // 2])
            changes |= {
                "company": long,
                "greeting": f"Hello {long}",
                "pains": (PAINS[0].model_copy(update=pain),),
            }
            mail = RENDERER.render(template, "en", sample(template, step, **changes))
            assert len((mail.subject + mail.text + mail.html).encode()) < 9_500


def test_an_endless_company_name_is_shortened_and_marked() -> None:
    mail = RENDERER.render("approach_question", "en", sample("approach_question", company="Amalgamated " * 25))
    name = mail.subject.removeprefix("A question about how ").removesuffix(" works today")
    assert name.endswith("Amalgamated…")
    assert len(name) <= LABEL_CHARACTERS


def test_a_claim_is_never_cut_in_half() -> None:
    with pytest.raises(RenderError, match="answer has 401 characters, 400 fit"):
        RENDERER.render("objection_answer", "en", sample("objection_answer", answer="a" * 401))


def test_a_pain_that_is_too_long_is_left_out_and_the_next_one_is_told() -> None:
    endless = PAINS[0].model_copy(update={"pain": "word " * 200})
    text = RENDERER.render("approach_premium", "en", sample("approach_premium", pains=(endless, PAINS[1]))).text
    assert "word word" not in text
    assert "14 countries" in text


def test_a_mail_that_is_too_large_in_bytes_is_refused_and_not_cut(tmp_path: Path) -> None:
    renderer = _own_templates(tmp_path, "{% for n in range(99) %}{{ offer }} {% endfor %}")
    thai = "ก" * SENTENCE_CHARACTERS
    with pytest.raises(RenderError, match=r"approach_premium has [\d,]+ bytes, 30,000 fit"):
        renderer.render("approach_premium", "en", sample("approach_premium", offer=thai))


def test_a_folder_without_templates_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it needs en/"):
        JinjaMailRenderer(tmp_path)


def _own_templates(folder: Path, body: str, subject: str = "About {{ company }}") -> JinjaMailRenderer:
    """A sales team's own set with one mail."""
    mail = folder / "en" / "approach_premium"
    (folder / "en" / "_base").mkdir(parents=True)
    mail.mkdir()
    (folder / "en" / "_base" / "letter.txt.j2").write_text("{{ words }}", encoding="utf-8")
    (mail / "subject.txt.j2").write_text(subject, encoding="utf-8")
    (mail / "body.txt.j2").write_text(body, encoding="utf-8")
    (mail / "body.html.j2").write_text("<p>{{ paragraphs[0].lines[0] }}</p>", encoding="utf-8")
    return JinjaMailRenderer(folder)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("Hello {{ compny }}", "body.txt.j2 uses compny, which ApproachProps does not have"),
        ("Hello {{ sender.compny }}", "there is no value for 'compny'"),
        ("Hello {% raw %}{{ company }}{% endraw %}", "{{ would be sent as text"),
        ("Hello {{ '{{ company }}' }}", "{{ would be sent as text"),
        ("Hello company }}", "}} would be sent as text"),
        ("Hello {% if company %}", "line 1"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ company.foo }}", "has no attribute 'foo'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{% if not company %}x{% endif %}", "the body came out empty"),
        ("{% include 'en/approach_premium/none.j2' %}", "none.j2"),
    ],
)
def test_a_broken_template_is_refused_and_named(tmp_path: Path, body: str, complaint: str) -> None:
    with pytest.raises(RenderError) as refused:
        _own_templates(tmp_path, body).render("approach_premium", "en", sample("approach_premium"))
    assert "approach_premium" in str(refused.value)
    assert complaint in str(refused.value)


def test_a_subject_over_several_lines_is_folded_into_one(tmp_path: Path) -> None:
    renderer = _own_templates(tmp_path, "Hello", subject="About\r\n {{ company }}\n\tand more " + "word " * 60)
    subject = renderer.render("approach_premium", "en", sample("approach_premium")).subject
    assert subject.startswith("About Kestrel Foods and more word")
    assert subject.endswith("…")
    assert len(subject) <= SUBJECT_CHARACTERS


def test_a_team_may_write_its_own_words_without_touching_code(tmp_path: Path) -> None:
    renderer = _own_templates(tmp_path, "Guten Tag, {{ company }}: {{ offer }}.")
    mail = renderer.render("approach_premium", "en", sample("approach_premium", company="A&B"))
    assert mail.text.startswith("Guten Tag, A&B: a two-page")
    assert mail.html.startswith("<p>Guten Tag, A&amp;B: a two-page")

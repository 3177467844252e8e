"""Two hundred planted facts (false, stale, missing, conflicting): none reaches a mail or a deck as a claim.

Each goes the whole way: said by sources, chosen by the waterfall, prepared, and written by the real templates and
the real slides. `tests/data/planted_facts.csv` says who says what; a case whose deck the lint holds is no claim.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from pptx import Presentation

import templates
from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.adapters.decks.fact_lint import fact_findings
from closeloop.adapters.decks.story import pages_of
from closeloop.adapters.decks.words import words_for
from closeloop.adapters.mails.renderer import JinjaMailRenderer
from closeloop.application.enrichment import enrich
from closeloop.application.ports import AccountQuery
from closeloop.application.provider_port import Answer, Answers
from closeloop.domain import preparation
from closeloop.domain.appointments import Appointment
from closeloop.domain.deck_drafting import deck_content
from closeloop.domain.enrichment_rules import EnrichmentRules, Source
from closeloop.domain.fact_words import spoken
from closeloop.domain.messages import TEMPLATES
from closeloop.domain.presentation_content import DeckContent
from closeloop.domain.prospect import Fact, FactValue, Objection, Prospect
from closeloop.domain.rewording import NewWords, Rewording
from closeloop.domain.stage import Stage
from closeloop.domain.talk_track import talk_track
from closeloop.domain.wording import mail_props
from tests.fakes.services import Company
from tests.unit.domain.people import NOW, prospect

TABLE = Path(__file__).parents[3] / "data" / "planted_facts.csv"
ASKED: tuple[Source, ...] = ("registry", "website", "pdl", "apollo", "hunter")
_ANSWER = re.compile(
    r"(?P<source>\w+)=(?P<value>.*?)@(?P<sure>[\d.]+)(?: as of (?P<as_of>\d+))?(?: from (?P<days>\d+) days ago)?$"
)
CLAIMS = {
    "annual_revenue_usd": ("of revenue",),
    "industry": ("most invoices follow goods",),
    "listed": ("As a listed company",),
}
"""Words that are said only where the fact is."""


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    id: str
    kind: str
    fact: str
    planted: str
    answers: str
    why: str

    def facts(self) -> list[Fact]:
        """What the sources say."""
        found = (_ANSWER.fullmatch(part.strip("\n")) for part in self.answers.split(" | "))
        return [self._fact(one) for one in found if one]

    def _fact(self, said: re.Match[str]) -> Fact:
        return Fact(
            name=self.fact,
            value=_value(self.fact, said["value"]),
            source=f"{said['source']}:planted",
            observed_at=NOW - timedelta(days=int(said["days"] or 0)),
            confidence=float(said["sure"]),
            as_of=said["as_of"],
        )

    def words(self) -> list[str]:
        """How the planted value would be said."""
        if self.fact == "listed" or not self.planted:
            return []
        value = _value(self.fact, self.planted)
        fact = Fact(name=self.fact, value=value, source="x", observed_at=NOW)
        return [spoken(fact), str(value)] if str(value) != "0" else []


def _value(name: str, text: str) -> FactValue:
    if name == "listed" and text in {"true", "false"}:
        return text == "true"
    number = re.fullmatch(r"-?\d+", text)
    if number and name == "annual_revenue_usd":
        return Decimal(text)
    return int(text) if number else text.encode().decode("unicode_escape") if "\\u" in text else text


@cache
def cases() -> tuple[Case, ...]:
    with TABLE.open(encoding="utf-8", newline="") as rows:
        return tuple(Case(**row) for row in csv.DictReader(rows))


@dataclass(frozen=True)
class Planted:
    """A source that says what the case has it say."""

    name: Source
    says: tuple[Fact, ...]
    fields: frozenset[str]
    price: Decimal = Decimal(0)

    def ask(self, queries: Sequence[AccountQuery], now: datetime) -> Answers:
        return Answers(found={query.key: Answer(facts=self.says) for query in queries})


def enriched(facts: Sequence[Fact], name: str) -> Prospect:
    """Somebody of whom the sources say this and nothing else, ready to be written to."""
    told = {fact.name: fact for fact in facts if fact.source.startswith(("crm", "import"))}
    person = prospect().model_copy(update={"facts": told, "language": "en", "approach": "question"})
    company = Company()
    asked = tuple(
        Planted(
            source, tuple(fact for fact in facts if fact.source.startswith(source)), frozenset({name, "products"})
        )
        for source in ASKED
    )
    rules = EnrichmentRules(stop_at=1.0)
    playbook = company.services.playbook.model_copy(update={"enrichment": rules})
    company.with_services(playbook=playbook, providers=asked, enrichers=())
    known = enrich(company.services, [person], NOW)[person.key]
    person = person.model_copy(update={"facts": known})
    pains = preparation.decide(person, playbook, NOW).pains
    objection = Objection(label="objection_price", raised_in=Stage.APPROACH, raised_at=NOW)
    meets = Appointment(on=NOW.date(), starts_at=NOW)
    return person.model_copy(update={"pains": pains, "objection": objection, "appointment": meets})


@cache
def renderer() -> JinjaMailRenderer:
    return JinjaMailRenderer(Path(templates.__file__).parent / "email")


def mails(person: Prospect) -> str:
    """Every word of every mail that a prospect may get."""
    playbook = Company().services.playbook
    said = []
    for template in sorted(TEMPLATES.keys() - {"close_inducement", "close_scarcity"}):
        payload = {
            "template": template,
            "step": 1,
            "approach": "question",
            "label": "objection_price",
            "term_ends": NOW.date().isoformat(),
        }
        mail = renderer().render(template, "en", mail_props(payload, person, playbook, NOW, language="en"))
        said += [mail.subject, mail.text, unescape(mail.html)]
    return "\n".join(said)


def slides(content: DeckContent) -> str:
    """Every word that a customer sees; nothing for a deck that the lint holds. Notes are for the speaker."""
    pages = tuple(pages_of(content, words_for(content.language)))
    if fact_findings(content, pages):
        return ""
    said = [text for page in pages for texts in page.texts.values() for text in texts]
    return "\n".join([*map(str, said), *(str(page.block) for page in pages if page.block)])


def deck(person: Prospect) -> DeckContent:
    return deck_content(person, Company().services.playbook, NOW.date())


def claims(case: Case, text: str) -> Iterator[str]:
    """What of the planted fact is said."""
    yield from (word for word in case.words() if re.search(rf"(?<![\d,.]){re.escape(word)}(?![\d,.]\d|\d)", text))
    yield from (words for words in CLAIMS.get(case.fact, ()) if words in text)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_planted_fact_reaches_no_mail_and_no_deck(case: Case) -> None:
    person = enriched(case.facts(), case.fact)
    content = deck(person)
    assert list(claims(case, mails(person))) == []
    assert list(claims(case, slides(content))) == []
    assert list(claims(case, talk_track(person, Company().services.playbook, NOW.date()))) == []
    believed = person.facts.get("employees")
    if believed is not None and str(believed.value) == case.planted:
        assert content.value == () or fact_findings(content, tuple(pages_of(content, words_for("en"))))
    assert not re.search(r"\bNone\b|\bnan\b|\{\{|(?:Hi|Hello|Dear) ,", mails(person))


def parroted(case: Case, person: Prospect) -> Prospect:
    """The same person, of whom a language model says the planted fact with every pain."""
    told = " ".join((*case.words(), *CLAIMS.get(case.fact, ())))
    playbook = Company().services.playbook
    every = (
        NewWords(
            id=pain.id,
            pain=f"{pain.says.format(company=person.company, value=case.planted)} {told}.",
            so_what=f"{benefit.so_what} {told}",
        )
        for pain in playbook.product.pains
        for benefit in playbook.product.benefits
        if pain.id in benefit.answers
    )
    words = Rewording(language="en", model="a parrot", mark="x", points=tuple(every))
    return person.model_copy(update={"rewording": words, "pains": tuple(p.id for p in playbook.product.pains)})


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_nor_when_a_language_model_says_it_with_every_pain(case: Case) -> None:
    person = parroted(case, enriched(case.facts(), case.fact))
    assert list(claims(case, slides(deck(person)))) == []
    props = preparation.pain_props(person, Company().services.playbook, on=NOW.date())
    assert list(claims(case, " ".join(str(point) for point in props))) == []


@pytest.mark.parametrize("number", range(0, 200, 20))
def test_nor_the_file_that_is_handed_over(number: int, tmp_path: Path) -> None:
    case = cases()[number]
    file = tmp_path / "deck.pptx"
    findings = PptxDeckBuilder().build(deck(enriched(case.facts(), case.fact)), file)
    assert file.exists() == (not findings)
    shown = [] if findings else [shape for slide in Presentation(str(file)).slides for shape in slide.shapes]
    text = "\n".join(shape.text_frame.text for shape in shown if shape.has_text_frame)
    assert list(claims(case, text)) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("employees", 7_423), ("annual_revenue_usd", Decimal(2_700_000_000)), ("industry", "Retail")],
)
def test_the_same_eyes_see_a_fact_that_may_be_said(name: str, value: FactValue) -> None:
    """The test above can fail: said by a sure source, the value is in the mails and on the slides."""
    fact = Fact(name=name, value=value, source="registry:planted", observed_at=NOW, confidence=0.95, as_of="2025")
    case = Case("good", "good", name, str(value), "", "")
    person = enriched([fact], name)
    assert list(claims(case, mails(person))) != []
    assert list(claims(case, slides(deck(person)))) != []


def test_there_are_two_hundred_cases_fifty_of_each_kind() -> None:
    kinds = [case.kind for case in cases()]
    assert {kind: kinds.count(kind) for kind in kinds} == dict.fromkeys(
        ("false", "stale", "missing", "conflicting"), 50
    )

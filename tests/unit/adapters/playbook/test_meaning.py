"""A playbook that names what is not there is refused with its place, before any prospect meets it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from closeloop.adapters.enrichment.email_domain import email_facts
from closeloop.adapters.enrichment.registry import RegistryEnricher
from closeloop.adapters.playbook.meaning import warnings, wrong_places
from closeloop.adapters.playbook.yaml_file import read_playbook
from closeloop.application.ports import AccountQuery
from closeloop.data import COMPANIES, read_companies
from closeloop.domain.errors import UsageError
from closeloop.domain.known_facts import KNOWN_FACTS
from closeloop.domain.lead_facts import CRM_FACTS, title_facts
from closeloop.domain.playbook import Playbook
from closeloop.domain.web_domains import domains_in
from tests.unit.domain.people import NOW, playbook
from tests.unit.domain.test_playbook import SHIPPED, changed

WRONG: dict[str, tuple[str, Any, str]] = {
    "template": ("sequences.approach_question.0.template", "approach_kwestion", "did you mean approach_question?"),
    "cadence": ("follow_up.nurture.template", "nurture_mail", "there is no mail 'nurture_mail'"),
    "misplaced": ("sequences.presentation.1.template", "approach_bump", "needs the offer of an approach"),
    "by rule": ("sequences.presentation.1.template", "close_scarcity", "is chosen by the rules"),
    "fact": ("qualification.icp.criteria.0.fact", "headcount", "nobody knows a fact 'headcount'"),
    "pain fact": ("product.pains.0.evidence.fact", "employes", "did you mean employees?"),
    "range of words": ("product.pains.0.evidence.fact", "industry", "industry is no number; use any_of"),
    "placeholder": ("product.pains.0.says", "With {valu} people", "nothing fills in {valu}"),
    "lone brace": ("product.pains.0.says", "With {value people", "a brace stands alone"),
    "placeholder elsewhere": ("closing.alternatives", ["start at {company}", "later"], "closing.alternatives.0"),
    "locale": ("locale", "de", "the text in 'de', the playbook's own language, is missing"),
    "unanswered pain": ("product.benefits.2.answers", [], "no benefit answers 'audit'"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_leads_nowhere_is_named_with_its_place(tmp_path: Path, kind: str) -> None:
    place, value, words = WRONG[kind]
    with pytest.raises(UsageError) as refused:
        read_playbook(changed(tmp_path, {place: value}))
    assert words in str(refused.value)
    assert "is not a valid playbook:\n  " in str(refused.value)


def test_the_shipped_playbook_names_only_what_is_there() -> None:
    assert wrong_places(playbook()) == []


def test_all_places_are_told_at_once(tmp_path: Path) -> None:
    both = {WRONG[kind][0]: WRONG[kind][1] for kind in ("template", "fact", "placeholder")}
    with pytest.raises(UsageError) as refused:
        read_playbook(changed(tmp_path, both))
    assert len(str(refused.value).splitlines()) == 1 + len(both)


def test_a_key_that_stands_twice_is_refused_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = SHIPPED.read_text(encoding="utf-8")
    path.write_text(f"{text}\nlocale: en\n", encoding="utf-8")
    last = len(text.splitlines()) + 2
    with pytest.raises(UsageError) as refused:
        read_playbook(path)
    assert f"{path} is not valid YAML: line {last}, column 1: 'locale' stands twice, first on line" in str(
        refused.value
    )


def test_two_equal_keys_on_one_line_are_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("a: {weight: 1, weight: 2}\n")
    with pytest.raises(UsageError, match="'weight' stands twice"):
        read_playbook(path)


def test_broken_yaml_is_named_by_its_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("version: 1\nlocale: [en\n")
    with pytest.raises(UsageError) as refused:
        read_playbook(path)
    assert str(refused.value).startswith(f"{path} is not valid YAML: line ")
    assert "<unicode string>" not in str(refused.value)


def test_a_misspelt_key_is_told_what_was_probably_meant(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(SHIPPED.read_text(encoding="utf-8").replace("qualify_at:", "qualifyat:"), encoding="utf-8")
    with pytest.raises(
        UsageError, match=r"qualification.qualifyat: there is no such key; did you mean qualify_at\?"
    ):
        read_playbook(path)


def with_scarcity_until(day: date) -> Playbook:
    found = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    found["closing"]["scarcity"] |= {"ends_on": day, "seats_left": 2}
    return Playbook.model_validate(found)


def test_a_scarcity_that_is_over_is_a_warning_and_one_that_ends_today_is_none() -> None:
    today = NOW.date()
    (told,) = warnings(with_scarcity_until(today - timedelta(days=1)), today)
    assert "closing.scarcity ended on" in told
    assert warnings(with_scarcity_until(today), today) == []


def test_every_fact_that_a_source_can_give_is_known() -> None:
    rates = playbook().exchange_rates
    companies = [(c["name"], domains_in(c["website"])) for c in read_companies(COMPANIES)[:200]]
    asked = [
        AccountQuery(key=name, company=name, domain=next(iter(domains))) for name, domains in companies if domains
    ]
    given = [fact for facts in RegistryEnricher(COMPANIES, rates).lookup(asked, NOW).values() for fact in facts]
    given += [*email_facts("anna@volvo.example", NOW), *title_facts("Director Finance", NOW)]
    names = {fact.name for fact in given} | set(CRM_FACTS.values())
    assert len(names) > 10
    assert names <= KNOWN_FACTS


def test_a_language_without_mail_templates_is_no_locale() -> None:
    plain = playbook().edition("th").model_copy(update={"locale": "de"})
    assert [place for place in wrong_places(plain) if place.startswith("locale")] == [
        "locale: there are no mail templates in 'de', only in en, th"
    ]


def test_a_language_that_lacks_texts_is_left_out_and_the_places_are_named() -> None:
    found = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    for benefit in found["product"]["benefits"]:
        benefit["so_what"] = "only in English"
    (told,) = (words for words in warnings(Playbook.model_validate(found), NOW.date()) if "th" in words.split()[:3])
    assert told == (
        "texts in th are missing, so nobody is written to in Thai: product.benefits.0.so_what, "
        "product.benefits.1.so_what, product.benefits.2.so_what and 1 more"
    )


def test_a_language_that_the_product_does_not_speak_is_named() -> None:
    found = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    found["product"]["one_line"]["sv"] = "matchar fakturor"
    told = warnings(Playbook.model_validate(found), NOW.date())
    assert "texts in sv: nobody is written to in sv, since the product speaks only en, th" in told

"""The language of a mail: whose word counts, what falls back and why, and how a language says what code says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from closeloop.domain.correspondence import after_reply, language_of
from closeloop.domain.languages import choose, language_code, tongue_of
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.signals import Label, Signal, SignalKind, Understanding
from tests.unit.domain.people import GOOD_FACTS, NOW, fact, playbook, prospect

BOTH = frozenset({"en", "th"})
THAI = tongue_of("th")


def _person(country: str | None = None, **facts: Any) -> Prospect:
    known = {name: value for name, value in GOOD_FACTS.items() if name != "country"}
    return prospect(known | facts, country=country)


@pytest.mark.parametrize(
    ("person", "language", "because"),
    [
        (_person("TH"), "th", "Thai is usual in TH"),
        (_person("Thailand"), "th", "Thai is usual in TH"),
        (_person("GB"), "en", "English is usual in GB"),
        (_person("SE"), "en", "nothing says otherwise than English"),
        (_person(), "en", "nothing says otherwise than English"),
        (_person("TH", language="en"), "en", "English by "),
        (_person("GB", language="Thai"), "th", "Thai by "),
        (_person("GB", language="ไทย"), "th", "Thai by "),
        (_person("GB", language="th_TH"), "th", "Thai by "),
        (_person("GB", language="{{ x }}"), "en", "English is usual in GB"),
        (_person().model_copy(update={"domain": "siam.co.th"}), "th", "Thai is usual in TH"),
    ],
)
def test_the_person_s_own_word_counts_before_the_country(person: Prospect, language: str, because: str) -> None:
    choice = choose(person, playbook(), BOTH)
    assert choice.language == language
    assert choice.because.startswith(because)
    assert not choice.falls_back


@pytest.mark.parametrize(
    ("person", "templates", "reason"),
    [
        (_person("DE"), BOTH, "German is usual in DE, but we do not write in that language, so the playbook's own"),
        (
            _person("TH"),
            frozenset({"en"}),
            "Thai is usual in TH, but this mail has no template in it, so the playbook's own",
        ),
    ],
)
def test_what_is_not_there_falls_back_to_the_playbook_s_language_and_says_why(
    person: Prospect, templates: frozenset[str], reason: str
) -> None:
    choice = choose(person, playbook(), templates)
    assert (choice.language, choice.falls_back) == ("en", True)
    assert choice.because.startswith(reason)


def test_a_language_with_one_text_missing_is_not_written_in_at_all() -> None:
    held = playbook().model_dump(mode="json")
    held["objections"]["answers"][0]["ask"] = "Only in English?"
    choice = choose(_person("TH"), Playbook.model_validate(held), BOTH)
    assert choice.language == "en"
    assert "the playbook lacks texts in it" in choice.because


@pytest.mark.parametrize(
    ("words", "code"),
    [("th", "th"), ("TH", "th"), ("Thai ", "th"), ("pt-BR", "pt"), ("zh-Hant-TW", "zh"), ("ok computer", None)],
)
def test_a_language_is_known_by_its_code_or_its_name(words: str, code: str | None) -> None:
    assert language_code(words) == code


def test_thai_dates_are_of_the_buddhist_era() -> None:
    assert THAI.full_date(date(2026, 4, 30)) == "30 เมษายน 2569"
    assert THAI.day(date(2026, 1, 9)) == "วันศุกร์ที่ 9 มกราคม"


def test_thai_money_comes_before_its_name() -> None:
    assert THAI.money(Decimal(12500), "EUR") == "12,500 ยูโร"
    assert THAI.money(Decimal("0.5"), "THB") == "0.50 บาท"
    assert THAI.money(Decimal(1), "XAU") == "1 XAU"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("annual_revenue_usd", Decimal(3_000_000_000), "3 พันล้านดอลลาร์สหรัฐ"),
        ("annual_revenue_usd", 450_500_000, "450.5 ล้านดอลลาร์สหรัฐ"),
        ("annual_revenue_usd", 999, "999 ดอลลาร์สหรัฐ"),
        ("industry", "Retail", "ค้าปลีก"),
        ("industry", "Aquaponics", "Aquaponics"),
        ("employees", 12_000, "12,000"),
    ],
)
def test_a_fact_is_said_in_thai(name: str, value: Any, said: str) -> None:
    assert THAI.fact(fact(name, value)) == said


@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        ("2024", "Wikipedia หัวข้อ “Acme” ข้อมูลปี 2567"),
        ("2025-06-01", "Wikipedia หัวข้อ “Acme” ข้อมูล ณ วันที่ 1 มิถุนายน 2568"),
        ("FY24", "Wikipedia หัวข้อ “Acme” ข้อมูล ณ FY24"),
        (None, "Wikipedia หัวข้อ “Acme”"),
    ],
)
def test_a_source_is_named_with_its_year_of_the_buddhist_era(as_of: str | None, said: str) -> None:
    page = "registry:https://en.wikipedia.org/wiki/Acme"
    known = Fact(name="employees", value=1, source=page, observed_at=NOW, as_of=as_of)
    assert THAI.source(known) == said


def test_a_blank_stands_where_thai_meets_latin_letters_and_nowhere_else() -> None:
    says = "ในธุรกิจ{value} ของ {company}"
    assert THAI.filled(says, "Acme", "Retail") == "ในธุรกิจ Retail ของ Acme"
    assert THAI.filled(says, "สยาม", "ค้าปลีก") == "ในธุรกิจค้าปลีก ของ สยาม"
    assert THAI.filled("พนักงาน{value}คน", "", "500") == "พนักงาน 500 คน"


@pytest.mark.parametrize("language", ["en", "th"])
def test_what_is_filled_in_is_not_filled_in_again(language: str) -> None:
    said = tongue_of(language).filled("{company}: {value}", "{value}", "{company}")
    assert said == "{value}: {company}"


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("ขอบคุณครับ สนใจครับ ขอนัดคุยสัปดาห์หน้า", "th"),
        ("Thank you, please send it to our finance team.", "en"),
        ("ok", None),
        ("Gracias, envíenme la información por favor", None),
        ("Anna Smith, Volvo", None),
        ("", None),
    ],
)
def test_the_language_of_a_reply_is_told_only_when_it_is_sure(words: str, language: str | None) -> None:
    assert language_of(words) == language


def _reply(person: Prospect, words: str) -> dict[str, Any]:
    signal = Signal(id="r1", source="inbound", kind=SignalKind.REPLY, occurred_at=NOW, prospect_key=person.key)
    found = Understanding(labels=(Label.QUESTION,), primary=Label.QUESTION, confidence=1, said=words)
    return after_reply(person, signal, found, playbook())


def test_a_thai_who_answers_in_english_is_written_to_in_english_from_then_on() -> None:
    person = _person("TH")
    changed = person.model_copy(update=_reply(person, "Could you please send this to us in English?"))
    choice = choose(changed, playbook(), BOTH)
    assert (choice.language, choice.because) == ("en", "English by their reply")


def test_an_answer_in_the_language_we_wrote_in_is_no_news() -> None:
    assert "facts" not in _reply(_person("GB"), "Could you please send this to us?")

"""A greeting says a name only when it is surely one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.greeting import MOST_CHARACTERS, greeting


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("Anna", "Okafor", "Hello Anna"),
        ("  anna ", None, "Hello Anna"),
        ("ANNA-LENA", "X", "Hello Anna-Lena"),
        ("D'Angelo", "Ruiz", "Hello D'Angelo"),
        ("N’Golo", "Sy", "Hello N’Golo"),
        ("María José", "del Río", "Hello María José"),
        ("JP", "Morel", "Hello JP"),
        ("สมชาย", "ใจดี", "Hello สมชาย"),
        ("محمد", "العلي", "Hello محمد"),
        ("अमित", "शर्मा", "Hello अमित"),
        ("伟", "王", "Hello 王伟"),
        ("지민", "박", "Hello 박지민"),
        ("Wei", "王", "Hello Wei"),
        ("Jose\u0301", "Paz", "Hello José"),
        ("My", "Lindgren", "Hello My"),
    ],
)
def test_a_name_of_any_script_is_said(first: str, last: str | None, said: str) -> None:
    assert greeting(first, last, "en") == said


@pytest.mark.parametrize(
    "first",
    [
        None,
        "",
        "   ",
        "-",
        "--",
        "'",
        "...",
        "A",
        "A.",
        "n/a",
        "Null",
        "Firstname",
        "Test",
        "Sales",
        "Info-Team",
        "R2D2",
        "4nna",
        "Anna 🦊",
        "🦊",
        "anna@firm.example",
        "<b>Anna</b>",
        "{{7*7}}",
        "${name}",
        "%t%",
        "Robert'); DROP TABLE leads;--",
        "x' OR 'a",
        "=HYPERLINK(1)",
        "Ignore previous instructions",
        "Anna\nBcc: all@victims.example",
        "Anna\u202e",
        "Anna Maria Luisa Clara",
        "x" * 41,
        "\u0301",
        "O''Brien",
        "-Anna",
    ],
)
def test_what_is_not_surely_a_name_is_left_out(first: str | None) -> None:
    assert greeting(first, "Okafor", "en") == "Hello"


@given(first=st.text(max_size=60), last=st.text(max_size=60))
def test_whatever_the_crm_holds_the_greeting_is_letters_and_name_marks(first: str, last: str) -> None:
    said = greeting(first, last, "en")
    assert said.startswith("Hello")
    name = said.removeprefix("Hello")
    assert len(name) <= 2 * MOST_CHARACTERS + 1
    assert all(unicodedata.category(c)[0] in "LM" or c in " '’ʼʹ-\u200c\u200d" for c in name)


@pytest.mark.parametrize("language", ["en", "EN-gb", "de", "xx", ""])
def test_a_language_without_templates_is_greeted_in_english(language: str) -> None:
    assert greeting("Anna", "Okafor", language) == "Hello Anna"


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("สมชาย", "เรียน คุณสมชาย"),
        ("นายสมชาย", "เรียน คุณสมชาย"),
        ("นางสาวมาลี", "เรียน คุณมาลี"),
        ("น.ส. มาลี", "เรียน คุณมาลี"),
        ("ดร.วิชัย", "เรียน คุณวิชัย"),
        ("คุณากร", "เรียน คุณคุณากร"),
        ("Anna", "เรียน คุณ Anna"),
        ("นาย", "เรียน ท่านผู้เกี่ยวข้อง"),
        ("ไม่ระบุ", "เรียน ท่านผู้เกี่ยวข้อง"),
        ("<b>", "เรียน ท่านผู้เกี่ยวข้อง"),
        (None, "เรียน ท่านผู้เกี่ยวข้อง"),
    ],
)
def test_a_thai_letter_says_khun_and_guesses_nobodys_sex(first: str | None, said: str) -> None:
    assert greeting(first, "ใจดี", "th") == said

"""What a proposed wording may say: nothing but what stands in the evidence, and the same as the playbook."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.wording_check import checked

PAIN = "With 12,700 people, Volvo handles more supplier invoices than anybody can check by hand."
PAIN_EVIDENCE = ("Volvo", "12,700 employees")
BENEFIT = "seven of ten invoices need nobody, so the team looks only at those that differ"
BENEFIT_EVIDENCE = (
    "Volvo",
    "Three-way matching that learns from corrections",
    "71% of invoices passed untouched after eight weeks (Tallyard customer survey 2025)",
)
THAI = "ด้วยพนักงาน12,700คน Volvo มีใบแจ้งหนี้จากผู้ขายมากเกินกว่าจะตรวจด้วยมือได้ครบ"


@pytest.mark.parametrize(
    "words",
    [
        "Volvo's 12,700 people handle more supplier invoices than anybody can check by hand.",
        "At 12,700 employees, Volvo is handling more supplier invoices than anybody checks by hand.",
    ],
)
def test_words_that_only_rearrange_the_evidence_are_kept(words: str) -> None:
    assert checked(words, PAIN, PAIN_EVIDENCE, "en").text == words


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("With 12,800 people, Volvo handles more supplier invoices than anybody can check.", "12,800"),
        ("With 12.700 people, Volvo handles more supplier invoices than anybody can check.", "12.700"),
        ("With 12,700 people, Scania handles more supplier invoices than anybody can check.", "Scania"),
        ("With 12,700 people, Volvo handles 12,700 supplier invoices by hand.", "of something else"),
        ("With 12,700 people, Volvo handles all supplier invoices by hand.", "'all'"),
        ("Volvo's 12,700 people will check more supplier invoices by hand.", "'will'"),
        ("Volvo's 12,700 people can never check supplier invoices by hand.", "'never'"),
        ("Volvo's 12,700 people can't handle more supplier invoices by hand.", "can't"),
        ("Volvo handles more supplier invoices than anybody can check by hand.", "leave out '12,700'"),
        ("Volvo has 12,700 people.", "something else than the playbook"),
        (
            "Anybody can check more supplier invoices by hand than Volvo's 12,700 people.",
            "before and behind 'than'",
        ),
        (
            "With 12,700 people, suppliers handle more Volvo invoices than anybody can check by hand.",
            "another order",
        ),
        (f"{PAIN[:-1]}, and <b>more</b>.", "no prose"),
        (f"{PAIN[:-1]} (see https://more.example).", "no prose"),
        (f"{PAIN} {PAIN}", "characters where"),
    ],
)
def test_words_that_say_more_other_or_less_are_dropped(words: str, why: str) -> None:
    found = checked(words, PAIN, PAIN_EVIDENCE, "en")
    assert found.text == ""
    assert why in found.dropped[-1]


def test_only_the_sentence_that_says_too_much_is_dropped() -> None:
    found = checked(f"{PAIN.replace('With', 'At')} It loses millions.", PAIN, PAIN_EVIDENCE, "en")
    assert found.text == PAIN.replace("With", "At")
    assert found.dropped == ("a sentence says 'loses', which stands in no evidence behind it",)


def test_a_benefit_stays_the_half_sentence_that_templates_go_on_with() -> None:
    said = checked(
        "Seven of ten invoices need nobody: your team looks only at those that differ.",
        BENEFIT,
        BENEFIT_EVIDENCE,
        "en",
    )
    assert said.text == "seven of ten invoices need nobody: your team looks only at those that differ"


@pytest.mark.parametrize(
    "words",
    [
        "ten of seven invoices need nobody, so the team looks only at those that differ",
        "nobody needs invoices, so the team looks only at seven of ten that differ",
        "seven of ten invoices need the team, which looks only at those that differ",
        "71% of the team looks only at seven of ten invoices that differ and need nobody",
    ],
)
def test_numbers_and_negations_stay_beside_what_they_speak_of(words: str) -> None:
    assert checked(words, BENEFIT, BENEFIT_EVIDENCE, "en").text == ""


def test_thai_words_are_checked_piece_by_piece() -> None:
    good = "Volvo มีพนักงาน 12,700 คน และมีใบแจ้งหนี้จากผู้ขายมากเกินกว่าจะตรวจด้วยมือได้ครบ"
    assert checked(good, THAI, PAIN_EVIDENCE, "th").text == good


@pytest.mark.parametrize(
    "words",
    [
        "Volvo มีใบแจ้งหนี้จากผู้ขาย12,700ใบ มากเกินกว่าจะตรวจด้วยมือได้ครบ",
        "ด้วยพนักงาน12,800คน Volvo มีใบแจ้งหนี้จากผู้ขายมากเกินกว่าจะตรวจด้วยมือได้ครบ",
        "ด้วยพนักงาน12,700คน Volvo มีใบแจ้งหนี้จากผู้ขายไม่มากเกินกว่าจะตรวจด้วยมือได้ครบ",
        "ด้วยพนักงาน12,700คน Scania มีใบแจ้งหนี้จากผู้ขายมากเกินกว่าจะตรวจด้วยมือได้ครบ",
        "ด้วยพนักงาน12,700คน Volvo ขาดทุนจากใบแจ้งหนี้จากผู้ขาย",
        "ใบแจ้งหนี้จากผู้ขายมากเกินกว่าจะตรวจด้วยมือได้ครบ มี Volvo ด้วยพนักงาน12,700คน",
    ],
)
def test_thai_words_that_say_more_or_other_are_dropped(words: str) -> None:
    assert checked(words, THAI, PAIN_EVIDENCE, "th").text == ""


def test_in_a_language_that_cannot_be_checked_nothing_is_said_anew() -> None:
    assert checked("Volvo hat 12,700 people.", PAIN, PAIN_EVIDENCE, "de").text == ""


@given(st.integers(0, 10**7), st.text("abcdefghij ", max_size=30))
def test_no_number_that_nobody_knows_gets_through(number: int, words: str) -> None:
    if number in {12_700, 12, 700}:
        return
    text = (
        f"Volvo handles more supplier invoices than {number:,} people {words}can check by hand, not 12,700 people."
    )
    assert checked(text, PAIN, PAIN_EVIDENCE, "en").text == ""


@given(st.text(max_size=200))
def test_whatever_is_proposed_what_is_kept_has_no_markup_and_is_not_much_longer(words: str) -> None:
    kept = checked(words, PAIN, PAIN_EVIDENCE, "en").text
    assert len(kept) <= 1.25 * len(PAIN)
    assert not set("<>{}\n") & set(kept)


def test_who_has_to_do_what_for_whom_is_not_turned_round() -> None:
    own = "As a listed company, Volvo has to show its auditors who approved which invoice, and why."
    turned = "As a listed company, auditors have to show Volvo who approved which invoice, and why."
    assert checked(turned, own, ("Volvo",), "en").text == ""
    link = "the auditor's question is answered with one link instead of a week of searching"
    assert (
        checked(
            "the auditor's question is answered with a week of searching instead of one link", link, (), "en"
        ).text
        == ""
    )
    assert checked(
        "the auditor's question is answered by one link instead of a week of search", link, (), "en"
    ).text

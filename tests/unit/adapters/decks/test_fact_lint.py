"""A claim without a fact that carries it holds the deck, each reason alone and with its slide."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from closeloop.domain.presentation_content import DeckContent
from tests.unit.adapters.decks.building import problems
from tests.unit.adapters.decks.sample import (
    EVIDENCE,
    GOALS,
    GROUNDS,
    PAINS,
    content,
    with_evidence,
    with_ground,
    with_pain,
)

OLD = "is of 31 December 2012, too old to be said"
RIVAL = "is contradicted: our records say 4,200, Wikipedia says 31,000"


@pytest.mark.parametrize("problem", [OLD, RIVAL])
def test_a_stale_or_contradicted_fact_holds_the_deck_wherever_it_is_said(problem: str, tmp_path: Path) -> None:
    worn = GOALS[0].model_copy(update={"problem": problem})
    size = EVIDENCE[0].model_copy(update={"problem": problem})
    decks = {
        3: content(goals=(worn, GOALS[1])),
        4: with_evidence(problem=problem),
        5: with_ground(problem=problem),
        8: content(value_facts=(size,)),
    }
    for slide, deck in decks.items():
        ((number, said),) = problems(deck, tmp_path)
        assert (number, problem in said) == (slide, True)
        assert "correct the record, or leave the claim out" in said


@pytest.mark.parametrize(
    ("deck", "slide", "said"),
    [
        (content(grounds=GROUNDS[:2]), 7, "pain 3 points to no fact"),
        (content(value_facts=()), 8, "the value chart rests on no fact"),
        (content(value_facts=(EVIDENCE[0].model_copy(update={"as_of": None}),)), 8, "has no source or date"),
        (with_pain(proof="Everybody is happy"), 5, "the proof of pain 1 names no source"),
        (with_evidence(as_of=None), 4, "“Employees” has no date"),
        (with_ground(as_of=None), 11, "“pain 1” has no date"),
        (with_pain(pain="With 15 entities, finance waits"), 5, "pain 1 says '15', which stands in no fact"),
        (with_pain(so_what="Saves 40 % of the work"), 5, "the so-what of pain 1 says '40'"),
        (with_pain(feature="Matches 99 of them"), 5, "the feature of pain 1 says '99'"),
    ],
)  # fmt: skip
def test_a_claim_or_number_without_a_fact_holds_the_deck(
    deck: DeckContent, slide: int, said: str, tmp_path: Path
) -> None:
    found = problems(deck, tmp_path)
    assert any(number == slide and said in problem for number, problem in found), found


def test_a_number_of_the_fact_or_the_proof_may_be_said_however_it_is_grouped(tmp_path: Path) -> None:
    assert problems(with_ground(value="4,200 people in 12 entities and 5 countries"), tmp_path) == []
    spaced = PAINS[0].model_copy(
        update={"pain": "With 4 200 people nobody knows", "so_what": "A third of 14 is done"}
    )
    grounds = (GROUNDS[0].model_copy(update={"value": "4,200"}), *GROUNDS[1:])
    assert problems(content(pains=(spaced, *PAINS[1:]), grounds=grounds), tmp_path) == []


def test_a_number_of_the_companys_own_name_is_no_claim(tmp_path: Path) -> None:
    named = PAINS[0].model_copy(update={"pain": "At Studio 54 the figures come late"})
    assert problems(content(company="Studio 54", pains=(named,)), tmp_path) == []


def test_a_fact_without_a_period_is_as_old_as_its_reading(tmp_path: Path) -> None:
    assert problems(with_evidence(as_of=None, seen=date(2026, 11, 1)), tmp_path) == []

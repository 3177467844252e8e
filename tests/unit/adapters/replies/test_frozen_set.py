"""How well unseen wordings are understood, measured on the frozen test set. These floors only ever rise."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from closeloop.adapters.replies.wording_model import wording_model
from closeloop.domain.signals import Label
from tests.replies.card import CARD, card
from tests.replies.measures import Measured
from tests.replies.sets import FROZEN, TRAINED_ON, path_of, read
from tests.replies.train import digest_of

FROZEN_HASH = "f9e277ff843bbce24cb3f3dbf1575c52b5021a521d4576bc30c83a1ab038523b"
MACRO_F1 = 0.95
OF_EVERY_LABEL = 0.85
CALIBRATION_ERROR = 0.03


@pytest.fixture(scope="module")
def measured() -> Measured:
    return Measured(read(FROZEN))


def test_the_frozen_set_is_the_one_it_was() -> None:
    assert hashlib.sha256(path_of(FROZEN).read_bytes()).hexdigest() == FROZEN_HASH


def test_there_are_more_than_four_hundred_replies_in_four_languages_with_every_label() -> None:
    sets = [read(name) for name in ("train", "known", "validation", FROZEN)]
    assert sum(map(len, sets)) >= 400
    for found in sets:
        assert {reply.language for reply in found} >= {"en", "de", "es", "th"}
    assert min(Counter(reply.primary for reply in read(FROZEN))[label] for label in Label) >= 6


STOCK_PHRASES = {"stop", "gracias, pero no nos interesa.", "woher haben sie meine adresse?", ""}
"""Said so by everybody, and so by chance also in the older set."""


def test_no_reply_of_the_frozen_set_was_trained_on() -> None:
    def folded(name: str) -> set[str]:
        return {" ".join(reply.body.lower().split()) for reply in read(name)}

    taught = set().union(*map(folded, (*TRAINED_ON, "validation", "letters")))
    assert folded(FROZEN) & taught <= STOCK_PHRASES


def test_the_weights_were_learned_from_the_replies_that_are_there() -> None:
    assert wording_model().trained_on == digest_of(TRAINED_ON), "run `python -m tests.replies.train`, then `.card`"


def test_the_model_card_says_what_the_code_does() -> None:
    assert CARD.read_text(encoding="utf-8") == card(), "run `python -m tests.replies.card`"


def test_on_average_over_the_labels_the_primary_one_is_found(measured: Measured) -> None:
    assert measured.macro_f1 >= MACRO_F1


def test_no_label_is_given_up_for_the_average(measured: Measured) -> None:
    assert {one.label: one.f1 for one in measured.scores if one.f1 < OF_EVERY_LABEL} == {}


@pytest.mark.parametrize("label", [Label.UNSUBSCRIBE, Label.LEGAL])
def test_no_opt_out_and_no_legal_demand_is_missed(measured: Measured, label: Label) -> None:
    assert measured.missed(label) == []


def test_nobody_who_must_be_left_alone_is_written_to_again(measured: Measured) -> None:
    assert measured.written_to_again == []


def test_hardly_anybody_is_left_alone_who_did_not_ask_for_it(measured: Measured) -> None:
    assert len(measured.left_alone_for_nothing) <= len(measured.rows) // 50


def test_the_day_after_an_absence_is_the_one_that_was_said(measured: Measured) -> None:
    absent = [r for r, _ in measured.rows if r.primary is Label.OUT_OF_OFFICE and r.resume_on]
    assert len(measured.wrong_absences) <= 0.05 * len(absent)
    assert measured.invented_days == []


def test_how_sure_it_says_it_is_and_how_often_it_is_right_lie_close(measured: Measured) -> None:
    assert measured.calibration_error <= CALIBRATION_ERROR

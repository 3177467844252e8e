"""How well replies are understood, measured on labelled ones in four languages."""

from __future__ import annotations

from collections import Counter

import pytest

from closeloop.adapters.replies.labels import SAFETY
from closeloop.domain.signals import Label
from tests.unit.adapters.replies.labelled import labelled

MACRO_F1 = 0.85
FLOOR = 0.6
"""Of the F1 of every single label."""


def _f1(label: Label) -> float:
    right = sum(row.primary is label and row.found.primary is label for row in labelled())
    said = sum(row.found.primary is label for row in labelled())
    meant = sum(row.primary is label for row in labelled())
    return 2 * right / (said + meant)


def test_the_set_holds_every_label_five_times_and_four_languages() -> None:
    counts = Counter(row.primary for row in labelled())
    assert min(counts[label] for label in Label) >= 5
    assert len(labelled()) >= 150
    assert {row.language for row in labelled()} == {"en", "de", "es", "th"}


def test_on_average_over_the_labels_the_primary_one_is_found() -> None:
    assert sum(map(_f1, Label)) / len(Label) >= MACRO_F1


@pytest.mark.parametrize("label", list(Label))
def test_no_label_is_given_up_for_the_average(label: Label) -> None:
    assert _f1(label) >= FLOOR


@pytest.mark.parametrize("label", sorted(SAFETY))
def test_no_opt_out_and_no_legal_threat_is_missed(label: Label) -> None:
    missed = [row.id for row in labelled() if label in row.labels and label not in row.found.labels]
    assert missed == []


def test_nobody_who_must_be_left_alone_is_written_to_again() -> None:
    assert [row.id for row in labelled() if row.stop and not row.found.stop] == []


def test_hardly_anybody_is_left_alone_who_did_not_ask_for_it() -> None:
    wrongly = [row.id for row in labelled() if row.found.stop and not row.stop]
    assert len(wrongly) <= len(labelled()) // 50


def test_the_day_to_come_back_is_the_one_that_was_said() -> None:
    dated = [row for row in labelled() if row.resume_on]
    right = [row for row in dated if row.found.resume_on and row.found.resume_on.date() == row.resume_on]
    assert len(right) >= 0.95 * len(dated)
    assert [row.id for row in labelled() if row.found.resume_on and not row.resume_on] == []


def test_the_colleague_is_the_one_who_was_named() -> None:
    named = [row for row in labelled() if row.refers_to]
    right = [row for row in named if row.found.refers_to == row.refers_to]
    assert len(right) >= 0.9 * len(named)


def test_what_is_not_understood_says_so() -> None:
    for row in labelled():
        if row.found.abstained:
            assert row.found.confidence < 0.5

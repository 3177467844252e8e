"""What a further opinion on a reply may change, and what it never may, whatever it says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.application.reply_opinion import CHOICES, Opinion, OpinionatedReader, with_opinion
from closeloop.domain.signals import STOPPING_LABELS, Label, Understanding

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ABSTAINED = Understanding(
    labels=(Label.QUESTION,), primary=Label.QUESTION, confidence=0.3, abstained=True, said="Hm, well."
)


class _First:
    def __init__(self, found: Understanding) -> None:
        self.found = found

    def understand(
        self, *, subject: str, text: str, headers: str, sender: str, received_at: datetime
    ) -> Understanding:
        return self.found


class _Further:
    def __init__(self, opinion: Opinion | None) -> None:
        self.given = opinion
        self.asked: list[str] = []

    def opinion(self, words: str) -> Opinion | None:
        self.asked.append(words)
        return self.given


def _read(found: Understanding, further: _Further) -> Understanding:
    reader = OpinionatedReader(_First(found), further)
    return reader.understand(subject="", text="", headers="", sender="a@b.example", received_at=NOW)


def test_an_abstention_takes_the_label_of_a_sure_opinion() -> None:
    found = _read(ABSTAINED, _Further(Opinion(label=Label.OBJECTION_PRICE, confidence=0.9)))
    assert (found.labels, found.abstained, found.stop) == ((Label.OBJECTION_PRICE,), False, False)


def test_an_unsure_opinion_is_only_a_better_suggestion() -> None:
    assert _read(ABSTAINED, _Further(Opinion(label=Label.OBJECTION_NEED, confidence=0.6))).abstained


def test_without_an_opinion_a_person_reads_the_reply() -> None:
    assert _read(ABSTAINED, _Further(None)) == ABSTAINED


@pytest.mark.parametrize("label", [Label.UNSUBSCRIBE, Label.LEGAL, Label.BRUSH_OFF])
def test_what_the_rules_have_understood_is_never_asked_about(label: Label) -> None:
    further = _Further(Opinion(label=Label.INTERESTED, confidence=1))
    sure = Understanding(
        labels=(label,), primary=label, confidence=0.9, stop=label is not Label.BRUSH_OFF, said="x"
    )
    assert _read(sure, further) == sure
    assert further.asked == []


@given(
    label=st.sampled_from(list(Label)),
    sure=st.floats(0, 1),
    stop=st.booleans(),
    abstained=st.booleans(),
    said=st.sampled_from(list(Label)),
)
def test_no_opinion_ever_takes_a_stop_away_or_makes_one(
    label: Label, sure: float, stop: bool, abstained: bool, said: Label
) -> None:
    before = Understanding(labels=(said,), primary=said, confidence=0.4, abstained=abstained, stop=stop, said="x")
    after = with_opinion(before, Opinion(label=label, confidence=sure))
    assert after.stop == before.stop
    assert after == before or (abstained and not stop and after.primary in CHOICES)


def test_no_label_that_stops_somebody_may_be_chosen() -> None:
    assert STOPPING_LABELS.isdisjoint(CHOICES)

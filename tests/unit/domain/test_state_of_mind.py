"""State of mind: what moves it, how it fades, and what never counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.observed import shown_by
from closeloop.domain.signals import Label, SignalKind
from closeloop.domain.state_of_mind import (
    HALF_LIFE,
    Mood,
    clicks_of,
    mood_at,
    of_prospect,
    state_of_mind,
    wrote,
)
from tests.unit.invented_deals import NOW, a_deal, a_prospect, a_reply


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def test_nobody_who_said_nothing_is_warm_or_cold() -> None:
    found = state_of_mind([], [], NOW)
    assert (found.willingness, found.mood, found.evidence) == (0.5, Mood.OPEN, ())


def test_interest_warms_and_fades() -> None:
    fresh, old = (state_of_mind([wrote(Label.INTERESTED, ago(days))], [], NOW) for days in (1, 90))
    assert fresh.mood is Mood.KEEN
    assert fresh.willingness > old.willingness > 0.5


def test_a_sign_counts_half_after_its_half_life() -> None:
    (now,) = state_of_mind([wrote(Label.MEETING, NOW)], [], NOW).evidence
    (then,) = state_of_mind([wrote(Label.MEETING, NOW - HALF_LIFE)], [], NOW).evidence
    assert then.weight == pytest.approx(now.weight / 2)


def test_silence_cools_until_they_write_again() -> None:
    said, touches = [wrote(Label.INTERESTED, ago(30))], [ago(n) for n in (20, 15, 10, 5)]
    silent = state_of_mind(said, touches, NOW)
    assert silent.mood is Mood.COLD
    assert silent.evidence[0].what == "4 touches without an answer"
    assert state_of_mind([*said, wrote(Label.OTHER, ago(1))], touches, NOW).mood is not Mood.COLD


def test_opens_never_count() -> None:
    """An open leaves no sign that anything here could read."""
    signal, _ = a_reply("00Q01", Label.OTHER)
    opened = signal.model_copy(update={"kind": SignalKind.OPENED})
    assert shown_by(opened, None) == frozenset()
    assert clicks_of(a_prospect(seen={"replied": NOW})) == []


def test_a_click_counts_where_it_is_known_to_be_a_persons() -> None:
    clicked = a_deal(seen={"clicked": ago(1)})
    assert of_prospect(clicked, NOW).willingness > of_prospect(a_deal(), NOW).willingness


def test_what_comes_later_is_not_looked_at() -> None:
    signs = [wrote(Label.BRUSH_OFF, ago(1))]
    assert state_of_mind(signs, [ago(0.5)], ago(2)).willingness == 0.5


labels = st.sampled_from([label for label in Label if not label.is_automatic])


@given(
    said=st.lists(st.tuples(labels, st.floats(0, 200)), max_size=6),
    touched=st.lists(st.floats(0, 200), max_size=6),
    at=st.floats(0, 200),
)
def test_the_short_way_and_the_long_way_agree(
    said: list[tuple[Label, float]], touched: list[float], at: float
) -> None:
    signs = [wrote(label, ago(days)) for label, days in said]
    touches = sorted(ago(days) for days in touched)
    found = state_of_mind(signs, touches, ago(at))
    assert 0 < found.willingness < 1
    assert found.mood is mood_at(signs, touches, ago(at))

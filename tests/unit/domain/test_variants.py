"""What the tests hold unit/domain to: what may be said about wordings."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.tries import Tries
from closeloop.domain.variants import compare, newcombe
from tests.unit.domain.people import NOW

HOUR = timedelta(hours=1)


def test_newcombe_s_interval_is_the_published_one() -> None:
    """The example of Newcombe (1998), method 10: 56 of 70 against 48 of 80."""
    low, high = newcombe((56, 70), (48, 80), 1.959964)
    assert round(low, 4) == 0.0524
    assert round(high, 4) == 0.3339


@given(a=st.integers(0, 40), b=st.integers(0, 40), more=st.integers(0, 20), z=st.floats(0.5, 4))
def test_the_interval_of_a_difference_holds_the_difference_and_turns_with_its_sign(
    a: int, b: int, more: int, z: float
) -> None:
    first, second = (a, 40 + more), (b, 40)
    low, high = newcombe(first, second, z)
    assert -1 <= low <= a / (40 + more) - b / 40 <= high <= 1
    turned = newcombe(second, first, z)
    assert abs(turned[0] + high) < 1e-12
    assert abs(turned[1] + low) < 1e-12


def test_nobody_wins_before_everybody_reached_enough_people() -> None:
    early = compare("s", 1, "line", {"a": (90, 1000), "b": (0, 99)}, 100)
    assert early.winner is None
    assert early.differences == ()
    assert early.verdict == "too early: 99 of 100 people have got the variant with the fewest"


def test_a_difference_that_chance_may_make_is_no_winner() -> None:
    found = compare("s", 1, "line", {"a": (12, 200), "b": (9, 200)}, 100)
    assert found.winner is None
    assert found.verdict == "no difference that these numbers can show"
    assert found.differences[0].low < 0 < found.differences[0].high


def test_a_winner_beats_every_other_beyond_doubt() -> None:
    found = compare("s", 1, "line", {"a": (60, 400), "b": (20, 400), "c": (18, 400)}, 100)
    assert found.winner == "a"
    close = compare("s", 1, "line", {"a": (60, 400), "b": (50, 400), "c": (18, 400)}, 100)
    assert close.winner is None


def test_equal_wordings_are_told_apart_in_no_more_than_one_of_twenty_comparisons() -> None:
    dice, false = Random(4), 0  # noqa: S311 - a simulation, no secret
    for _ in range(600):
        counts = {name: (sum(dice.random() < 0.06 for _ in range(300)), 300) for name in "abc"}
        false += compare("s", 1, "line", counts, 100).winner is not None
    assert false / 600 <= 0.05


def detail(variant: str | None = None, step: int = 1) -> dict[str, Any]:
    return {"sequence": "s", "step": step} | ({"variant": variant, "line": "l"} if variant else {})


def test_an_answer_counts_for_the_touch_before_it_and_for_no_other() -> None:
    tries = Tries()
    for key in ("early", "late", "never"):
        tries.note(key, NOW, detail("a"))
        tries.note(key, NOW + 48 * HOUR, detail(step=2))
    replies = {"early": [NOW + HOUR], "late": [NOW + 50 * HOUR], "stranger": [NOW]}
    (found,) = tries.compared(replies, 100)
    assert [(one.name, one.replied.hits, one.replied.of) for one in found.variants] == [("a", 1, 3)]


def test_a_person_counts_once_with_the_wording_they_got_first() -> None:
    tries = Tries()
    tries.note("one", NOW, detail("a"))
    tries.note("one", NOW + HOUR, detail("b"))
    (found,) = tries.compared({}, 100)
    assert [(one.name, one.replied.of) for one in found.variants] == [("a", 1)]


def test_people_without_a_trial_take_no_memory() -> None:
    tries = Tries()
    tries.note("one", NOW, detail())
    assert not tries.touches

"""Whose a field is: each rule, what a person did meanwhile, and what was taken back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.crm_mapping import Rule
from closeloop.domain.field_ownership import (
    Answer,
    Found,
    Memory,
    Wish,
    first_sight,
    is_echo,
    judge,
    never_writes,
    same,
    written,
)
from tests.unit.domain.people import NOW

HOUR = timedelta(hours=1)
WRITE, KEEP, FILL, SAME = Answer.WRITE, Answer.KEEP, Answer.FILL, Answer.SAME


def answer(
    rule: Rule, found: Any, memory: Memory | None = None, *, changed: int = 0, touched: bool = False
) -> Answer:
    """We want `new`, learned now; the record was last changed so many hours later."""
    wish = Wish(word="w", field="F__c", rule=rule, value="new", reason="a rule: a reason", observed_at=NOW)
    return judge(wish, Found(value=found, changed_at=NOW + HOUR * changed, touched=touched), memory).answer


OURS = written("old", NOW - HOUR)
SEEN = first_sight("old", NOW - HOUR)
UNDONE = Memory(value="taken back", at=NOW - HOUR, ours=True, undone=True)


@pytest.mark.parametrize("rule", list(Rule))
def test_what_the_org_says_already_is_not_written(rule: Rule) -> None:
    assert answer(rule, "new") is SAME


@pytest.mark.parametrize(
    ("rule", "found", "memory", "expected"),
    [
        (Rule.OURS, "old", OURS, WRITE),
        (Rule.OURS, "old", SEEN, WRITE),
        (Rule.OURS, None, None, WRITE),
        (Rule.OURS, "a person's", OURS, KEEP),
        (Rule.OURS, None, OURS, KEEP),
        (Rule.ENFORCED, "a person's", OURS, WRITE),
        (Rule.THEIRS, None, None, KEEP),
        (Rule.THEIRS, "old", OURS, KEEP),
        (Rule.FILL_IF_BLANK, None, None, FILL),
        (Rule.FILL_IF_BLANK, "  ", None, FILL),
        (Rule.FILL_IF_BLANK, "a person's", None, KEEP),
        (Rule.FILL_IF_BLANK, "old", OURS, KEEP),
        (Rule.FILL_IF_BLANK, None, OURS, KEEP),
        (Rule.FILL_IF_BLANK, None, SEEN, KEEP),
        (Rule.NEWEST_WINS, None, None, FILL),
        (Rule.NEWEST_WINS, "old", OURS, WRITE),
    ],
)
def test_each_rule_answers_by_what_stands_there_and_what_is_remembered(
    rule: Rule, found: Any, memory: Memory | None, expected: Answer
) -> None:
    assert answer(rule, found, memory) is expected


def test_the_younger_of_two_wins_where_the_newest_does() -> None:
    assert answer(Rule.NEWEST_WINS, "a person's", OURS, changed=1) is KEEP
    assert answer(Rule.NEWEST_WINS, "a person's", OURS, changed=-1) is WRITE
    assert answer(Rule.NEWEST_WINS, "a person's", None, changed=1) is KEEP
    assert answer(Rule.NEWEST_WINS, None, OURS, changed=1) is KEEP, "emptied after we learned it"


def test_another_field_that_changed_later_makes_a_known_value_no_younger() -> None:
    assert answer(Rule.NEWEST_WINS, "old", SEEN, changed=5) is WRITE


@pytest.mark.parametrize("rule", [Rule.OURS, Rule.ENFORCED, Rule.FILL_IF_BLANK])
@pytest.mark.parametrize("found", [None, "before", "a person's"])
def test_what_was_taken_back_is_not_written_again(rule: Rule, found: Any) -> None:
    assert answer(rule, found, UNDONE) is KEEP


def test_what_somebody_put_back_after_an_undo_is_ours_again() -> None:
    assert answer(Rule.OURS, "taken back", UNDONE) is WRITE


def test_only_younger_and_other_knowledge_goes_over_an_undo() -> None:
    assert answer(Rule.NEWEST_WINS, "before", UNDONE, changed=1) is KEEP
    assert answer(Rule.NEWEST_WINS, "before", UNDONE, changed=-1) is WRITE
    again = Memory(value="new", at=NOW - HOUR, ours=True, undone=True)
    assert answer(Rule.NEWEST_WINS, "before", again, changed=-1) is KEEP


def test_what_others_left_in_a_record_of_ours_before_our_first_write_stays() -> None:
    assert answer(Rule.OURS, "a person's", None, touched=True) is KEEP
    assert answer(Rule.OURS, None, None, touched=True) is WRITE
    assert answer(Rule.OURS, False, None, touched=True) is WRITE, "an unticked box is nobody's word"
    assert answer(Rule.OURS, "a default", None, touched=False) is WRITE


def test_a_verdict_says_why() -> None:
    wish = Wish(word="w", field="F__c", rule=Rule.OURS, value=1, reason="approach.first: fits", observed_at=NOW)
    assert judge(wish, Found(value=None), None).reason == "approach.first: fits"
    enforced = wish.model_copy(update={"rule": Rule.ENFORCED})
    assert "over a person's edit" in judge(enforced, Found(value=5), written(2, NOW)).reason


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (None, "", True),
        (None, " \n", True),
        ("a\r\nb ", "a\nb", True),
        (12_000, 12_000.0, True),
        (Decimal("0.10"), 0.1, True),
        (True, 1, False),
        (False, None, False),
        ("1", 1, False),
        (0, None, False),
    ],
)
def test_values_are_compared_as_the_org_shows_them(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is same(other, one) is equal


def test_our_own_value_that_comes_back_is_an_echo_and_a_person_s_is_not() -> None:
    assert is_echo("old", OURS)
    assert not is_echo("old", SEEN)
    assert not is_echo("other", OURS)
    assert not is_echo("old", None)


VALUES = st.sampled_from(["new", "NEW ", "old", "", None, True, False, 0, 3, "3"])
MEMORIES = st.none() | st.builds(
    Memory,
    value=VALUES,
    at=st.just(NOW - HOUR),
    ours=st.booleans(),
    undone=st.booleans(),
    in_doubt=st.booleans(),
)
FOUND = st.builds(
    Found, value=VALUES, changed_at=st.sampled_from([None, NOW - HOUR * 2, NOW, NOW + HOUR]), touched=st.booleans()
)


@given(rule=st.sampled_from(list(Rule)), value=VALUES, memory=MEMORIES, found=FOUND)
def test_what_need_not_be_read_would_never_have_been_written(
    rule: Rule, value: Any, memory: Memory | None, found: Found
) -> None:
    wish = Wish(word="w", field="F__c", rule=rule, value=value, reason="a rule: a reason", observed_at=NOW)
    assert not (never_writes(wish, memory) and judge(wish, found, memory).writes)


@pytest.mark.parametrize(
    ("rule", "memory", "expected"),
    [
        (Rule.OURS, written("new", NOW), True),
        (Rule.OURS, first_sight("new", NOW), True),
        (Rule.OURS, OURS, False),
        (Rule.OURS, None, False),
        (Rule.ENFORCED, written("new", NOW), False),
        (Rule.NEWEST_WINS, written("new", NOW), False),
        (Rule.THEIRS, None, True),
    ],
)
def test_only_what_we_would_leave_alone_in_any_case_need_not_be_read(
    rule: Rule, memory: Memory | None, expected: bool
) -> None:
    wish = Wish(word="w", field="F__c", rule=rule, value="new", reason="a rule: a reason", observed_at=NOW)
    assert never_writes(wish, memory) is expected

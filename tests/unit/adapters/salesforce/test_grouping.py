"""Which records travel together: all of them, in the fewest collections, children of one parent side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.adapters.salesforce.grouping import CHUNKS, collections, parent_of
from closeloop.adapters.salesforce.record_ids import full_id
from closeloop.adapters.salesforce.writing import Record

DEALS = st.sampled_from([None, "006a", "006b", "006c", "006d"])
RECORDS = st.lists(st.tuples(st.sampled_from(["Task", "Contact", "Lead"]), DEALS), max_size=60)


def records(given: list[tuple[str, str | None]]) -> list[Record]:
    fields = {"Task": "WhatId", "Contact": "AccountId", "Lead": "Nothing"}
    return [Record(str(n), name, {fields[name]: deal}) for n, (name, deal) in enumerate(given)]


@given(given=RECORDS, size=st.integers(1, 20))
def test_every_record_is_in_one_collection_and_there_are_no_more_than_needed(
    given: list[tuple[str, str | None]], size: int
) -> None:
    made = collections(records(given), size)
    assert sorted(int(r.key) for part in made for r in part) == list(range(len(given)))
    assert all(0 < len(part) <= size for part in made)
    assert len(made) == -(-len(given) // size)
    assert all(len({r.object for r in part}) < CHUNKS for part in made)


@given(given=RECORDS, size=st.integers(1, 20))
def test_collections_that_touch_one_parent_are_neighbours(given: list[tuple[str, str | None]], size: int) -> None:
    touched: dict[tuple[str, str], list[int]] = {}
    for number, part in enumerate(collections(records(given), size)):
        for record in part:
            if parent_of(record):
                touched.setdefault((record.object, parent_of(record)), []).append(number)
    for numbers in touched.values():
        assert sorted(set(numbers)) == list(range(min(numbers), max(numbers) + 1))


def test_a_family_that_fits_is_not_torn_where_there_is_room() -> None:
    given: list[tuple[str, str | None]] = [("Task", "006a")] * 6 + [("Task", "006b")] * 6 + [("Task", None)] * 3
    made = collections(records(given), 10)
    assert [len({parent_of(r) for r in part if parent_of(r)}) for part in made] == [1, 1]


@pytest.mark.parametrize(
    ("short", "suffix"), [("0015500001QdQWa", "AAN"), ("7509H0000016GUX", "QA2"), ("00Q1N00000bS2eO", "UAS")]
)
def test_ids_are_made_whole(short: str, suffix: str) -> None:
    assert full_id(short) == full_id(short + suffix) == short + suffix

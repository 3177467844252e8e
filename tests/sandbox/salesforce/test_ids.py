"""Record ids are those of Salesforce: prefix, counter, checksum."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.salesforce.ids import IdError, full_id, make_id

_CHARS = string.ascii_letters + string.digits
SHORT = st.text(_CHARS, min_size=15, max_size=15)


@pytest.mark.parametrize(
    ("short", "check"), [("0015500001QdQWa", "AAN"), ("7509H0000016GUX", "QA2"), ("00Q1N00000bS2eO", "UAS")]
)
def test_checksums_of_real_ids_come_out_right(short: str, check: str) -> None:
    assert full_id(short) == short + check


@given(SHORT)
def test_the_long_form_of_a_long_id_is_itself(short: str) -> None:
    assert full_id(full_id(short)) == full_id(short)


@given(SHORT)
def test_two_ids_that_differ_in_case_only_differ_without_regard_to_case_too(short: str) -> None:
    swapped = short.swapcase()
    if swapped != short:
        assert full_id(swapped).lower() != full_id(short).lower()


@given(SHORT, st.integers(15, 17), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"))
def test_a_wrong_checksum_is_refused(short: str, position: int, other: str) -> None:
    whole = full_id(short)
    damaged = whole[:position] + other + whole[position + 1 :]
    if damaged != whole:
        with pytest.raises(IdError):
            full_id(damaged)


@given(st.text(max_size=20))
def test_anything_else_is_no_id(text: str) -> None:
    if len(text) not in (15, 18):
        with pytest.raises(IdError):
            full_id(text)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_later_records_sort_after_earlier_ones(one: int, other: int) -> None:
    assert (make_id("00Q", one) < make_id("00Q", other)) == (one < other)

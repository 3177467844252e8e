"""How many conditions go into one query: as many as its address can hold, since each query is a part of a call."""

from __future__ import annotations

from urllib.parse import quote_plus

from hypothesis import given
from hypothesis import strategies as st

from closeloop.adapters.salesforce.known_people import ROOM_FOR_CONDITIONS, _fitting

CONDITIONS = st.lists(st.integers(1, 400).map(lambda size: "Name LIKE '" + "é" * size + "%'"), max_size=120)


@given(CONDITIONS)
def test_every_condition_is_asked_once_and_no_address_grows_too_long(conditions: list[str]) -> None:
    parts = list(_fitting(conditions))
    assert [one for part in parts for one in part] == conditions
    assert all(len(quote_plus(" OR ".join(part))) <= ROOM_FOR_CONDITIONS for part in parts)


def test_ten_thousand_companies_take_few_queries() -> None:
    conditions = [f"Website LIKE '%company{number}.example%'" for number in range(10_000)]
    assert len(list(_fitting(conditions))) <= 10_000 / 200

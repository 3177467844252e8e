"""Sharing out: territories in order, turns that stay even, colleagues together, nobody's work taken away."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.domain.prospect import Prospect
from closeloop.domain.routing import DaysAway, Routing, Seller, Territory, is_nobodys, share_out
from tests.unit.domain.people import prospect

ON = date(2026, 3, 2)
INES, TOM, UMA = (f"00500000000010{n}AAA" for n in (1, 2, 3))
NAMES = {INES: "Ines", TOM: "Tom", UMA: "Uma"}


def team(*territories: Territory, away: tuple[str, ...] = ()) -> Routing:
    gone = (DaysAway(first_day=ON, last_day=ON),)
    sellers = tuple(Seller(id=i, name=n, away=gone if n in away else ()) for i, n in NAMES.items())
    return Routing(sellers=sellers, territories=territories)


ALL = Territory(name="all", sellers=("Ines", "Tom", "Uma"))


def people(number: int, **fields: str) -> list[Prospect]:
    return [prospect(key=f"00Q{n:05}", domain=fields.get("domain") or f"c{n}.example") for n in range(number)]


def owners(found: dict[str, object]) -> Counter[str]:
    return Counter(getattr(routed, "seller").name for routed in found.values())  # noqa: B009


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_turns_stay_even_over_any_number_of_batches(sizes: list[int]) -> None:
    rules, turns, total = team(ALL), dict[str, dict[str, int]](), Counter[str]()
    for size in sizes:
        found, turns = share_out(people(size), rules, turns, {}, ON)
        total += owners(dict(found))
    given_to = [total[name] for name in NAMES.values()]
    assert max(given_to) - min(given_to) <= 1
    assert sum(given_to) == sum(sizes)


@settings(deadline=None)
@given(st.permutations(range(12)))
def test_the_order_in_which_they_come_changes_nothing(order: list[int]) -> None:
    some = people(12)
    assert share_out([some[n] for n in order], team(ALL), {}, {}, ON) == share_out(some, team(ALL), {}, {}, ON)


@settings(deadline=None)
@given(st.integers(1, 30), st.sets(st.sampled_from(["Ines", "Tom", "Uma"]), max_size=2))
def test_who_is_away_gets_nothing_and_has_nothing_to_catch_up_on(number: int, away: set[str]) -> None:
    found, turns = share_out(people(number), team(ALL, away=tuple(away)), {}, {}, ON)
    assert not away & set(owners(dict(found)))
    back, _ = share_out(people(3), team(ALL), turns, {}, ON)
    assert max(owners(dict(back)).values()) <= 2


def test_colleagues_go_to_one_owner_who_may_be_somebody_from_before() -> None:
    found, _ = share_out(people(6, domain="acme.example"), team(ALL), {}, {}, ON)
    assert len(owners(dict(found))) == 1
    found, _ = share_out(people(6, domain="acme.example"), team(ALL), {}, {"acme.example": UMA}, ON)
    assert owners(dict(found)) == {"Uma": 6}
    assert found["00Q00000"].reason.startswith("Uma has a colleague at ")


def test_the_first_territory_that_fits_wins() -> None:
    rules = team(
        Territory(name="large in DACH", countries=("DE", "AT"), employees={"at_least": 5000}, sellers=("Ines",)),
        Territory(name="texas", states=("Texas", "TX"), sellers=("Tom",)),
        Territory(name="energy", industries=("Energy",), sellers=("Uma",)),
    )
    some = [
        prospect({"employees": 9000}, key="1", country="Deutschland", domain="a.example"),
        prospect({"employees": 900, "state": "TX"}, key="2", country="US", domain="b.example"),
        prospect({"industry": "Oil & Energy"}, key="3", country="DE", domain="c.example"),
        prospect({"industry": "Retail"}, key="4", country="DE", domain="d.example"),
    ]
    found, _ = share_out(some, rules, {}, {}, ON)
    assert {key: routed.seller.name for key, routed in found.items()} == {"1": "Ines", "2": "Tom", "3": "Uma"}
    assert found["1"].reason == "large in DACH: it is Ines's turn"


def test_only_the_integration_user_and_queues_give_away() -> None:
    assert is_nobodys("00G000000000001AAA", None)
    assert is_nobodys("005000000000001EAA", "005000000000001")
    assert not is_nobodys("005000000000002EAA", "005000000000001EAA")
    assert not is_nobodys("005000000000002EAA", None)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"sellers": [{"id": INES, "name": "Ines"}]}, "needs both sellers and territories"),
        ({"sellers": [{"id": INES, "name": "Ines"}, {"id": TOM, "name": "Ines"}]}, "a name or an id twice"),
        (
            {"sellers": [{"id": INES, "name": "Ines"}], "territories": [{"name": "x", "sellers": ["Bo"]}]},
            "names Bo, who is not under routing.sellers",
        ),
    ],
)
def test_a_team_that_cannot_work_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Routing.model_validate(fields)

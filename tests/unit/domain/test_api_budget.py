"""Our share of the API calls is never passed, and the least valuable work waits first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.api_budget import BY_VALUE, SIGN_IN_CALLS, ApiUsage, Budget, Need, Workload, needs, ration

COUNTS = st.integers(0, 200_000)
WANTED = st.lists(st.integers(0, 500), min_size=4, max_size=4).map(
    lambda calls: [Need(name=name, calls=number) for name, number in zip(BY_VALUE, calls, strict=True)]
)


def budget(used: int, ours: int, allowed: int = 100_000, share: float = 20) -> Budget:
    return Budget(share=share, usage=ApiUsage(used=used, allowed=allowed), ours=ours)


def test_our_share_is_what_we_have_not_used_of_it() -> None:
    assert budget(used=5_000, ours=600).left == 19_400


def test_when_others_have_used_the_org_up_nothing_is_left_for_us_either() -> None:
    assert budget(used=99_990, ours=0).left == 10
    assert budget(used=120_000, ours=0).left == 0


@given(COUNTS, COUNTS, st.floats(0, 100))
def test_what_is_left_is_never_more_than_our_share_nor_less_than_nothing(
    used: int, ours: int, share: float
) -> None:
    found = budget(used, ours, share=share)
    assert 0 <= found.left <= found.whole


@given(WANTED, st.integers(0, 2_000))
def test_what_may_run_fits_into_what_is_left(wanted: list[Need], left: int) -> None:
    found = ration(wanted, left)
    granted = sum(need.calls for need in wanted if need.name not in found.waits)
    assert granted == 0 or granted + SIGN_IN_CALLS <= left


@given(WANTED, st.integers(0, 2_000))
def test_nothing_waits_for_the_sake_of_something_less_valuable(wanted: list[Need], left: int) -> None:
    found = ration(wanted, left)
    for place, need in enumerate(wanted):
        before = sum(n.calls for n in wanted[:place] if n.name not in found.waits)
        assert (need.name in found.waits) == (need.calls > 0 and before + need.calls > left - SIGN_IN_CALLS)


def test_what_needs_no_calls_does_not_wait_for_any() -> None:
    wanted = [Need(name="reconcile", calls=0), Need(name="pull", calls=4)]
    assert ration(wanted, 0).waits == ("pull",)


@given(st.builds(Workload, mails=COUNTS, new=COUNTS, records=COUNTS, activities=COUNTS), st.integers(0, 5_000))
def test_a_limit_bounds_what_is_needed(work: Workload, limit: int) -> None:
    def calls(of: Workload) -> int:
        return sum(need.calls for need in needs(of))

    assert calls(work.at_most(limit)) <= min(calls(work), calls(Workload().at_most(limit).with_new(limit)) + 40)


@given(st.builds(Workload, mails=COUNTS, conversions=COUNTS, records=COUNTS, activities=COUNTS))
def test_a_run_needs_few_calls_for_a_thousand_records(work: Workload) -> None:
    rows = work.mails + work.records + work.activities
    others = work.conversions * 2 / 100 + work.conversions * 3 / 1000
    assert sum(need.calls for need in needs(work)) <= 0.0125 * rows + others + 20

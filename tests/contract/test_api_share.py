"""Our share of the org's API calls is kept to the call, whatever a run would like to do."""

from __future__ import annotations

import pytest

from closeloop.adapters.salesforce.calls import Calls
from closeloop.adapters.salesforce.connection import connect
from closeloop.adapters.salesforce.crm import SalesforceCrm
from closeloop.adapters.salesforce.failures import ShareSpent
from tests.contract.crm_orgs import login_to
from tests.sandbox.conftest import Sandbox


def calls_of(sandbox: Sandbox, *, daily: int, used: int = 0) -> Calls:
    sandbox.post_control("limits", {"daily": daily, "used": used})
    return Calls(connect(login_to(sandbox)))


def read_until_refused(calls: Calls) -> int:
    for number in range(1_000):
        try:
            calls.read("limits/")
        except ShareSpent:
            return number
    raise AssertionError("nothing ever said stop")


def test_no_call_goes_beyond_the_share(sandbox: Sandbox) -> None:
    calls = calls_of(sandbox, daily=100)
    calls.keep_to(20, ours=5)
    assert read_until_refused(calls) == 15


def test_where_the_share_is_spent_not_even_the_first_call_is_made(sandbox: Sandbox) -> None:
    calls = calls_of(sandbox, daily=100)
    calls.keep_to(20, ours=20, allowed=100)
    assert read_until_refused(calls) == 0
    assert calls.made == 0


def test_what_the_org_allows_is_believed_once_an_answer_tells(sandbox: Sandbox) -> None:
    calls = calls_of(sandbox, daily=100)
    calls.keep_to(20, ours=15, allowed=1_000)
    assert read_until_refused(calls) == 5


def test_calls_made_before_count_once(sandbox: Sandbox) -> None:
    calls = calls_of(sandbox, daily=100)
    calls.read("limits/")
    calls.keep_to(20, ours=1)
    assert read_until_refused(calls) == 19


def test_what_others_left_is_the_bound_when_it_is_less_than_our_share(sandbox: Sandbox) -> None:
    calls = calls_of(sandbox, daily=100, used=95)
    calls.keep_to(20, ours=0)
    assert read_until_refused(calls) == 5


def test_the_refusal_says_how_much_and_when_it_frees_up(sandbox: Sandbox) -> None:
    calls = calls_of(sandbox, daily=100)
    calls.keep_to(1, ours=0)
    calls.read("limits/")
    with pytest.raises(ShareSpent, match=r"1 of 1, which is 1 % of 100.*rolling 24 hours") as refusal:
        calls.read("limits/")
    assert "CLOSELOOP_SALESFORCE_SHARE" in str(refusal.value)


def test_the_share_set_before_the_first_call_holds_and_usage_is_known_after_it(sandbox: Sandbox) -> None:
    sandbox.post_control("limits", {"daily": 100, "used": 0})
    crm = SalesforceCrm(lambda: connect(login_to(sandbox)))
    crm.keep_to(2, ours=0)
    assert crm.usage() is None
    crm.changed_leads(None, 10)
    found = crm.usage()
    assert found is not None
    assert (found.used, found.allowed) == (2, 100)
    with pytest.raises(ShareSpent):
        crm.changed_leads(None, 10)

"""Within our share of API calls the least valuable pass waits, and calls of the last day count."""

from __future__ import annotations

from datetime import timedelta

from closeloop.application import prospecting
from closeloop.application.api_share import (
    API_CALLS,
    forecast,
    keep_to_share,
    may_ask,
    outlook,
    record_run,
    say,
    words,
)
from closeloop.application.ports import RunRow
from closeloop.domain.api_budget import SIGN_IN_CALLS
from closeloop.domain.errors import CrmUnavailable
from tests.fakes.services import Company


def ran(company: Company, name: str, calls: int) -> None:
    row = RunRow(run_id=name, stage="all", as_of=company.now, counts={API_CALLS: calls})
    company.ledger.add_run(row, company.now)


def test_only_runs_of_the_last_day_count(company: Company) -> None:
    ran(company, "old", 900)
    company.wait(timedelta(hours=25))
    ran(company, "new", 70)
    assert keep_to_share(company.services) == 70
    assert company.crm.kept_to == (20, 70)


def test_before_the_org_told_how_much_there_is_nothing_waits(company: Company) -> None:
    assert forecast(company.services, 0, company.now) is None


def test_over_the_share_new_work_waits_first_then_writing_back_then_mail(company: Company) -> None:
    company.crm.ready()
    for number in range(30):
        company.person(f"p{number}", domain=f"p{number}.example")
    company.run("approach")
    waits = []
    for left in (60, 14, 9, 2):
        found = forecast(company.services, company.crm.allowed // 5 - left, company.now)
        assert found is not None
        waits.append(found.waits)
    assert waits == [(), ("pull",), ("sync", "pull"), ("deliver", "sync", "pull")]


def test_the_forecast_is_told_in_words(company: Company) -> None:
    company.crm.ready()
    found = forecast(company.services, 0, company.now)
    assert found is not None
    assert words(found, "pull") == (
        "needs about 9 API calls; 20,000 of our share are left, more valuable work comes first"
    )


def test_a_forecast_says_what_a_run_needs_and_what_is_left_before_it_begins(company: Company) -> None:
    ran(company, "earlier", 70)
    for number in range(30):
        company.person(f"p{number}", domain=f"p{number}.example")
    company.run("approach")
    found = outlook(company.services, ["deliver", "sync"], company.now)
    assert say(found) == (
        "this pass needs about 13 Salesforce calls, 19,929 left of our share (20 % of 100,000 a day)"
    )


def test_passes_that_call_nobody_ask_nobody_what_is_left(company: Company) -> None:
    assert say(outlook(company.services, ["approach"], company.now)) == "this pass needs no Salesforce calls"
    assert company.crm.calls == 0


def test_the_first_forecast_counts_the_leads_that_are_there(company: Company) -> None:
    for number in range(2_500):
        company.crm.insert("Lead", LastName=str(number))
    before = outlook(company.services, ["pull"], company.now)
    assert (before.calls, company.crm.calls) == (2 * 4 + 5, 2)
    prospecting.pull(company.services, "r1", company.now)
    calls = company.crm.calls
    assert outlook(company.services, ["pull"], company.now).calls == 4 + SIGN_IN_CALLS - calls
    assert company.crm.calls == calls


def test_a_run_for_few_records_needs_few_calls(company: Company) -> None:
    for number in range(2_500):
        company.crm.insert("Lead", LastName=str(number))
    everything, few = (outlook(company.services, ["pull", "sync"], company.now, limit) for limit in (None, 10))
    assert few.calls < everything.calls


def test_an_org_that_does_not_answer_does_not_stop_a_forecast(company: Company) -> None:
    company.crm.down = CrmUnavailable("Salesforce is busy")
    assert "is not known" in say(outlook(company.services, ["pull"], company.now))


def test_what_the_org_allows_is_known_before_the_first_call_of_the_next_run(company: Company) -> None:
    company.crm.ready()
    record_run(company.services, RunRow(run_id="r1", stage="all", as_of=company.now, counts={}))
    company.crm.calls = 0  # another process
    keep_to_share(company.services)
    assert company.crm.remembered == 100_000
    assert may_ask(company.services)
    ran(company, "greedy", 20_000)
    assert not may_ask(company.services)
    assert company.crm.calls == 0
    found = forecast(company.services, 20_000, company.now)
    assert found is not None
    assert found.left == 0


def test_each_call_is_recorded_once_whatever_made_it(company: Company) -> None:
    company.crm.ready()
    row = RunRow(run_id="r1", stage="import", as_of=company.now)
    assert record_run(company.services, row) == 1
    company.crm.count_leads()
    assert keep_to_share(company.services) == 2
    assert record_run(company.services, row.model_copy(update={"run_id": "r2"})) == 1
    assert keep_to_share(company.services) == 2

"""Within our share of API calls the least valuable pass waits, and calls of the last day count."""

from __future__ import annotations

from datetime import timedelta

from closeloop.application.api_share import API_CALLS, forecast, keep_to_share, words
from closeloop.application.ports import RunRow
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
    for left in (60, 16, 12, 2):
        found = forecast(company.services, company.crm.allowed // 5 - left, company.now)
        assert found is not None
        waits.append(found.waits)
    assert waits == [(), ("pull",), ("sync", "pull"), ("reconcile", "deliver", "sync", "pull")]


def test_the_forecast_is_told_in_words(company: Company) -> None:
    company.crm.ready()
    found = forecast(company.services, 0, company.now)
    assert found is not None
    assert words(found) == "needs at most 4 API calls; 20,000 of our share are left"

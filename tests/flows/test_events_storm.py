"""From Salesforce's messages to handled events with everything real: processes, Prefect's server, its restart."""

from __future__ import annotations

import pytest

from tests.bench.events_storm import Storm, storm

EVENTS, LEADS = 500, 50
"""`python -m tests.bench.events_storm 10000` does the same with ten thousand events."""

pytestmark = [pytest.mark.prefect, pytest.mark.e2e, pytest.mark.long]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Storm:
    return storm(tmp_path_factory.mktemp("storm"), EVENTS, LEADS)


def test_duplicated_and_shuffled_events_are_each_handled_once_though_the_server_was_restarted(found: Storm) -> None:
    assert found.notifications > 2 * EVENTS
    assert found.outcomes == {"refreshed": EVENTS}
    assert found.worked == EVENTS


def test_a_burst_is_few_runs_which_name_twenty_records_and_list_them_all(found: Storm) -> None:
    assert 1 <= found.flow_runs <= 4
    assert found.ended.keys() <= {"COMPLETED", "CRASHED"}, "a run at work may end when its server does"
    assert found.ended["COMPLETED"] >= 1
    assert found.most_tags == 20
    assert found.artifact.count("| Lead | ") > 20

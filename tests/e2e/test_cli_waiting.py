"""Prospects only a person can help on, and a rehearsal where nothing has been set up yet."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from closeloop.data import SAMPLE_LEADS
from tests.e2e.conftest import Closeloop, Served

pytestmark = [pytest.mark.e2e, pytest.mark.long]

TUESDAY = "2026-01-06T09:00:00+00:00"


@pytest.fixture
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Closeloop]:
    """The command over a sandbox of its own that holds the header, one plain and the hostile rows of the sample."""
    here = Closeloop(tmp_path_factory.mktemp("alone"))
    lines = SAMPLE_LEADS.read_text(encoding="utf-8").splitlines(keepends=True)
    hostile = [line for line in lines if "{{" in line or "{%" in line]
    (here.place / "leads.csv").write_text("".join([*lines[:2], *hostile]), encoding="utf-8")
    with here.started("sandbox", "--leads", "leads.csv") as process:
        assert process.stdout is not None
        here.settings |= Served(json.loads(process.stdout.readline())).settings
        yield here


def test_names_no_slide_may_show_wait_for_a_person_and_the_run_is_a_success(alone: Closeloop) -> None:
    rehearsed = alone("run", "all", "--dry-run", "--as-of", TUESDAY, "--json")
    assert rehearsed.is_clean
    assert not alone.home.exists()
    ran = alone("run", "all", "--as-of", TUESDAY, "--json")
    assert ran.is_clean
    for finished in (rehearsed, ran):
        found = {each["stage"]: each for each in finished.json["passes"]}
        assert "unresolved tag" in found["preparation"]["waiting"][0]["question"]
        assert [each["stage"] for each in found.values() if each["failures"]] == []


def test_a_rehearsal_without_a_home_leaves_none_and_one_with_a_secret_only_leaves_it_alone(
    connected: Closeloop,
) -> None:
    assert connected("run", "prospecting", "--dry-run", "--json").is_clean
    assert not connected.home.exists()
    connected.home.mkdir()
    (connected.home / "secret").write_text("mine")
    assert connected("run", "prospecting", "--dry-run", "--json").is_clean
    assert [path.name for path in connected.home.iterdir()] == ["secret"]

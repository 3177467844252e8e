"""What a run comes to: its exit code and its list of people to help."""

from __future__ import annotations

import io

from rich.console import Console

from closeloop.application.results import Failure, StageResult, Waiting
from closeloop.cli.run import SHOWN, exit_code, print_results

FINE = StageResult(stage="approach")
ASKED = StageResult(stage="preparation", waiting=(Waiting(record_id="00Q1", question="slide 2: too long"),))
FAILED = StageResult(stage="sync", failures=(Failure(record_id="00Q2", problem="refused"),))


def _shown(*results: StageResult) -> str:
    out = io.StringIO()
    print_results(Console(file=out, width=80), results)
    return out.getvalue()


def test_only_a_failure_of_any_pass_ends_a_run_with_one() -> None:
    assert exit_code([FINE]) == 0
    assert exit_code([FINE, ASKED]) == 0
    assert exit_code([FAILED, ASKED, FINE]) == 1


def test_who_waits_for_a_person_is_listed_with_the_question() -> None:
    shown = _shown(FINE, ASKED, FAILED)
    assert "waits for a person 00Q1: slide 2: too long" in shown
    assert "failed 00Q2: refused" in shown


def test_a_long_list_of_people_to_help_ends_with_how_many_more() -> None:
    waiting = tuple(Waiting(record_id=f"00Q{n}", question="look") for n in range(SHOWN + 3))
    shown = _shown(StageResult(stage="preparation", waiting=waiting))
    assert shown.count("waits for a person 00Q") == SHOWN
    assert "3 more wait" in shown

"""The words of a run's artifact: every number is there, nothing breaks the tables, nobody is named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.application.results import Failure, StageResult, Waiting
from flows.artifact_text import MOST_FAILURES, MOST_HOLDS, markdown

CALLS = "Before it began: this pass needs no Salesforce calls. It made 0."
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def _text(*results: StageResult, org: str | None = None) -> str:
    link = (lambda record: f"{org}/{record}") if org else (lambda record: None)
    return markdown("approach-1", NOW, results, link, CALLS)


def _failed(*problems: str) -> StageResult:
    failures = tuple(Failure(record_id=f"00Q{n}", problem=problem) for n, problem in enumerate(problems))
    return StageResult(stage="deliver", failures=failures)


def test_the_run_its_moment_and_each_pass_are_named() -> None:
    text = _text(StageResult(stage="follow_up", considered=1200, counts={"touch: email": 1100, "hold": 100}))
    assert text.startswith("# Run `approach-1`\n\nAs of **Monday, 5 January 2026, 08:00 UTC**\n")
    assert CALLS in text
    assert "| follow up | 1200 | hold 100, touch: email 1,100 |" in text


def test_who_waits_for_a_person_is_listed_with_a_link_and_is_no_failure() -> None:
    asked = StageResult(stage="preparation", waiting=(Waiting(record_id="00Q1", question="slide 2: too long"),))
    text = _text(asked)
    assert "## Waiting for a person\n\n| record | question |" in text
    assert "slide 2: too long" in text
    assert "Failures" not in text


def test_a_run_without_holds_and_failures_says_nothing_of_them() -> None:
    text = _text(StageResult(stage="closing"))
    assert "nothing was due" in text
    assert "Held" not in text
    assert "Failures" not in text


def test_holds_of_all_passes_are_added_up_the_most_frequent_first() -> None:
    text = _text(
        StageResult(stage="approach", holds={"no pain": 2, "no name": 1}),
        StageResult(stage="closing", holds={"no pain": 5}),
    )
    assert text.endswith("| no pain | 7 |\n| no name | 1 |\n")


def test_rare_reasons_are_added_up_in_the_last_line() -> None:
    holds = {f"reason {n:02}": 100 - n for n in range(MOST_HOLDS + 3)}
    rest = sum(sorted(holds.values())[:3])
    assert _text(StageResult(stage="approach", holds=holds)).endswith(f"| other reasons | {rest} |\n")


def test_a_failure_links_to_its_record_where_the_org_is_known() -> None:
    assert "| [00Q0](https://acme.example/00Q0) | gone |" in _text(_failed("gone"), org="https://acme.example")
    assert "| `00Q0` | gone |" in _text(_failed("gone"))


def test_more_failures_than_anybody_reads_end_with_their_number() -> None:
    text = _text(_failed(*["gone"] * (MOST_FAILURES + 4)))
    assert text.count("| gone |") == MOST_FAILURES
    assert "…and 4 more; `closeloop why RECORD` tells each story." in text


@pytest.mark.parametrize(
    "said",
    [
        "INVALID_EMAIL_ADDRESS: Email: invalid email address: anna.okafor@volvo.example",
        "to: <anna.okafor@volvo.example>; cc: 'bob@x.example'",
        "the account @volvo.example is stopped",
        "anna.okafor+sales@volvo.example,bob@x.example",
    ],
)
def test_an_address_in_the_words_of_a_service_is_not_shown(said: str) -> None:
    for text in (_text(_failed(said)), _text(StageResult(stage="deliver", holds={said: 1}))):
        assert "@" not in text
        assert "okafor" not in text
        assert "(address)" in text


def test_reasons_that_differ_by_an_address_only_are_one_reason() -> None:
    holds = {f"bounced: n{n}@volvo.example": 1 for n in range(40)}
    assert _text(StageResult(stage="deliver", holds=holds)).endswith("| bounced: (address) | 40 |\n")


@given(st.text(min_size=1))
def test_no_words_break_out_of_their_cell(problem: str) -> None:
    lines = _text(_failed(problem)).partition("## Failures\n\n")[2].removesuffix("\n").split("\n")
    assert len(lines) == 3
    assert lines[2].replace("\\|", "").count("|") == 3

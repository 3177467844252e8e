"""Wordings in the report: what may be said about them, and nothing before its time."""

from __future__ import annotations

from closeloop.adapters.report import words
from closeloop.adapters.report.html import render_report
from closeloop.domain.figures import Figures
from closeloop.domain.variants import Comparison, compare
from tests.unit.invented_deals import figures_of

EARLY = compare("approach_question", 1, "line", {"plain": (3, 40), "invoices": (9, 41)}, 100)
DECIDED = compare("approach_question", 1, "line", {"plain": (20, 400), "invoices": (60, 400)}, 100)


def with_comparisons(*rows: Comparison) -> Figures:
    return figures_of().model_copy(update={"comparisons": rows})


def test_the_report_shows_each_wording_and_says_when_it_is_too_early() -> None:
    page = render_report(with_comparisons(EARLY), {})
    assert "Approach question, step 1" in page
    assert "Too early: 40 of 100 people" in page
    assert "none is known to be better yet" in page
    assert "points" not in page.split("Wordings compared")[1].split("</table>")[0]


def test_a_difference_is_told_in_points_with_its_interval() -> None:
    assert DECIDED.winner == "invoices"
    (found,) = DECIDED.differences
    assert words.say_difference(found).startswith("invoices against plain: +10.0 points (+")
    assert words.say_difference(found) in render_report(with_comparisons(DECIDED), {})
    assert "in 1 one is answered more often" in words.say_comparisons([DECIDED])


def test_without_several_wordings_there_is_no_such_section() -> None:
    assert "Wordings compared" not in render_report(with_comparisons(), {})

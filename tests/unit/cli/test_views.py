"""What the terminal shows, at two widths, to a person and into a file."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from rich.console import Console

from closeloop.application.ports import StoryLine
from closeloop.application.why import Candidate, tell
from closeloop.cli.views import (
    print_candidates,
    print_funnel,
    print_quarantine,
    print_story,
    print_summary,
)
from closeloop.domain.leads import Quarantined
from closeloop.domain.stage import Stage, Standing
from tests.unit.busy_year import BusyYear
from tests.unit.invented_deals import NOW, a_deal, a_prospect, figures_of


def a_console(width: int = 80, *, terminal: bool = False) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(
        file=out, width=width, force_terminal=terminal, color_system="truecolor" if terminal else None
    ), out


def a_line(text: str, hours: int = 0, kind: str = "decision") -> StoryLine:
    return StoryLine(at=NOW + timedelta(hours=hours), kind=kind, text=text)


@pytest.mark.parametrize("width", [80, 120])
def test_the_funnel_fits_and_shows_every_stage(width: int) -> None:
    console, out = a_console(width)
    figures = BusyYear().figures()
    print_funnel(console, figures)
    print_summary(console, figures)
    lines = out.getvalue().splitlines()
    assert max(len(line) for line in lines) <= width
    for stage in Stage:
        row = next(line for line in lines if line.split()[:1] == [stage.value.replace("_", "-")])
        assert f"{figures.funnel[stage]:,}" in row.split()


def test_a_file_gets_plain_characters() -> None:
    console, out = a_console()
    print_funnel(console, BusyYear().figures())
    assert "\x1b" not in out.getvalue()
    assert "█" not in out.getvalue()


def test_a_terminal_gets_bars_as_long_as_their_numbers() -> None:
    console, out = a_console(terminal=True)
    people = [a_prospect(f"00Q{n}", stage=Stage.APPROACH if n else Stage.PROSPECTING) for n in range(2)]
    print_funnel(console, figures_of(people))
    first, second, *_ = [line.count("█") for line in out.getvalue().splitlines() if "█" in line]
    assert first == 2 * second


def test_an_empty_ledger_says_so_in_words() -> None:
    console, out = a_console()
    print_summary(console, figures_of())
    assert "nobody written to yet" in out.getvalue()
    assert "no open deals" in out.getvalue()


def test_the_story_is_told_in_order_and_the_day_once() -> None:
    console, out = a_console()
    print_story(console, tell(a_deal(), [a_line("first"), a_line("second", 1), a_line("third", 30)]))
    text = out.getvalue()
    assert text.index("first") < text.index("second") < text.index("third")
    assert text.count("15 Jun 2026") == 1
    assert "Anna Okafor at Account plc" in text
    assert "Meeting with Okafor on 22 Jun 2026" in text


def test_a_decision_names_its_rule_and_playbook() -> None:
    console, out = a_console(120)
    detail = {"rule": "closing.scarcity", "playbook_version": "2026.1"}
    print_story(console, tell(a_deal(), [a_line("decided: touch").model_copy(update={"detail": detail})]))
    assert "decided: touch [closing.scarcity, playbook 2026.1]" in out.getvalue()


def test_repetition_is_said_once_with_its_count() -> None:
    console, out = a_console(120)
    print_story(console, tell(a_deal(), [a_line("waits", n) for n in range(4)]))
    assert "waits (4 times, until 15 Jun 2026)" in out.getvalue()


def test_long_words_wrap_inside_the_screen() -> None:
    console, out = a_console(80)
    print_story(console, tell(a_deal(title="x" * 300), [a_line("word " * 60 + "y" * 200)]))
    assert max(len(line) for line in out.getvalue().splitlines()) <= 80


def test_neither_markup_nor_escapes_in_records_are_obeyed() -> None:
    console, out = a_console(120, terminal=True)
    nasty = "[bold red]hi[/] \x1b[2J\x1b]0;owned\x07"
    print_story(console, tell(a_deal(first_name=nasty, reason=nasty), [a_line(nasty, kind=nasty)]))
    print_quarantine(console, [Quarantined(line=1, reason=nasty, row={})])
    text = out.getvalue()
    assert "[bold red]hi[/]" in text
    assert "\x1b[2J" not in text
    assert "\x1b]0" not in text


def test_refused_rows_show_line_and_reason_and_none_show_nothing() -> None:
    console, out = a_console()
    print_quarantine(console, [])
    assert out.getvalue() == ""
    print_quarantine(console, BusyYear().figures().quarantined)
    assert "203" in out.getvalue()
    assert "no e-mail address" in out.getvalue()


def test_candidates_show_the_address_that_settles_it() -> None:
    console, out = a_console()
    one = Candidate(
        key="00Q1",
        name="Anna",
        company="Account plc",
        email="anna@account.example",
        stage=Stage.CLOSING,
        standing=Standing.OPEN,
    )
    print_candidates(console, [one])
    assert "anna@account.example" in out.getvalue()

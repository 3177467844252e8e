"""A plan on the terminal: short with totals, whole by option, whoever is refused with the reason."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from closeloop.cli.plan_view import SHOWN, print_applied, print_plan
from closeloop.domain.plan import ItemKind, Plan
from tests.contract.plan_worlds import PaperWorld


@pytest.fixture(scope="module")
def planned() -> tuple[PaperWorld, Plan]:
    world = PaperWorld(first=SHOWN + 3)
    world.begin()
    return world, world.plan()


def shown(plan: Plan, *, everything: bool = False, terminal: bool = False) -> str:
    out = io.StringIO()
    print_plan(
        Console(file=out, width=100, force_terminal=terminal, color_system=None), plan, everything=everything
    )
    return out.getvalue()


def test_the_short_view_begins_with_the_totals_and_says_that_there_is_more(
    planned: tuple[PaperWorld, Plan],
) -> None:
    _, plan = planned
    text = shown(plan)
    mails = plan.totals.items["mail"]
    head = text.splitlines()
    assert head[0] == "Plan of the whole cycle as of 2026-01-09 08:00 UTC"
    assert f"{len(plan.parts)} prospects: {mails} mails to send" in head[1]
    assert "Salesforce calls to read" in text
    assert "SendGrid request" in text
    assert "accounts looked up: 2 in knownaccounts" in text
    assert f"… and {mails - SHOWN} more; --all shows them" in text
    bodies = [item.content["mail"]["text"] for item in plan.items() if item.kind is ItemKind.MAIL]
    assert all(body not in text for body in bodies)


def test_the_whole_view_holds_every_word_and_every_field_from_what_to_what(
    planned: tuple[PaperWorld, Plan],
) -> None:
    _, plan = planned
    text = shown(plan, everything=True)
    for item in plan.items():
        if item.kind is ItemKind.MAIL:
            assert all(line.strip() in text for line in item.content["mail"]["text"].splitlines())
        if item.kind is ItemKind.FIELDS:
            assert all(f"{field}: " in text for field in item.content)
    assert "→ “approach”" in text
    assert "more; --all" not in text


def test_a_terminal_cuts_nothing_but_the_column_of_names(planned: tuple[PaperWorld, Plan]) -> None:
    _, plan = planned
    text = shown(plan, terminal=True)
    assert max(map(len, text.splitlines())) <= 100


def test_each_refusal_is_told_with_whom_what_and_why(planned: tuple[PaperWorld, Plan]) -> None:
    world, plan = planned
    world.ledger.suppress("anna2@firm2.example", "asked by phone", world.now)
    done = world.apply(plan)
    out = io.StringIO()
    print_applied(Console(file=out, width=100, color_system=None), plan, done, everything=False)
    text = out.getvalue()
    assert text.splitlines()[0] == (
        f"Applied {done.counts['applied']} items of {len(plan.items())}, planned for 2026-01-09 08:00 UTC"
    )
    assert "Refused: 1 prospect\n" in text
    assert "the address may not be written to any more: asked by phone" in text
    assert "anna2@firm2.example" in text

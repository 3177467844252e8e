"""The preparation stage: choose the pains with evidence, build the draft presentation, lint it, move on."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

from closeloop.application.deciding import Outcome, note, save
from closeloop.application.results import StageResult, Tally
from closeloop.application.services import BATCH, Services
from closeloop.domain.business_days import add_business_days
from closeloop.domain.decisions import Advance, AskHuman
from closeloop.domain.preparation import decide, deck_content
from closeloop.domain.presentation_content import Finding
from closeloop.domain.stage import Stage, Standing

DECKS = "decks"
HUMAN_DAYS = 5


def run_batch(services: Services, run_id: str, now: datetime, limit: int = BATCH) -> StageResult:
    """Draft for at most `limit` prospects that are due."""
    due = services.ledger.due([Stage.PREPARATION], now, limit, [Standing.OPEN])
    tally = Tally(Stage.PREPARATION.value)
    outcomes = [Outcome(services, prospect, run_id, now) for prospect in due]
    for outcome in outcomes:
        _prepare(outcome, tally)
    save(services, outcomes)
    tally.considered = len(due)
    return tally.result()


def _prepare(outcome: Outcome, tally: Tally) -> None:
    services, now = outcome.services, outcome.now
    note(tally, outcome.take(decide(outcome.prospect, services.playbook, now)))
    name = str(PurePosixPath(DECKS, f"{outcome.prospect.key}.pptx"))
    findings = services.decks.build(
        deck_content(outcome.prospect, services.playbook, now.date()), services.home / name
    )
    if findings:
        _ask_about(findings, outcome, tally)
        return
    outcome.change(deck=name)
    note(tally, outcome.take(_ready(now)))


def _ready(now: datetime) -> Advance:
    return Advance(
        rule="preparation.draft_passed", reasons=("the draft passed its lint",), to=Stage.APPROACH, due_at=now
    )


def _ask_about(findings: tuple[Finding, ...], outcome: Outcome, tally: Tally) -> None:
    problems = tuple(f"slide {found.slide}: {found.problem}" for found in findings)
    tally.fail(outcome.prospect.key, problems[0])
    asked = AskHuman(
        rule="preparation.draft_failed",
        reasons=problems,
        subject=f"The draft presentation needs a hand: {problems[0]}"[:255],
        until=add_business_days(outcome.now, HUMAN_DAYS),
    )
    note(tally, outcome.take(asked))

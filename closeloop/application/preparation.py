"""The preparation stage: choose the pains with evidence, build the draft presentation, lint it, move on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath

from closeloop.application import deck_approval, deck_files
from closeloop.application.deciding import Outcome, failed, note, note_overtaken, save
from closeloop.application.results import StageResult, Tally
from closeloop.application.rewording import reword
from closeloop.application.services import BATCH, Services
from closeloop.domain import deck_facts
from closeloop.domain.approval_rules import deck_needs
from closeloop.domain.business_days import add_business_days
from closeloop.domain.decisions import AskHuman
from closeloop.domain.deck_drafting import deck_content
from closeloop.domain.file_names import named_for
from closeloop.domain.preparation import decide
from closeloop.domain.presentation_content import DeckContent, Finding, without_doubtful
from closeloop.domain.rewording import without_words
from closeloop.domain.stage import Stage, Standing

DECKS = "decks"
HUMAN_DAYS = 5
FAILED = "preparation.draft_failed"
Built = tuple[Outcome, DeckContent, tuple[Finding, ...]]


def run_batch(services: Services, run_id: str, now: datetime, limit: int = BATCH) -> StageResult:
    """Draft for at most `limit` prospects that are due."""
    due = services.ledger.due([Stage.PREPARATION], now, limit, [Standing.OPEN])
    tally = Tally(Stage.PREPARATION.value)
    outcomes = [Outcome(services, prospect, run_id, now) for prospect in due]
    left = deck_approval.undecided(outcomes, tally)
    asked = _asked_before(services, left)
    chosen = [outcome for outcome in left if _choose(outcome, tally)]
    reword(chosen, services, run_id, now, tally)
    for outcome, content, findings in _built(chosen, asked, services, tally):
        _conclude(outcome, content, findings, tally)
    note_overtaken(tally, save(services, outcomes))
    tally.considered = len(due)
    return tally.result()


def _asked_before(services: Services, outcomes: Sequence[Outcome]) -> set[str]:
    """Prospects whose owner was asked about their draft the last time and had days to answer."""
    last = services.ledger.last_decisions([outcome.before.key for outcome in outcomes])
    return {key for key, row in last.items() if row.rule == FAILED}


def _choose(outcome: Outcome, tally: Tally) -> bool:
    """Choose what the deck is about; False for a prospect that is held because its rule failed."""
    services, now = outcome.services, outcome.now
    try:
        note(tally, outcome.take(decide(outcome.prospect, services.playbook, now)))
    except Exception as problem:  # noqa: BLE001 - whatever one prospect does to a rule, the batch goes on
        note(tally, outcome.take(failed(outcome.prospect, problem, now, tally)))
        return False
    return True


def _built(chosen: Sequence[Outcome], asked: set[str], services: Services, tally: Tally) -> list[Built]:
    """Each draft with its findings; one that does not hold a model's words is built in the playbook's own."""
    built = _build(chosen, asked, services, tally)
    again = [outcome for outcome, _, findings in built if findings and outcome.prospect.rewording]
    for outcome in again:
        outcome.change(rewording=outcome.prospect.rewording and without_words(outcome.prospect.rewording))
    anew = {id(one[0]): one for one in _build(again, asked, services, tally)} if again else {}
    return [anew.get(id(one[0]), one) for one in built]


def _build(outcomes: Sequence[Outcome], asked: set[str], services: Services, tally: Tally) -> list[Built]:
    drafts = [(outcome, draft) for outcome in outcomes if (draft := _draft(outcome, asked, tally)) is not None]
    found = services.decks.build_all([draft for _, draft in drafts])
    return [(outcome, content, problems) for (outcome, (content, _)), problems in zip(drafts, found, strict=True)]


def _draft(outcome: Outcome, asked: set[str], tally: Tally) -> tuple[DeckContent, Path] | None:
    """What the deck says and where it goes; None for a prospect that is held because its rule failed.

    What the owner was asked about and left as it was is left out, so that nobody waits for ever for a better fact.
    """
    services, now = outcome.services, outcome.now
    try:
        content = deck_content(outcome.prospect, services.playbook, now.date())
        content = without_doubtful(content) if outcome.before.key in asked else content
        return content, services.home / _name(outcome)
    except Exception as problem:  # noqa: BLE001 - whatever one prospect does to a rule, the batch goes on
        note(tally, outcome.take(failed(outcome.prospect, problem, now, tally)))
        return None


def _name(outcome: Outcome) -> str:
    return str(PurePosixPath(DECKS, named_for(outcome.prospect.company, outcome.prospect.key, "pptx")))


def _conclude(outcome: Outcome, content: DeckContent, findings: tuple[Finding, ...], tally: Tally) -> None:
    if findings:
        _ask_about(findings, outcome, tally)
        return
    remembered, actions = deck_files.planned(outcome.prospect, _name(outcome), outcome.services, outcome.now)
    outcome.change(deck=_name(outcome), **remembered)
    outcome.change(deck_facts=deck_facts.remembered(outcome.prospect, content), deck_outdated=None)
    outcome.actions.extend(actions)
    if deck_needs(outcome.prospect, outcome.services.playbook):
        deck_approval.ask(outcome, tally)
    else:
        note(tally, outcome.take(deck_approval.ready(("the draft passed its lint",), outcome.now)))


def _ask_about(findings: tuple[Finding, ...], outcome: Outcome, tally: Tally) -> None:
    problems = tuple(f"slide {found.slide}: {found.problem}" for found in findings)
    report = tally.fail if any(found.broken for found in findings) else tally.wait
    report(outcome.prospect.key, problems[0])
    asked = AskHuman(
        rule=FAILED,
        reasons=problems,
        subject=f"The draft presentation needs a hand: {problems[0]}"[:255],
        until=add_business_days(outcome.now, HUMAN_DAYS),
    )
    note(tally, outcome.take(asked))

"""The next step of an open deal: what a gap is, what it gets, and that nobody is left with one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.domain.actions import ActionKind
from closeloop.domain.next_steps import gap, repair, sells
from closeloop.domain.prospect import NextStep, Prospect
from closeloop.domain.stage import Profile, Stage, Standing
from closeloop.domain.transitions import apply
from tests.unit.domain.people import NOW, playbook, prospect

DEALS = [Stage.PRESENTATION, Stage.OBJECTIONS, Stage.CLOSING, Stage.FOLLOW_UP]
STEPS = st.none() | st.builds(
    NextStep,
    what=st.sampled_from(["Meeting with Okafor", "Decision on the offer", " "]),
    on=st.dates(date(2025, 12, 1), date(2026, 2, 1)),
    why=st.sampled_from(["", "they named no day"]),
)
DUE = st.none() | st.integers(-20, 40).map(lambda days: NOW + timedelta(days=days))


def deal(**fields: Any) -> Prospect:
    return prospect(**({"stage": Stage.CLOSING, "profile": Profile.OPPORTUNITY} | fields))


def mended(person: Prospect) -> tuple[Prospect, list[str]]:
    decision = repair(person, playbook(), NOW)
    assert decision is not None
    applied = apply(decision, person, playbook(), NOW)
    return applied.prospect, [action.payload["subject"] for action in applied.actions]


@settings(deadline=None)
@given(stage=st.sampled_from(DEALS), standing=st.sampled_from(Standing), step=STEPS, due_at=DUE)
def test_after_one_repair_no_deal_has_a_gap_and_none_is_repaired_without_one(
    stage: Stage, standing: Standing, step: NextStep | None, due_at: Any
) -> None:
    person = deal(stage=stage, standing=standing, next_step=step, due_at=due_at)
    decision = repair(person, playbook(), NOW)
    assert (decision is None) == (gap(person, NOW.date()) is None)
    if decision is None:
        return
    after = apply(decision, person, playbook(), NOW).prospect
    assert gap(after, NOW.date()) is None
    assert after.next_step is not None
    assert after.next_step.why, "our own step names the reason that nothing is agreed"
    assert after.due_at == person.due_at, "what is due stays due"
    assert repair(after, playbook(), NOW) is None


def test_where_we_go_on_by_ourselves_that_is_the_next_step_and_nobody_is_bothered() -> None:
    later = NOW + timedelta(days=5)
    after, tasks = mended(deal(next_step=None, due_at=later))
    assert after.next_step == NextStep(
        what="We ask for the order", on=later.date(), why="nothing was agreed and nothing planned"
    )
    assert tasks == []


def test_where_only_a_person_can_help_the_owner_is_asked_for_what_the_stage_sells() -> None:
    past = NextStep(what="Meeting with Okafor", on=NOW.date() - timedelta(days=3))
    after, tasks = mended(deal(stage=Stage.PRESENTATION, next_step=past, due_at=None))
    assert tasks == [
        "Agree with Okafor, Volvo, on half an hour with everybody who decides: "
        "“Meeting with Okafor” was for 2 January 2026, and nothing has followed"
    ]
    assert after.next_step is not None
    assert after.next_step.on > NOW.date()


def test_each_repair_that_asks_a_person_is_a_task_of_its_own() -> None:
    first = deal(next_step=None, due_at=None)
    keys = set()
    for _ in range(2):
        decision = repair(first, playbook(), NOW)
        assert decision is not None
        applied = apply(decision, first, playbook(), NOW)
        keys |= {action.key for action in applied.actions if action.kind is ActionKind.TASK}
        first = applied.prospect.model_copy(update={"next_step": None})
    assert len(keys) == 2


@pytest.mark.parametrize("stage", DEALS)
def test_every_stage_sells_something_also_where_the_playbook_does_not_say(stage: Stage) -> None:
    silent = playbook().model_copy(
        update={"stages": {s: rule.model_copy(update={"sells": None}) for s, rule in playbook().stages.items()}}
    )
    assert sells(stage, silent)


@pytest.mark.parametrize("standing", [one for one in Standing if one is not Standing.OPEN])
def test_whoever_is_no_open_deal_needs_no_next_step(standing: Standing) -> None:
    assert gap(deal(standing=standing, next_step=None), NOW.date()) is None

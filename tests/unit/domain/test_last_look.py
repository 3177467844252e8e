"""What the tests hold unit/domain to: last look."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.actions import Action, ActionKind
from closeloop.domain.last_look import SEND, World, verdict
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Profile, Stage, Standing
from tests.unit.domain.people import KEY, NOW, prospect

GOOD = World(exists_in_crm=True, crm_owner="0055f000001SeLLAAA", crm_status="Working - Contacted")


def mail(stage: Stage = Stage.APPROACH) -> Action:
    return Action(key=f"email:{KEY}:x:1:1", kind=ActionKind.EMAIL, prospect_key=KEY, stage=stage, due_at=NOW)


def person(**fields: Any) -> Prospect:
    return prospect(**({"stage": Stage.APPROACH} | fields))


def test_a_mail_goes_when_nothing_speaks_against_it() -> None:
    assert verdict(mail(), person(), GOOD) == SEND


@pytest.mark.parametrize(
    "change",
    [
        {"exists_in_crm": False},
        {"opted_out": True},
        {"do_not_contact": True},
        {"crm_closed": True},
        {"suppressed": "bounced"},
    ],
)
def test_each_no_of_the_world_skips_the_mail_for_good(change: dict[str, Any]) -> None:
    found = verdict(mail(), person(), GOOD.model_copy(update=change))
    assert not found.go
    assert not found.wait
    assert found.reason


@pytest.mark.parametrize("change", [{"reply_waiting": True}, {"crm_owner": "0055f000001OtHeAAA"}])
def test_what_is_still_to_be_read_makes_the_mail_wait(change: dict[str, Any]) -> None:
    found = verdict(mail(), person(), GOOD.model_copy(update=change))
    assert not found.go
    assert found.wait


def test_a_mail_planned_in_a_stage_the_prospect_has_left_is_skipped() -> None:
    assert "now in closing" in verdict(mail(), person(stage=Stage.CLOSING), GOOD).reason


def test_the_owner_of_a_deal_is_not_compared_with_the_owner_of_its_lead() -> None:
    deal = person(profile=Profile.OPPORTUNITY)
    assert verdict(mail(), deal, GOOD.model_copy(update={"crm_owner": "0055f000001OtHeAAA"})).go


@given(
    world=st.builds(
        World,
        exists_in_crm=st.booleans(),
        opted_out=st.booleans(),
        do_not_contact=st.booleans(),
        crm_closed=st.booleans(),
        reply_waiting=st.booleans(),
        suppressed=st.none() | st.just("x"),
    ),
    standing=st.sampled_from(Standing),
)
def test_nobody_who_said_no_is_ever_written_to(world: World, standing: Standing) -> None:
    found = verdict(mail(), person(standing=standing), world)
    forbidden = world.opted_out or world.do_not_contact or world.suppressed or not standing.may_be_written_to
    assert not (found.go and forbidden)

"""What a decision does to a prospect, where the tests of the stages do not say it already."""

from __future__ import annotations

from datetime import timedelta

from closeloop.domain.decisions import Channel, Touch
from closeloop.domain.prospect import NextStep
from closeloop.domain.stage import Profile, Stage
from closeloop.domain.touched import COME_BACK
from closeloop.domain.transitions import apply
from tests.unit.domain.people import NOW, playbook, prospect

LATER = NOW + timedelta(days=4)
MAIL = Touch(
    rule="closing.alternative",
    reasons=("x",),
    channel=Channel.EMAIL,
    template="close_alternative",
    step=1,
    sequence="closing",
    then_wait_until=LATER,
)


def next_step_after_a_mail(step: NextStep | None, profile: Profile) -> NextStep | None:
    person = prospect(stage=Stage.CLOSING, profile=profile, next_step=step)
    return apply(MAIL, person, playbook(), NOW).prospect.next_step


def test_a_deal_whose_next_step_is_past_gets_our_own_until_there_is_a_better_one() -> None:
    past = NextStep(what="Decision on the offer", on=NOW.date())
    why = "no answer yet to our email of 5 January 2026"
    ours = NextStep(what=COME_BACK, on=LATER.date(), why=why)
    assert next_step_after_a_mail(past, Profile.OPPORTUNITY) == ours
    assert next_step_after_a_mail(None, Profile.OPPORTUNITY) == ours


def test_what_was_agreed_for_a_later_day_stands() -> None:
    agreed = NextStep(what="Decision on the offer", on=LATER.date())
    assert next_step_after_a_mail(agreed, Profile.OPPORTUNITY) == agreed


def test_a_prospect_who_is_no_deal_needs_no_next_step() -> None:
    assert next_step_after_a_mail(None, Profile.PROSPECT) is None

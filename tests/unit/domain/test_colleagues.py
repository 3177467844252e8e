"""While somebody at an account buys or talks with us, nobody else there gets cold mail."""

from __future__ import annotations

from typing import Any

import pytest

from closeloop.domain.colleagues import hold_for
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Profile, Stage, Standing
from tests.unit.domain.people import NOW, prospect


def colleague(**fields: Any) -> Prospect:
    return prospect(**({"key": "00QCOLLEAGUE", "email": "ben@volvo.example"} | fields))


CUSTOMER: dict[str, Any] = {
    "standing": Standing.CUSTOMER,
    "profile": Profile.OPPORTUNITY,
    "stage": Stage.FOLLOW_UP,
}
DEAL: dict[str, Any] = {"profile": Profile.OPPORTUNITY, "stage": Stage.CLOSING}


@pytest.mark.parametrize(("fields", "what"), [(CUSTOMER, "is a customer"), (DEAL, "has an open deal")])
def test_a_colleague_in_play_holds_the_others_and_is_named_as_the_reason(fields: dict[str, Any], what: str) -> None:
    held = hold_for(prospect(stage=Stage.APPROACH), [colleague(**fields)], NOW)
    assert held is not None
    assert held.reasons == (f"a colleague at Volvo {what}",)
    assert held.until is not None
    assert held.until > NOW


@pytest.mark.parametrize(
    "fields",
    [
        {"stage": Stage.APPROACH},
        {"standing": Standing.LOST, "profile": Profile.OPPORTUNITY},
        {"standing": Standing.STOPPED, "profile": Profile.OPPORTUNITY},
        {"standing": Standing.NURTURE},
    ],
)
def test_a_colleague_who_is_not_in_play_holds_nobody(fields: dict[str, Any]) -> None:
    assert hold_for(prospect(stage=Stage.APPROACH), [colleague(**fields)], NOW) is None


@pytest.mark.parametrize("fields", [CUSTOMER, DEAL])
def test_who_is_in_play_themselves_is_never_held_for_a_colleague(fields: dict[str, Any]) -> None:
    assert hold_for(prospect(**fields), [colleague(**CUSTOMER)], NOW) is None


def test_nobody_is_held_for_themselves() -> None:
    person = prospect(**DEAL)
    assert hold_for(person.model_copy(update={"profile": Profile.LEAD}), [person], NOW) is None

"""What the tests hold unit/domain to: several people of one account."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.account_pace import paced
from closeloop.domain.business_days import add_business_days
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Enrollment, Prospect
from closeloop.domain.sending_rules import AccountRule
from closeloop.domain.stage import Stage
from tests.unit.domain.people import NOW, playbook, prospect

DAY = timedelta(days=1)


def rules(at_once: int, between: int) -> Playbook:
    pace = AccountRule(people_at_once=at_once, days_between=between)
    return playbook().model_copy(update={"account": pace})


def people(number: int) -> list[Prospect]:
    return [prospect({}, key=f"00Q{n:03}", stage=Stage.APPROACH, score=n % 3) for n in range(number)]


def begun(person: Prospect, day: int) -> Prospect:
    entered = Enrollment(sequence="s", step=1, playbook_version="1", started_at=NOW + day * DAY)
    return person.model_copy(update={"enrollment": entered})


@given(number=st.integers(1, 9), at_once=st.integers(1, 3), between=st.integers(0, 4), stay=st.integers(1, 20))
def test_never_more_at_once_never_closer_together_and_everybody_has_a_turn(
    number: int, at_once: int, between: int, stay: int
) -> None:
    waiting = {person.key: person for person in people(number)}
    busy: dict[str, int] = {}
    starts: list[int] = []
    for day in range(400):
        now = NOW + day * DAY
        busy = {key: since for key, since in busy.items() if day < since + stay}
        outreach = [begun(prospect({}, key=key, stage=Stage.APPROACH), since) for key, since in busy.items()]
        held = paced(list(waiting.values()), outreach, rules(at_once, between), now)
        assert all(hold.until is not None and hold.until > now for hold in held.values())
        for key in waiting.keys() - held.keys():
            busy[key] = day
            starts.append(day)
            del waiting[key]
        assert len(busy) <= at_once
        if not waiting:
            break
    assert not waiting
    # Who has left the outreach is no longer asked about: only those still inside keep the distance.
    inside = [(a, b) for a, b in pairwise(starts) if b < a + stay]
    assert all(NOW + b * DAY >= add_business_days(NOW + a * DAY, between) for a, b in inside)


def test_the_most_promising_begins() -> None:
    held = paced(people(3), [], rules(1, 0), NOW)
    assert sorted(held) == ["00Q000", "00Q001"]
    assert "hear from us, at most 1 may at once" in held["00Q000"].reasons[0]


def test_who_is_inside_a_sequence_goes_on_whatever_the_pace() -> None:
    inside = [begun(person, 0) for person in people(5)]
    assert paced(inside, inside, rules(1, 9), NOW) == {}


def test_without_the_rule_everybody_may_begin_at_once() -> None:
    assert paced(people(5), [], playbook(), NOW) == {}

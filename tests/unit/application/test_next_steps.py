"""The pass that keeps the promise: no open deal without a next step, over whatever happened before."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from closeloop.application.passes import GROUPS
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.next_steps import gap
from closeloop.domain.prospect import NextStep, Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Profile, Stage
from tests.fakes.services import DAY, Company

HAPPENS = st.one_of(
    st.tuples(st.just("reply"), st.sampled_from([label for label in Label if label is not Label.BOUNCE])),
    st.tuples(st.just("wait"), st.integers(1, 40)),
    st.tuples(st.just("run"), st.sampled_from(GROUPS["all"])),
    st.tuples(st.just("event"), st.sampled_from(["hour", "moved", "deleted"])),
)


def lacking(company: Company) -> list[str]:
    today = company.now.date()
    return [person.key for person in company.ledger.people.values() if gap(person, today) is not None]


def happen(company: Company, people: list[Prospect], who: int, what: tuple[str, object]) -> None:
    kind, value = what
    person = people[who % len(people)]
    if kind == "reply":
        company.receive(company.reply(person, Label(str(value)), "what they wrote"))
    elif kind == "wait":
        company.wait(timedelta(days=int(str(value))))
    elif kind == "run":
        company.run(str(value))
    else:
        change_event(company, str(value))


def change_event(company: Company, how: str) -> None:
    for row in company.crm.rows("Event")[:1]:
        if how == "deleted":
            company.crm.change("Event", row["Id"], IsDeleted=True)
        else:
            at = company.now + (2 if how == "hour" else 9) * DAY
            company.crm.change("Event", row["Id"], IsAllDayEvent=False, StartDateTime=at.isoformat())


@given(history=st.lists(st.tuples(st.integers(0, 2), HAPPENS), max_size=14))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_over_random_histories_no_open_deal_lacks_a_next_step_after_a_cycle(
    history: list[tuple[int, tuple[str, object]]],
) -> None:
    company = Company()
    people = [company.written_to(name, domain=f"{name}.example") for name in ("anna", "ben", "cleo")]
    for who, what in history:
        happen(company, people, who, what)
        company.run("next_steps")
        assert lacking(company) == []
    for name in GROUPS["all"]:
        company.run(name)
    assert lacking(company) == []


def without_a_step(company: Company, name: str) -> Prospect:
    fields = {"stage": Stage.CLOSING, "profile": Profile.OPPORTUNITY, "due_at": None, "next_step": None}
    return company.person(name, domain=f"{name}.example", **fields)


def test_every_deal_is_looked_at_in_batches_and_a_second_pass_changes_nothing(company: Company) -> None:
    people = [without_a_step(company, f"p{number}") for number in range(7)]
    first = company.run("next_steps")
    assert (first.considered, first.counts) == (7, {"next steps set": 7})
    after = [company.see(person) for person in people]
    again = company.run("next_steps")
    assert (again.considered, again.counts) == (7, {})
    assert [company.see(person) for person in people] == after


def test_a_repair_stands_in_the_story_with_its_reason(company: Company) -> None:
    person = without_a_step(company, "anna")
    company.run("next_steps")
    lines = [line.text for line in company.ledger.story(person.key) if line.kind == "decision"]
    assert lines == [
        "In closing, decided: set the next step, because nothing was agreed and nothing planned; "
        "the owner is asked to agree on the order."
    ]


def test_the_owners_task_rides_in_the_batch_of_the_sync_and_no_deal_costs_a_call(company: Company) -> None:
    for number in range(30):
        without_a_step(company, f"p{number}")
    before = company.crm.calls_made()
    company.run("next_steps")
    assert company.crm.calls_made() == before
    kept = [one for one in company.ledger.kept.values() if one.action.kind is ActionKind.TASK]
    assert [one.state for one in kept] == [ActionState.PLANNED] * 30


def test_a_step_that_still_lies_ahead_is_left_alone(company: Company) -> None:
    ahead = NextStep(what="Decision on the offer", on=(company.now + 2 * DAY).date())
    person = company.person(stage=Stage.CLOSING, profile=Profile.OPPORTUNITY, next_step=ahead, due_at=None)
    company.run("next_steps")
    assert company.see(person).next_step == ahead

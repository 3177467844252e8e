"""Events come late, twice and in any order, in posts of any size; in the end the books say the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.adapters.sendgrid.events import event_signals
from closeloop.domain.actions import ActionKind, ActionState, Settlement
from tests.fakes.services import Company

PEOPLE = 4
TAKEN = ("processed", "delivered", "open", "click", "bounce", "blocked", "spamreport", "unsubscribe")
Event = dict[str, Any]
Told = tuple[int, str, int]
"""Who, what, and how many minutes after the mail."""


def company_that_wrote() -> Company:
    """Four people were written to; of two mails it is not known whether they went out."""
    company = Company()
    people = [company.written_to(f"p{n}", domain=f"firm{n}.example") for n in range(PEOPLE)]
    services = company.services
    claimed = services.ledger.claim(ActionKind.EMAIL, company.now, services.worker, PEOPLE, services.lease)
    states = (ActionState.ACCEPTED, ActionState.UNCERTAIN)
    services.ledger.settle(
        [Settlement(key=a.key, state=states[n % 2], attempt=a.attempt) for n, a in enumerate(claimed)],
        company.now,
    )
    assert len(people) == len(claimed)
    return company


def post_of(company: Company, told: Sequence[Told]) -> list[Event]:
    """These events as SendGrid posts them."""
    people = sorted(company.ledger.people.values(), key=lambda person: person.email)
    mails = {person.key: company.mail(person) for person in people}
    return [
        {
            "event": "bounce" if name == "blocked" else name,
            **({"type": "blocked"} if name == "blocked" else {}),
            "email": people[who].email,
            "timestamp": int((company.now + timedelta(minutes=minutes)).timestamp()),
            "sg_event_id": f"{who}-{name}-{minutes}",
            "sg_message_id": f"message-{who}.recvd-1.0",
            "action_key": mails[people[who].key].key,
        }
        for who, name, minutes in told
    ]


def books(company: Company) -> dict[str, Any]:
    """Everything that decides what happens next."""
    people = company.ledger.people
    return {
        "people": {
            key: (p.standing, p.stage, p.opted_out, p.reason, p.due_at) for key, p in sorted(people.items())
        },
        "mails": {key: kept.state for key, kept in sorted(company.ledger.kept.items()) if key.startswith("email:")},
        "suppressed": set(company.ledger.suppressed([p.email for p in people.values()])),
    }


@st.composite
def streams(draw: st.DrawFn) -> list[Told]:
    """What can be told of four mails: one that was dropped has no other news, any other has any."""
    told: list[Told] = []
    for who in range(PEOPLE):
        minutes = st.integers(1, 5000)
        if draw(st.booleans()):
            news = draw(st.lists(st.tuples(st.sampled_from(TAKEN), minutes), max_size=5, unique=True))
        else:
            news = [("dropped", draw(minutes))]
        told += [(who, name, minute) for name, minute in news]
    return told


@settings(max_examples=80, deadline=None)
@given(st.data(), streams())
def test_any_order_and_any_repetition_of_events_ends_in_the_same_books(
    data: st.DataObject, told: list[Told]
) -> None:
    again = data.draw(st.lists(st.sampled_from(told), max_size=6)) if told else []
    shuffled = data.draw(st.permutations([*told, *again]))
    size = data.draw(st.integers(1, 8))
    posts = [shuffled[start : start + size] for start in range(0, len(shuffled), size)]
    assert books(after(posts)) == books(after([told]))


def after(posts: Sequence[Sequence[Told]]) -> Company:
    """A company that was told this, post by post."""
    company = company_that_wrote()
    for post in posts:
        company.ledger.receive(event_signals(post_of(company, post)), company.now)
        company.run("receive")
    return company


def test_an_event_under_another_id_is_the_same_event() -> None:
    company = company_that_wrote()
    (event,) = post_of(company, [(0, "delivered", 3)])
    assert company.ledger.receive(event_signals([event, event | {"sg_event_id": "another"}]), company.now) == 1

"""What every mailer promises the use cases: the fake in memory, and the SendGrid adapter on real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from closeloop.domain.actions import ActionState
from tests.contract.mail_providers import FakeProvider, Provider, SendGridProvider, digest, outgoing
from tests.fakes.mailer import Does
from tests.scripted_server import scripted_server


@pytest.fixture(params=["fake", "sendgrid"])
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    if request.param == "fake":
        yield FakeProvider()
        return
    with scripted_server() as script:
        yield SendGridProvider(request.getfixturevalue("sandbox"), script)


def test_each_mail_arrives_once_as_it_was_written_under_its_own_key(provider: Provider) -> None:
    mails = [outgoing(n) for n in range(5)]
    outcomes = provider.mailer(Does.ACCEPT).send(mails)
    assert {(o.action_key, o.state) for o in outcomes} == {(m.action_key, ActionState.ACCEPTED) for m in mails}
    assert all(outcome.provider_id for outcome in outcomes)
    assert provider.arrived() == {m.action_key: (m.to, m.mail.subject, digest(m.mail.text)) for m in mails}


@pytest.mark.parametrize(
    ("does", "state"),
    [
        (Does.REJECT, ActionState.REJECTED),
        (Does.RETRY, ActionState.PLANNED),
        (Does.LOSE, ActionState.UNCERTAIN),
    ],
)
def test_what_is_known_about_a_mail_is_said_with_a_reason(
    provider: Provider, does: Does, state: ActionState
) -> None:
    (outcome,) = provider.mailer(does).send([outgoing()])
    assert outcome.state is state
    assert outcome.detail
    assert (outcome.retry_after is not None) == (state is ActionState.PLANNED)
    assert provider.arrived() == {}


def test_no_mails_are_no_outcomes(provider: Provider) -> None:
    assert provider.mailer(Does.ACCEPT).send([]) == []

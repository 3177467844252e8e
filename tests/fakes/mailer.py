"""A mail provider that does what the test tells it to, and remembers what really arrived."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import Enum

from closeloop.application.ports import Clock, Evidence, HeldBatch, MailInDoubt, OutgoingMail, SendOutcome
from closeloop.domain.actions import ActionState
from closeloop.domain.judge import Arrived


class ProviderCrashed(RuntimeError):
    """Our process dies in the middle of a send: no error of ours, so nobody catches it."""


class Does(Enum):
    """What the provider does with one mail."""

    ACCEPT = "accept"
    REJECT = "reject"
    RETRY = "retry"
    LOSE = "no answer, and it did not arrive"
    ARRIVE_SILENTLY = "no answer, though it arrived"
    CRASH = "we die before the request"
    ARRIVE_AND_CRASH = "we die after the request"

    @property
    def arrives(self) -> bool:
        return self in {Does.ACCEPT, Does.ARRIVE_SILENTLY, Does.ARRIVE_AND_CRASH}


STATES = {
    Does.ACCEPT: ActionState.ACCEPTED,
    Does.REJECT: ActionState.REJECTED,
    Does.RETRY: ActionState.PLANNED,
    Does.LOSE: ActionState.UNCERTAIN,
    Does.ARRIVE_SILENTLY: ActionState.UNCERTAIN,
}


class MemoryMailer:
    """Implements `closeloop.application.ports.Mailer`. Accepts whatever it has no other orders for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.orders: deque[Does] = deque()
        self.requests: list[list[OutgoingMail]] = []
        self.arrived: list[Arrived] = []
        self.records = False
        """Whether its records may be read: few accounts pay for them."""
        self.gone: set[str] = set()
        """Batches that it confirms to have called back."""
        self.asked_back: list[str] = []
        self.holds_for: timedelta | None = None
        """How long it holds what it takes; what it holds arrives when `release` is called."""
        self.held: dict[str, list[OutgoingMail]] = {}

    def then(self, *orders: Does) -> None:
        """What to do with the next mails, one order for each."""
        self.orders.extend(orders)

    @property
    def sent(self) -> list[OutgoingMail]:
        """Every mail that was ever handed over, in order."""
        return [mail for request in self.requests for mail in request]

    def ready(self) -> None:
        """Always."""

    def send(self, mails: Sequence[OutgoingMail]) -> list[SendOutcome]:
        self.requests.append(list(mails))
        doings = [self.orders.popleft() if self.orders else Does.ACCEPT for _ in mails]
        if self.holds_for and set(doings) == {Does.ACCEPT}:
            return self._hold(mails, self.holds_for)
        self._arrive(mail for mail, does in zip(mails, doings, strict=True) if does.arrives)
        if {Does.CRASH, Does.ARRIVE_AND_CRASH} & set(doings):
            raise ProviderCrashed
        return [_outcome(mail, does) for mail, does in zip(mails, doings, strict=True)]

    def evidence(self, mails: Sequence[MailInDoubt]) -> Evidence:
        if not self.records:
            return Evidence(silence="answered 403")
        arrived = {mail.key for mail in self.arrived}
        asked = {mail.action_key for mail in mails}
        return Evidence(accepted=dict.fromkeys(asked & arrived, "message-2"), absent=frozenset(asked - arrived))

    def call_back(self, batches: Sequence[HeldBatch]) -> frozenset[str]:
        ids = list(dict.fromkeys(batch.id for batch in batches))
        self.asked_back += ids
        for batch in self.gone.intersection(ids):
            self.held.pop(batch, None)
        return frozenset(self.gone.intersection(ids))

    def _hold(self, mails: Sequence[OutgoingMail], wait: timedelta) -> list[SendOutcome]:
        batch = HeldBatch(id=f"batch-{len(self.requests)}", leaves_at=self._clock.now() + wait)
        self.held[batch.id] = list(mails)
        return [
            SendOutcome(
                action_key=mail.action_key,
                state=ActionState.UNCERTAIN,
                detail="handed over",
                provider_id="message-1",
                held=batch,
            )
            for mail in mails
        ]

    def release(self) -> None:
        """All that is held and was not called back leaves."""
        self._arrive(mail for mails in self.held.values() for mail in mails)
        self.held.clear()

    def _arrive(self, mails: Iterable[OutgoingMail]) -> None:
        self.arrived += [
            Arrived(
                at=self._clock.now(),
                to=mail.to,
                key=mail.action_key,
                subject=mail.mail.subject,
                body=mail.mail.text,
            )
            for mail in mails
        ]


def _outcome(mail: OutgoingMail, does: Does) -> SendOutcome:
    state = STATES[does]
    return SendOutcome(
        action_key=mail.action_key,
        state=state,
        detail="" if state is ActionState.ACCEPTED else does.value,
        provider_id="message-1" if state is ActionState.ACCEPTED else None,
        retry_after=timedelta(minutes=5) if state is ActionState.PLANNED else None,
    )

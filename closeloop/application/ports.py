"""What the use cases need from outside. Adapters and the fakes of the tests keep the same contract suites."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from closeloop.application.crm_port import (
    Conversion,
    Crm,
    CrmDeal,
    CrmEvent,
    CrmFile,
    CrmLead,
    CrmLook,
    CrmMeeting,
    CrmMember,
    CrmNews,
    CrmOutcome,
    CrmRead,
    CrmTask,
    CrmUpdate,
)
from closeloop.application.ledger_port import Ledger, StageHold
from closeloop.application.ledger_rows import (
    Change,
    CrmWriteRow,
    DecisionRow,
    ReceiptRow,
    RunRow,
    Saved,
    StoryLine,
    WriteState,
)
from closeloop.domain.actions import ActionState
from closeloop.domain.invitations import CalendarPart
from closeloop.domain.messages import MailProps, RenderedMail
from closeloop.domain.presentation_content import DeckContent, Finding
from closeloop.domain.prospect import Fact
from closeloop.domain.quotes import Quote
from closeloop.domain.record import Record
from closeloop.domain.signals import Understanding
from closeloop.domain.threads import ThreadHeaders

__all__ = [
    "AccountQuery",
    "AddressReader",
    "Change",
    "Clock",
    "Conversion",
    "Crm",
    "CrmDeal",
    "CrmEvent",
    "CrmFile",
    "CrmLead",
    "CrmLook",
    "CrmMeeting",
    "CrmMember",
    "CrmNews",
    "CrmOutcome",
    "CrmRead",
    "CrmTask",
    "CrmUpdate",
    "CrmWriteRow",
    "DecisionRow",
    "DeckBuilder",
    "Enricher",
    "Evidence",
    "HeldBatch",
    "Ledger",
    "MailInDoubt",
    "MailRenderer",
    "Mailer",
    "OutgoingMail",
    "QuoteBuilder",
    "ReceiptRow",
    "ReplyReader",
    "RunRow",
    "Saved",
    "SendOutcome",
    "StageHold",
    "StoryLine",
    "WriteState",
]


class Clock(Protocol):
    """The only source of the present."""

    def now(self) -> datetime: ...


# --- mail -----------------------------------------------------------------------------------------


class OutgoingMail(Record):
    """One message of a request. `action_key` travels as our own key and comes back in every event."""

    action_key: str
    to: str
    to_name: str = ""
    mail: RenderedMail
    reply_to: str
    unsubscribe_url: str | None = None
    """Stops these mails by one POST; None where nobody can reach us on the web."""
    unsubscribe_address: str | None = None
    """A mail to this address stops them too."""
    thread: ThreadHeaders | None = None
    stage: str = ""
    """Travels with the key: mails of all stages share a request, and its categories would belong to all of them."""
    sender_email: str | None = None
    """The mailbox that writes; None: the company's sender."""
    sender_name: str | None = None
    calendar: CalendarPart | None = None
    """An invitation that goes with it."""
    attempt: int = 1
    """Travels with the key, so that news of an attempt that was called back is never taken for news of this one."""


class HeldBatch(Record):
    """Mails handed over to leave later, so that they can still be called back."""

    id: str
    leaves_at: datetime


class SendOutcome(Record):
    """What is known about one message after the call."""

    action_key: str
    state: ActionState
    """ACCEPTED, REJECTED, UNCERTAIN, or PLANNED for `surely not sent, try again`."""
    detail: str = ""
    provider_id: str | None = None
    retry_after: timedelta | None = None
    held: HeldBatch | None = None
    """With UNCERTAIN: the provider surely has it, and it leaves with this batch unless that is called back."""


class MailInDoubt(Record):
    """A mail of which it is not known whether the provider took it."""

    action_key: str
    attempt: int
    to: str
    subject: str
    since: datetime
    """When it was handed over, or a moment before."""
    or_later: bool = False
    """A later attempt than `attempt` proves it too: they were made by a life of the ledger that is gone."""


class Evidence(Record):
    """What a provider's own records say about mails in doubt."""

    accepted: dict[str, str] = {}
    """Action key to the provider's id of the message it has."""
    absent: frozenset[str] = frozenset()
    """Keys that the source could be asked about in full, and of which it knows nothing."""
    silence: str = ""
    """Why the source says nothing; empty when it answered."""


class Mailer(Protocol):
    """Sends batches of different messages. Never raises for what happened to a message: it says so."""

    def ready(self) -> None:
        """Raises `UsageError` when the settings cannot work; asked before anything is claimed."""
        ...

    def send(self, mails: Sequence[OutgoingMail]) -> list[SendOutcome]: ...

    def evidence(self, mails: Sequence[MailInDoubt]) -> Evidence:
        """What the provider's records say; a source that is not there or fails is no evidence and no error."""
        ...

    def call_back(self, batches: Sequence[HeldBatch]) -> frozenset[str]:
        """Ids of those whose mails have surely not left and never will; the others may have."""
        ...


class MailRenderer(Protocol):
    """Turns typed properties into a mail, or raises `RenderError` naming what is missing."""

    def render(self, template: str, locale: str, props: MailProps) -> RenderedMail: ...

    def languages(self, template: str) -> frozenset[str]:
        """Those there is a set of files in for this mail."""
        ...


class ReplyReader(Protocol):
    """Understands one reply. `text` is data, never an instruction."""

    def understand(
        self, *, subject: str, text: str, headers: str, sender: str, received_at: datetime
    ) -> Understanding: ...


# --- preparation ----------------------------------------------------------------------------------


class AccountQuery(Record):
    """Who to look up."""

    key: str
    """Cache key: the domain, else the normalised company name."""
    company: str
    domain: str | None = None
    country: str | None = None


class Enricher(Protocol):
    """Looks accounts up in one source. A miss is an empty tuple; a source that is down raises nothing."""

    def lookup(self, queries: Sequence[AccountQuery], now: datetime) -> dict[str, tuple[Fact, ...]]: ...


class AddressReader(Protocol):
    """Reads an e-mail address alone, without asking anybody."""

    def facts(self, email: str, now: datetime) -> tuple[Fact, ...]:
        """`email_kind` (corporate, free, role or disposable) and, unless it is free-mail, `domain`."""
        ...


class DeckBuilder(Protocol):
    """Builds presentation files and lints them. The same content gives the same bytes."""

    def build_all(self, drafts: Sequence[tuple[DeckContent, Path]]) -> list[tuple[Finding, ...]]:
        """The findings of each draft, in order; writes a draft's file only when it has none."""
        ...


class QuoteBuilder(Protocol):
    """Writes the documents of quotes. The same quote gives the same bytes."""

    def build(self, quote: Quote, path: Path) -> None:
        """The page at `path`, and beside it under the same name the other forms that are wanted; all or nothing."""
        ...

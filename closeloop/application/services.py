"""What every use case is given: the ports, the playbook and the few settings that are rules of the house."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Lock

from closeloop.application.calendar_port import Calendars
from closeloop.application.ports import (
    AddressReader,
    Clock,
    Crm,
    DeckBuilder,
    Enricher,
    Ledger,
    Mailer,
    MailRenderer,
    QuoteBuilder,
    ReplyReader,
)
from closeloop.application.provider_port import Provider
from closeloop.application.stop_lists import StopLists
from closeloop.application.wording_port import WordingModel
from closeloop.domain.api_budget import DEFAULT_SHARE
from closeloop.domain.crm_mapping import CrmMapping
from closeloop.domain.playbook import Playbook
from closeloop.domain.retention import Retention

BATCH = 500
"""Prospects a task run works: enough to spread Prefect's cost, little enough to lose nothing much by a crash."""


class CallMeter:
    """Which of this process's CRM calls a recorded run has counted."""

    def __init__(self) -> None:
        self._counted = 0
        self._taking = Lock()

    def unrecorded(self, made: int) -> int:
        return max(0, made - self._counted)

    def take(self, made: int) -> int:
        """Those that no run has counted yet; from now on they count as recorded."""
        with self._taking:
            taken = self.unrecorded(made)
            self._counted += taken
            return taken


@dataclass(frozen=True)
class Services:
    """Everything outside, behind ports."""

    playbook: Playbook
    mapping: CrmMapping
    clock: Clock
    ledger: Ledger
    crm: Crm
    mailer: Mailer
    renderer: MailRenderer
    reader: ReplyReader
    addresses: AddressReader
    enrichers: Sequence[Enricher]
    decks: DeckBuilder
    quotes: QuoteBuilder
    calendars: Calendars
    home: Path
    secret: str = field(repr=False)
    """Signs reply and opt-out tokens."""
    crm_url: str | None = None
    """Where the org is seen in a browser; without it a record is named by its id alone."""
    public_url: str | None = None
    """Where the gateway is reached from outside; None leaves out the one-click opt-out link."""
    desk_url: str | None = None
    """Where people see the Prefect UI; named in the Tasks that ask for an approval."""
    track_clicks: bool = False
    """Links lead through our gateway, which notes who followed one; needs `public_url`."""
    worker: str = "worker"
    lease: timedelta = timedelta(minutes=10)
    facts_ttl: timedelta = timedelta(days=90)
    providers: tuple[Provider, ...] = ()
    """Sources of facts besides the registry files; the playbook says when each is asked."""
    api_share: float = DEFAULT_SHARE
    """Per cent of the org's API calls in 24 hours that are ours."""
    upload_decks: bool = True
    """Each draft presentation and each quote is put on its record in the CRM."""
    doubt_limit: timedelta = timedelta(days=1)
    """So long a mail may be in doubt before a person is asked to look."""
    absence_proves_after: timedelta | None = None
    """So long after an attempt the silence of the provider's records proves that nothing came in; None: never."""
    retention: Retention = field(default_factory=Retention)
    """How long words are kept."""
    stop_lists: StopLists | None = None
    """The mail provider's lists; None where nobody reads or writes them, as in a dry run."""
    campaign: str | None = None
    """Id of the campaign that the people we write to become members of."""
    wording: WordingModel | None = None
    """Puts a prospect's points in other words; None, as by default: the playbook's words stay."""
    meter: CallMeter = field(default_factory=CallMeter, repr=False, compare=False)

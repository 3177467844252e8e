"""The figures of the report: one frozen value that the terminal, the JSON and the HTML page all render from.

How each number is counted is said at its field. Money is in `currency`; rates are shares from 0 to 1; days
are calendar days. Invariant: nothing is computed while rendering, so every surface shows the same numbers.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from closeloop.domain.calibration import Calibration
from closeloop.domain.chances import StageChance
from closeloop.domain.decisions import Channel
from closeloop.domain.endings import Why
from closeloop.domain.forecast import Forecast, Money
from closeloop.domain.intervals import Rate
from closeloop.domain.persistence import Persistence
from closeloop.domain.record import Moment, Record, Share
from closeloop.domain.signals import Label
from closeloop.domain.speed import Speed
from closeloop.domain.stage import Stage, Standing
from closeloop.domain.state_of_mind import StateOfMind
from closeloop.domain.variants import Comparison


def stage_name(stage: Stage) -> str:
    """The stage as a person writes it: `follow-up`, not `follow_up`."""
    return stage.value.replace("_", "-")


class StageFigures(Record):
    """One stage, as the playbook weighs it and as it really went."""

    weight: float
    usual_days: int
    here: int
    """Open prospects in the stage now."""
    conversion: Share | None
    """Of those who were ever in this stage, the share that came to a later one; None when nobody was. Out of the
    objections, which are a side way, everybody went on who left them for another stage of the work."""
    median_days: float | None
    """Median stay of those who left forwards (`Advance`, `Qualified` or `Close`); None when nobody has."""
    left: int
    """Stays behind that median."""


class ApproachFigures(Record):
    """One way to open, measured by the people who answered it."""

    kind: str
    replied: Rate
    """Prospects who wrote back themselves (absence notes and bounces do not count), of those written to."""
    positive: Rate
    """Prospects who ever showed interest, proposed a meeting or asked a question, of those written to."""


class Cause(StrEnum):
    """Why a deal is stuck, in order of how directly the evidence speaks."""

    NO_AUTHORITY = "no_authority"
    SILENT_AFTER_PRICE = "silent_after_price"
    NO_NEXT_STEP = "no_next_step"
    NO_ANSWER = "no_answer"
    SINGLE_CONTACT = "single_contact"
    NO_PAIN_EVIDENCE = "no_pain_evidence"
    OVERDUE = "overdue"


class StalledDeal(Record):
    """An open deal that stands still, the one cause that explains it best, and what to do about it."""

    key: str
    deal: str
    contact: str
    owner: str
    record_id: str
    stage: Stage
    amount: Money | None
    days_in_stage: int
    cause: Cause
    evidence: str
    action: str
    state_of_mind: StateOfMind | None = None


class QualifiedProspect(Record):
    """A prospect worth the time, with its draft presentation."""

    key: str
    name: str
    title: str | None
    company: str
    record_id: str
    stage: Stage
    standing: Standing
    score: int | None
    amount: Money | None
    next_step: str | None
    next_step_on: date | None
    deck: str | None
    """Path relative to the home folder."""
    deck_outdated: str | None = None
    """What the presentation says that is no longer so."""
    state_of_mind: StateOfMind | None = None
    """Of somebody in play; None for the others."""


class Deals(Record):
    """Deals by how they stand. `paused` sleep until a date that the buyer or the playbook set."""

    won: int = 0
    lost: int = 0
    open: int = 0
    paused: int = 0


class Amounts(Record):
    """What those deals are worth; a deal without an amount adds nothing."""

    won: Money
    lost: Money
    open: Money
    paused: Money


class Deliverability(Record):
    """What became of our mails. The rates are over accepted mails."""

    accepted: int = 0
    rejected: int = 0
    uncertain: int = 0
    skipped: int = 0
    """The last look before sending found a reason not to."""
    waiting: int = 0
    bounces: int = 0
    """Prospects stopped because their address bounced."""
    opt_outs: int = 0
    """Prospects stopped because they asked for it in any words, legal threats included."""
    complaints: int = 0
    """Prospects stopped because they reported us as spam."""
    bounce_rate: Share | None = None
    complaint_rate: Share | None = None


class Held(Record):
    """One reason why the process waits."""

    stage: Stage
    rule: str
    reason: str
    """The most frequent words; addresses and dates are left out so that equal reasons meet."""
    prospects: int
    """Waiting for it now."""
    times: int
    """Decided since the ledger began."""
    needs_person: bool = False
    """True where a person is to act, not only time to pass."""


class Refused(Record):
    """A row that was kept out on import."""

    source: str
    line: int
    reason: str


class Spending(Record):
    """What asking others has cost in the month of the report, and what it may cost."""

    month: str
    """`2026-11`, in UTC."""
    credits: Decimal = Decimal(0)
    """Of the sources of facts, in their credits."""
    credits_limit: Decimal = Decimal(0)
    model_cost: Decimal = Decimal(0)
    """Of language models, in US dollars."""
    model_budget: Decimal = Decimal(0)
    model_tokens: int = 0


class Figures(Record):
    """Everything the report says."""

    as_of: Moment
    company: str
    product: str
    playbook_version: str
    currency: str

    leads: int
    funnel: dict[Stage, int]
    """How many were ever in each stage; a stage that was passed over does not count. Follow-up counts those who
    bought; the parked and the lost are kept warm there, which is no way forwards."""
    stages: dict[Stage, StageFigures]
    standings: dict[Standing, int]
    qualified: int
    """Prospects who ever reached preparation."""
    disqualified: int
    disqualified_for: dict[str, int]
    stopped_for: dict[str, int]
    best: tuple[QualifiedProspect, ...]
    """Qualified prospects still in play: open ones first, then by amount times willingness to buy; a long list is
    cut."""

    written_to: int
    """Prospects with at least one mail, sent or planned."""
    replied: Rate
    """Prospects who wrote back themselves, of those written to."""
    replies: dict[Label, int]
    """Replies by what decided about them."""
    touches_by_channel: dict[Channel, int]
    approaches: tuple[ApproachFigures, ...]
    comparisons: tuple[Comparison, ...] = ()
    """Steps with several wordings, and what may be said about them."""
    persistence: Persistence
    speed: Speed

    forecast: Forecast
    chances: tuple[StageChance, ...]
    """Stage weights as the playbook gives them and as ended deals make them."""
    learned_from: int
    """Ended deals behind them."""
    has_learned: bool
    """Whether these are enough to speak of."""
    calibration: Calibration
    deals: Deals
    endings: dict[str, dict[Why, int]] = Field(default_factory=dict)
    """`won` and `lost`: deals by why they ended, the most frequent first."""
    amounts: Amounts
    stalled: tuple[StalledDeal, ...]
    stalled_causes: dict[Cause, int]
    stalled_by_stage: dict[Stage, dict[Cause, int]]

    deliverability: Deliverability
    holds: tuple[Held, ...]
    quarantined: tuple[Refused, ...]
    api_calls: int | None = Field(default=None, description="CRM calls of all runs; None when no run said.")
    spending: Spending | None = None

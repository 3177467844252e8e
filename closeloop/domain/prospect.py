"""The prospect: a person at an account whom the process works, and everything known about them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import Field

from closeloop.domain.appointments import Appointment
from closeloop.domain.endings import Ending
from closeloop.domain.quoted import Quoted
from closeloop.domain.record import Moment, Record, Share
from closeloop.domain.rewording import Rewording
from closeloop.domain.stage import Profile, Stage, Standing
from closeloop.domain.threads import Conversation

MEETING = "Meeting"
FactValue = str | int | Decimal | bool


class Rival(Record):
    """Another answer to the same question, which was not believed."""

    value: str
    """In words."""
    source: str
    confidence: Share
    observed_at: Moment
    as_of: str | None = None


class Judgement(Record):
    """How a fact came to be believed, and what it cost."""

    cost: Decimal = Decimal(0)
    """Credits of the call that brought it, in the source's own unit."""
    rivals: tuple[Rival, ...] = ()
    because: str = ""
    doubt: str | None = None
    """Why it is scored but said to nobody; None: it may be said."""


class Fact(Record):
    """One thing known, with the evidence that makes it sayable."""

    name: str
    value: FactValue
    source: str
    """Where it was read: `crm`, `import:line 12`, `registry:<url>`, `pdl:<domain>`, `reply:<signal id>`."""
    observed_at: Moment
    confidence: Share = 1.0
    as_of: str | None = None
    """The period the source gives for the value itself, such as `2024`."""
    judged: Judgement | None = None
    """None for a fact that cost nothing and has no rival."""


class Enrollment(Record):
    """A prospect inside a sequence, pinned to the playbook version it started on."""

    sequence: str
    run: int = 1
    """Counts enrolments of this prospect, so that a later one may write again."""
    step: int = 0
    """Steps already carried out."""
    playbook_version: str
    line: str | None = None
    """Hash of the playbook's sequences as they stood when it started; None: from before they were kept."""
    started_at: Moment


class Objection(Record):
    """An objection being answered, and how often we have come back to it."""

    label: str
    answers: int = 0
    """How often it was answered since it was raised this time, by mail or by a person."""
    raised_in: Stage
    raised_at: Moment


class NextStep(Record):
    """What was agreed to happen next, and when. No open deal is without one or a named reason."""

    what: str
    on: date
    why: str = ""
    """Why it is only our own plan: the reason that nothing is agreed with the customer; empty: they agreed."""

    @property
    def told(self) -> str:
        """What is next and, where nobody agreed to it, why."""
        return f"{self.what} ({self.why})" if self.why else self.what

    @property
    def is_meeting(self) -> bool:
        """People come together, on that day."""
        return self.what.startswith(MEETING)


class CrmIds(Record):
    """Where this prospect lives in Salesforce."""

    lead: str
    contact: str | None = None
    account: str | None = None
    opportunity: str | None = None
    open_lead: str | None = None
    """The Lead, where it was linked to the others and never converted: people still find it, and read it."""


class Prospect(Record):
    """A person at an account. `key` is the Salesforce Lead id and never changes, also after conversion."""

    key: str
    crm: CrmIds
    owner_id: str
    owner_name: str = ""
    email: str
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    company: str
    domain: str | None = None
    """Registrable domain of the account, the key under which colleagues meet; None for free-mail."""
    phone: str | None = None
    country: str | None = None
    """ISO 3166 alpha-2."""
    language: str = "en"
    lead_source: str | None = None
    description: str | None = None

    stage: Stage = Stage.PROSPECTING
    standing: Standing = Standing.OPEN
    profile: Profile = Profile.LEAD
    reason: str | None = None
    """Why it stands where it stands, in words an ops person understands."""
    stage_entered_at: Moment
    due_at: Moment | None = None
    """When the process wants to look again; None: only a signal wakes it."""

    opted_out: bool = False
    """They asked not to be written to, or complained; a bounce or a wrong person is no opt-out."""
    facts: dict[str, Fact] = Field(default_factory=dict)
    score: int | None = None
    approach: str | None = None
    enrollment: Enrollment | None = None
    enrollments: dict[str, int] = Field(default_factory=dict)
    """How often it entered each sequence; part of the keys, so that a later run may write again."""
    objection: Objection | None = None
    answered: dict[str, int] = Field(default_factory=dict)
    """Objection label to answers ever given to it: raised again, it goes on from there and repeats nothing."""
    next_step: NextStep | None = None
    meetings: int = 0
    """Meetings agreed so far; a meeting that is moved is still the same one."""
    appointment: Appointment | None = None
    """The last of them, as the calendars have it."""
    steps_set: int = 0
    """How often the next step had to be set because nothing was agreed; part of the keys of Tasks about it."""
    owners_seen: dict[str, str] = Field(default_factory=dict)
    """Owner of the deal and of its person as the CRM last said, by object: a change is known by it."""
    amount: Decimal | None = None
    deck: str | None = None
    """Path of the draft presentation, relative to the home folder."""
    deck_checksum: str | None = None
    """Of the draft that was last meant for the CRM."""
    deck_drafts: int = 0
    """How often the draft changed; one that is changed back is another draft again."""
    deck_facts: dict[str, str] = Field(default_factory=dict)
    """The facts the draft says, as they were when it was drawn."""
    deck_outdated: str | None = None
    """What the draft says that is no longer so, until it is drawn again."""
    pains: tuple[str, ...] = ()
    """Ids of the playbook pains that have evidence here."""
    rewording: Rewording | None = None
    """What a language model made of them, where one is set up; said only as far as the evidence bears it out."""
    touches: int = 0
    """Outbound touches carried out or planned, all channels."""
    mails: int = 0
    replies: int = 0
    closes: int = 0
    """Times we asked for the order."""
    withdrawn: int = 0
    """Asks that were planned and never made, because what they promised had ended."""
    tried_closes: tuple[str, ...] = ()
    """The closes of this deal so far, in order."""
    quote: Quoted | None = None
    """The last quote that an ask named."""
    last_touch_at: Moment | None = None
    last_reply_at: Moment | None = None
    reply_certainty: Share | None = None
    """How certain the last reply of a person was understood."""
    deck_asked: str | None = None
    """The approval that the draft waits for."""
    mailbox: str | None = None
    """The address that started the thread and keeps it."""
    seen: dict[str, Moment] = Field(default_factory=dict)
    """Signals that steps may ask about, each with when it was last seen."""
    predicted: Share | None = None
    """The probability the forecast gave the deal when it opened; scored when it closes."""
    closed_at: Moment | None = None
    ending: Ending | None = None
    """How the last deal ended, and why."""
    tracks: dict[str, int] = Field(default_factory=dict)
    """Track of follow-up to the mails of it since the order."""
    satisfied_at: Moment | None = None
    dissatisfied_at: Moment | None = None
    owner_left: str | None = None
    """Id of the owner of whom we know that they left; a new owner is another one."""
    handed_over_from: str | None = None
    """Who looked after them before: the next mail says so, once."""
    referred_by: str | None = None
    conversation: Conversation | None = None
    """The talk by mail that the next mail may go on with."""

    @property
    def is_deal(self) -> bool:
        """True from the day the prospect became an opportunity."""
        return self.profile is Profile.OPPORTUNITY

    @property
    def is_open_deal(self) -> bool:
        return self.is_deal and self.standing is Standing.OPEN

    def with_crm_ids(self, ids: dict[str, str]) -> Prospect:
        """The same prospect, living in these records too (contact, account, opportunity)."""
        return self.model_copy(update={"crm": self.crm.model_copy(update=ids)})

    def fact(self, name: str) -> FactValue | None:
        found = self.facts.get(name)
        return found.value if found else None

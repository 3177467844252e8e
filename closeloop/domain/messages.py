"""What each mail template may say: typed properties, so that a missing fact is found before sending."""

from __future__ import annotations

from closeloop.domain.record import Record


class SenderProps(Record):
    """The writer, as every mail names it."""

    company: str
    name: str
    role: str
    postal_address: str
    website: str
    particle: str = ""
    """How the writer ends a Thai sentence."""


class PainProps(Record):
    """A pain with its evidence, and the benefit that answers it. Every sentence here has a source."""

    pain: str
    """One sentence, already filled with the evidence."""
    source: str
    public_source: str = ""
    """The same source where the reader can look it up, else empty: a mail names no other."""
    feature: str
    so_what: str
    proof: str


class MailProps(Record):
    """What every template gets."""

    greeting: str
    """`Dear Ms Okafor`, `Hello Anna` or `Hello`: never a name that is not sayable."""
    company: str
    sender: SenderProps
    product: str
    product_line: str
    pains: tuple[PainProps, ...] = ()
    questions: tuple[str, ...] = ()
    """What we do not know yet and ask."""
    opt_out: str = ""
    """Where one click stops these mails; empty where nobody can reach us on the web."""


class ApproachProps(MailProps):
    """approach_premium, approach_question, approach_product, approach_bump, approach_breakup."""

    offer: str
    step: int
    """1 for the first mail of the sequence."""


class PresentationProps(MailProps):
    """presentation_invite, presentation_reminder."""

    agenda: tuple[str, ...]
    step: int
    first_choice: str
    """A day, written out, for a call."""
    second_choice: str


class ObjectionProps(MailProps):
    """objection_answer (at once) and objection_follow_up (each time we come back)."""

    objection: str
    """Plain words for the objection, such as `the price`."""
    answer: str
    evidence: str
    ask: str
    step: int


class AnswerProps(MailProps):
    """question_answer: a neutral question was asked."""

    facts: tuple[str, ...]
    price: str
    first_choice: str
    second_choice: str


class ClosingProps(MailProps):
    """close_alternative."""

    amount: str
    """The total of the quote."""
    quote: str
    """Its number."""
    valid_until: str
    """Its last day, written out."""
    first_alternative: str
    second_alternative: str
    step: int


class InducementProps(ClosingProps):
    """close_inducement: there is something extra, or there is no such mail."""

    inducement: str
    until: str
    """The last day of the extra, written out."""


class ScarcityProps(ClosingProps):
    """close_scarcity: something really ends, or there is no such mail."""

    scarcity: str


class MeetingProps(MailProps):
    """meeting_invitation, meeting_called_off: a calendar part goes with each."""

    when: str
    """Day and hour on their clock, written out."""
    clock: str
    """The place whose clock that is, such as `Berlin`; empty where nobody knows."""
    minutes: int
    goal: str
    """What the meeting is for: the yes that its stage asks for."""
    moved: bool = False
    """They held an earlier invitation to it."""


class FollowUpProps(MailProps):
    """follow_up_customer, follow_up_nurture, follow_up_win_back."""

    step: int
    referred_by: str | None = None
    handed_over_from: str = ""
    """Who looked after them until now, in the first mail of whoever goes on."""


class RenewalProps(FollowUpProps):
    """follow_up_renewal: the term has an end, or there is no such mail."""

    term_ends: str


REPLY_MARK = "Re: "
TEMPLATES: dict[str, type[MailProps]] = {
    "approach_premium": ApproachProps,
    "approach_question": ApproachProps,
    "approach_product": ApproachProps,
    "approach_bump": ApproachProps,
    "approach_breakup": ApproachProps,
    "presentation_invite": PresentationProps,
    "presentation_reminder": PresentationProps,
    "objection_answer": ObjectionProps,
    "objection_follow_up": ObjectionProps,
    "question_answer": AnswerProps,
    "close_alternative": ClosingProps,
    "close_inducement": InducementProps,
    "close_scarcity": ScarcityProps,
    "meeting_invitation": MeetingProps,
    "meeting_called_off": MeetingProps,
    "follow_up_customer": FollowUpProps,
    "follow_up_nurture": FollowUpProps,
    "follow_up_win_back": FollowUpProps,
    "follow_up_onboarding": FollowUpProps,
    "follow_up_satisfaction": FollowUpProps,
    "follow_up_expansion": FollowUpProps,
    "follow_up_referral": FollowUpProps,
    "follow_up_renewal": RenewalProps,
}


class RenderedMail(Record):
    """A mail as it will be sent, to the letter."""

    subject: str
    text: str
    html: str

    def answering(self, subject: str) -> RenderedMail:
        """The same mail under the subject of the conversation that it goes on with."""
        return self.model_copy(update={"subject": f"{REPLY_MARK}{subject}"})

"""The playbook: every rule a sales team may change, as one validated value.

Weights that belong together sum to 100. What a rule names (a pain, a sequence, an objection) exists.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ModelWrapValidatorHandler, model_validator

from closeloop.domain.approvals import Approvals
from closeloop.domain.close_rules import Closing, Days
from closeloop.domain.deck_rules import DeckRules
from closeloop.domain.enrichment_rules import EnrichmentRules
from closeloop.domain.follow_up_rules import FollowUp
from closeloop.domain.identity import IdentityRules
from closeloop.domain.meeting_rules import MeetingRules
from closeloop.domain.model_budget import ModelBudget
from closeloop.domain.ranges import Range
from closeloop.domain.record import Percent, Record, Share
from closeloop.domain.routing import Routing
from closeloop.domain.sending_rules import AccountRule, ChannelPreference, Sending
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage
from closeloop.domain.steps import Step, problems
from closeloop.domain.texts import LOCALE, Remembered, Text, in_language, speaking, texts

MINIMUM_FOLLOW_UPS = 5
"""Four of five sales take at least five follow-ups; a playbook may ask for more, never for fewer."""


def _sum_to_hundred(what: str, weights: Iterable[float]) -> None:
    total = sum(weights)
    if abs(total - 100) > 1e-6:
        raise ValueError(f"{what} must sum to 100, they sum to {total:g}")


def _exists(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    missing = sorted(set(names) - set(known))
    if missing:
        raise ValueError(f"{what} names {', '.join(missing)}, which the playbook does not define")


class Sender(Record):
    """Who writes: the company behind the mails, as the law wants it named."""

    company: str
    name: str
    role: Text
    email: str
    reply_domain: str
    """Replies come to reply+<token>@<reply_domain>; its MX points to the inbound parse webhook."""
    postal_address: str
    website: str
    particle: Literal["ครับ", "ค่ะ"] | None = None
    """How the writer ends a Thai sentence, as they say it themselves; without it the mails do without one."""


class Criterion(Record):
    """One weighted question about a prospect, answered by a fact."""

    name: str
    weight: Percent
    fact: str
    """The fact that answers it: `employees`, `annual_revenue_usd`, `industry`, `country`, `seniority`, …"""
    any_of: tuple[str, ...] = ()
    """Met when the fact is one of these (or contains one of them, for free text)."""
    range: Range | None = None
    partial: Share | None = None
    """Share of the weight for a known answer that does not meet the criterion; none by default."""
    question: Text
    """What the approach or presentation asks when the answer is unknown."""

    @model_validator(mode="after")
    def _one_way_to_meet_it(self) -> Self:
        if bool(self.any_of) == bool(self.range):
            raise ValueError(f"criterion {self.name!r} needs either any_of or range")
        return self


class Framework(Record):
    """BANT or GPCT: four named criteria whose weights sum to 100."""

    criteria: tuple[Criterion, ...]

    @model_validator(mode="after")
    def _weights(self) -> Self:
        _sum_to_hundred("weights of qualification criteria", (c.weight for c in self.criteria))
        return self


class Qualification(Record):
    """How a lead becomes a prospect: ideal customer profile plus BANT or GPCT."""

    framework: Literal["bant", "gpct"]
    icp: Framework
    bant: Framework
    gpct: Framework
    icp_weight: Percent
    """Share of the ideal customer profile in the score; the rest is the framework's."""
    qualify_at: Percent
    disqualify_below: Percent
    nurture_days: Days
    """When a score is between the two, look again after so many days."""
    refuse_role_addresses: bool = True
    refuse_disposable_addresses: bool = True
    refuse_dead_domains: bool = True

    @model_validator(mode="after")
    def _order_and_names(self) -> Self:
        if self.disqualify_below >= self.qualify_at:
            raise ValueError("disqualify_below must be lower than qualify_at")
        for name, letters in (
            ("bant", "budget authority need timeline"),
            ("gpct", "goals plans challenges timeline"),
        ):
            found = sorted(c.name for c in getattr(self, name).criteria)
            if found != sorted(letters.split()):
                raise ValueError(f"{name} has the criteria {letters}, not {' '.join(found)}")
        return self

    @property
    def chosen(self) -> Framework:
        return self.bant if self.framework == "bant" else self.gpct


class Pain(Record):
    """A problem the product answers, sayable only where its evidence is known."""

    id: str
    says: Text
    """One sentence about the prospect's world, may use {company} and the evidence fact as {value}."""
    evidence: Criterion


class Benefit(Record):
    """A feature, and the answer to `so what?` for a pain."""

    feature: Text
    so_what: Text
    answers: tuple[str, ...]
    proof: Text
    proof_source: Text


class Product(Record):
    """What is sold, for how much, and why anybody would care."""

    name: str
    one_line: Text
    currency: str
    base_price: Decimal = Field(ge=0)
    price_per_employee: Decimal = Field(ge=0)
    maximum_price: Decimal = Field(gt=0)
    saving_per_employee: Decimal = Field(ge=0)
    """Yearly value per employee in `currency`; the assumption behind the value chart, named as one."""
    saving_source: Text
    pains: tuple[Pain, ...] = Field(min_length=1)
    benefits: tuple[Benefit, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _benefits_answer_pains(self) -> Self:
        _exists("a benefit", (pain for b in self.benefits for pain in b.answers), (p.id for p in self.pains))
        return self


class Approach(Record):
    """A way to open: premium (a gift), question, or product (a trial)."""

    kind: Literal["premium", "question", "product"]
    sequence: str
    when: Criterion | None = None
    """Chosen when this is met; the approaches are tried in order, the last one needs no condition."""
    offer: Text
    """The gift, the question or the trial, in words that fit into a sentence."""


class ObjectionAnswer(Record):
    """What we say to an objection, at once and when we come back."""

    label: Label
    answer: Text
    evidence: Text
    ask: Text
    """The smaller yes this answer asks for."""
    hand_to_human: bool = False
    """A person answers in our place, with this answer as the draft."""
    hand_to_human_from: Decimal | None = None
    """The same, but only for deals of at least this amount."""
    wait_days: tuple[Days, ...] = ()
    """Business days before each follow-up to this objection, in place of the general ones."""

    def is_for_a_person(self, amount: Decimal | None) -> bool:
        """Whether a person answers it in a deal of this size."""
        limit = self.hand_to_human_from
        return self.hand_to_human or (limit is not None and amount is not None and amount >= limit)

    @model_validator(mode="after")
    def _is_an_objection(self) -> Self:
        if not self.label.is_objection:
            raise ValueError(f"{self.label} is no objection; use objection_* or brush_off")
        return self


class Objections(Record):
    """Persistence: how often and how fast we come back, and with what."""

    minimum_follow_ups: Annotated[int, Field(ge=MINIMUM_FOLLOW_UPS)]
    wait_days: tuple[Days, ...]
    """Business days before each follow-up; the last is used again when they run out."""
    answers: tuple[ObjectionAnswer, ...]
    come_back_days: Days
    """After the last follow-up the deal is lost for now and comes back after so many days."""

    @model_validator(mode="after")
    def _every_objection_has_an_answer(self) -> Self:
        known = [a.label.value for a in self.answers]
        _exists("the reply labels", (label.value for label in Label if label.is_objection), known)
        if not self.wait_days:
            raise ValueError("objections.wait_days needs at least one number of days")
        return self

    def wait_before(self, label: str, follow_up: int) -> int:
        """Business days before this follow-up, counted from 0: the objection's own, else the general ones."""
        days = self.answer_to(label).wait_days or self.wait_days
        return days[min(follow_up, len(days) - 1)]

    def answer_to(self, label: str) -> ObjectionAnswer:
        return next(answer for answer in self.answers if answer.label.value == label)


class StageRule(Record):
    """Weight and usual length of one stage."""

    weight: Percent
    usual_days: Annotated[int, Field(ge=1)]
    sells: Text | None = None
    """The yes that this stage asks for: a call, a meeting with those who decide, a trial, the order."""


class CrmWords(Record):
    """The org's own words around campaigns; its fields and picklists are in the CRM mapping."""

    campaign: str | None = None
    """Id of the campaign that the people we write to become members of; none: no campaign."""
    campaign_sent: str = "Sent"
    campaign_responded: str = "Responded"


class Playbook(Record):
    """The whole playbook. `version` is pinned by every enrolment and named in every decision."""

    version: str
    locale: Annotated[str, Field(pattern=f"^{LOCALE.pattern}$")] = "en"
    """The language of plain texts, and of everybody whose own is not known or has no mails."""
    sender: Sender
    qualification: Qualification
    product: Product
    approaches: tuple[Approach, ...]
    sequences: dict[str, tuple[Step, ...]]
    objections: Objections
    closing: Closing
    follow_up: FollowUp
    meetings: MeetingRules = MeetingRules()
    stages: dict[Stage, StageRule]
    exchange_rates: dict[str, Decimal]
    """US dollars for one unit of a currency, used to compare revenues; as of the playbook's version."""
    crm: CrmWords = CrmWords()
    enrichment: EnrichmentRules = EnrichmentRules()
    model_budget: ModelBudget = ModelBudget()
    """What language models may cost, where one is set up."""
    sending: Sending = Sending()
    deck: DeckRules = DeckRules()
    identity: IdentityRules = IdentityRules()
    """When two records are one person."""
    routing: Routing = Routing()
    """Who gets a qualified prospect that is nobody's yet."""
    approvals: Approvals = Approvals()
    account: AccountRule | None = None
    """None: everybody of a company may be written to at once."""
    channel_preference: ChannelPreference = ChannelPreference.REPLACE
    """What becomes of steps in another channel than the one a prospect prefers."""
    stalled_tasks_per_day: Annotated[int, Field(ge=0, le=100)] = 5
    """Suggested actions about stalled deals that an owner gets in a day."""
    compare_from: Annotated[int, Field(ge=20)] = 100
    """People that each variant must have reached before any is called better."""

    @model_validator(mode="wrap")
    @classmethod
    def _in_its_own_language(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        own = given.get("locale") if isinstance(given, dict) else None
        with speaking(own if isinstance(own, str) else "en"):
            return read(given)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        _sum_to_hundred("stage weights", (rule.weight for rule in self.stages.values()))
        _exists("stages", (stage.value for stage in Stage), (stage.value for stage in self.stages))
        _exists("an approach", (a.sequence for a in self.approaches), self.sequences)
        if sorted(a.kind for a in self.approaches) != ["premium", "product", "question"]:
            raise ValueError("there are three approaches: premium, question and product, each once")
        if self.approaches[-1].when is not None:
            raise ValueError("the last approach is the one for everybody else and has no `when`")
        least = min(self.product.base_price, self.product.maximum_price)
        if amount := self.closing.terms.too_much_from(least, self.product.currency):
            raise ValueError(f"closing.terms.give: the fixed lines leave nothing of a deal of {amount:f}")
        if wrong := self.sending.outside(self.sender.email):
            raise ValueError(f"the mailbox {wrong} is not at the domain of sender.email, as one request needs")
        for name, steps in self.sequences.items():
            if wrong := next(problems(steps), None):
                raise ValueError(f"sequence {name!r}: {wrong}")
        return self

    def probability(self, stage: Stage) -> float:
        """Chance of an order for a deal in this stage: the weights of all stages behind it, 0 to 1."""
        return sum(r.weight for s, r in self.stages.items() if s.number < stage.number) / 100

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which every text is there: its own first, then by name."""
        return _REMEMBERED.of(self, "languages", self._languages)

    def _languages(self) -> tuple[str, ...]:
        whole = (language for language, places in sorted(self.untranslated().items()) if not places)
        return (self.locale, *whole)

    def untranslated(self) -> dict[str, tuple[str, ...]]:
        """Each other language that any text is in, with the places of the texts that lack it."""
        said = [(place, text) for place, text in texts(self) if not place.endswith(NEVER_SAID)]
        others = sorted({language for _, text in said for language in text.translations} - {self.locale})
        return {other: tuple(place for place, text in said if text.said_in(other) is None) for other in others}

    def edition(self, language: str) -> Playbook:
        """The same playbook with each text in this language."""
        if language == self.locale:
            return self
        return _REMEMBERED.of(self, f"in {language}", lambda: in_language(self, language))


_REMEMBERED = Remembered()
NEVER_SAID = (".evidence.question", ".when.question")
"""Questions that only the model asks for: nobody ever reads them."""

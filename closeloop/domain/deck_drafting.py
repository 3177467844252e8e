"""What a draft presentation says about one prospect, in their language: every claim with the fact behind it.

A fact that is too old is left out where the deck does without it; where a pain or the value rests on it, the fact
goes along with its problem, so that the lint holds the draft and says why. Nothing is claimed that nobody knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from closeloop.domain.deck_words import DeckWords, deck_words
from closeloop.domain.fact_age import day_of, too_old
from closeloop.domain.languages import TONGUES, choose, tongue_of
from closeloop.domain.playbook import Playbook
from closeloop.domain.preparation import pain_props, price, questions, said_pains, sender_props
from closeloop.domain.presentation_content import DeckContent, Evidence, ValuePoint
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.sayable import may_be_said, unsayable
from closeloop.domain.sources import spoken_source
from closeloop.domain.thai import BUDDHIST_ERA
from closeloop.domain.tongues import Tongue


def deck_content(prospect: Prospect, playbook: Playbook, on: date) -> DeckContent:
    """Everything the draft presentation says about this prospect, whole in one language."""
    language = choose(prospect, playbook, TONGUES).language
    edition = playbook.edition(language)
    writing = _Writing(prospect, edition, on, tongue_of(language), deck_words(language))
    company, product = prospect.company, edition.product
    return DeckContent(
        prospect_key=prospect.key,
        title=writing.words.title.format(product=product.name, company=company),
        audience=", ".join(part for part in (_name(prospect), prospect.title, company) if part),
        company=company,
        on=on,
        language=language,
        sender=sender_props(edition),
        agenda=writing.tongue.agenda(company, product.name),
        goals=writing.goals(),
        evidence=writing.situation(),
        pains=pain_props(prospect, edition, writing.tongue),
        grounds=writing.grounds(),
        currency=product.currency,
        value=writing.value(),
        assumptions=writing.assumptions(),
        value_facts=writing.value_facts(),
        plan=tuple(edition.deck.plan) or writing.words.plan,
        next_step=edition.deck.next_step or writing.words.next_step,
        questions=questions(prospect, edition),
        doubts=writing.doubts(),
    )


def _name(prospect: Prospect) -> str:
    return " ".join(part for part in (prospect.first_name, prospect.last_name) if part)


@dataclass(frozen=True, slots=True)
class _Writing:
    """One deck being written; the playbook is the edition in its language."""

    prospect: Prospect
    playbook: Playbook
    on: date
    tongue: Tongue
    words: DeckWords

    def goals(self) -> tuple[Evidence, ...]:
        labels = self.words.goal_labels
        return self._known([(name, label) for name, label in labels.items() if self._fact(name) is not None])

    def situation(self) -> tuple[Evidence, ...]:
        return self._known(list(self.words.labels.items()))

    def grounds(self) -> tuple[Evidence, ...]:
        """The fact behind each pain, in the order of `pain_props`."""
        names = [pain.evidence.fact for pain in said_pains(self.prospect, self.playbook)]
        return tuple(self._evidence(self.prospect.facts[name], self._label(name)) for name in names)

    def value_facts(self) -> tuple[Evidence, ...]:
        fact = self._employees()
        return (self._evidence(fact, self._label("employees")),) if fact else ()

    def value(self) -> tuple[ValuePoint, ...]:
        """Saving and cost by year; none when the size is unknown, since that would be a guess."""
        fact = self._employees()
        if fact is None or not isinstance(fact.value, int):
            return ()
        full, cost = self.playbook.product.saving_per_employee * fact.value, price(self.prospect, self.playbook)
        return tuple(
            ValuePoint(year=year, saving=(full * Decimal(str(share))).quantize(Decimal(1)), cost=cost)
            for year, share in self._ramp()
        )

    def assumptions(self) -> tuple[str, ...]:
        product, words, fact = self.playbook.product, self.words, self._employees()
        if fact is None:
            return ()
        saved = self.tongue.money(product.saving_per_employee, product.currency)
        cost = self.tongue.money(price(self.prospect, self.playbook), product.currency)
        stated = [
            words.employees.format(number=self.tongue.fact(fact), source=words.source(self.tongue.source(fact))),
            words.saved.format(amount=saved, source=product.saving_source),
            words.price.format(amount=cost),
        ]
        growing = [(year, share) for year, share in self._ramp() if share < 1]
        years = [words.ramp_year.format(share=f"{share * 100:g}", year=self._year(year)) for year, share in growing]
        return (*stated, *([words.ramp.format(years=", ".join(years))] if years else []))

    def _ramp(self) -> list[tuple[int, float]]:
        return [(self.on.year + number, share) for number, share in enumerate(self.playbook.deck.ramp)]

    def _year(self, year: int) -> int:
        return year + (BUDDHIST_ERA if self.tongue.language == "th" else 0)

    def _employees(self) -> Fact | None:
        fact = self._fact("employees")
        return fact if fact is not None and isinstance(fact.value, int) and fact.value > 0 else None

    def _fact(self, name: str) -> Fact | None:
        """One that may be said, however old: its age is told beside it, for the lint to judge."""
        fact = self.prospect.facts.get(name)
        return fact if fact is not None and may_be_said(fact, self.playbook) else None

    def _label(self, name: str) -> str:
        return self.words.labels.get(name, name.removesuffix("_usd").replace("_", " ").capitalize())

    def _known(self, wanted: list[tuple[str, str]]) -> tuple[Evidence, ...]:
        found = ((self._fact(name), label) for name, label in wanted)
        shown = [self._evidence(fact, label) for fact, label in found if fact is not None]
        return tuple(one for one in shown if one.problem is None)

    def _evidence(self, fact: Fact, label: str) -> Evidence:
        return Evidence(
            label=label,
            value=self._spoken(fact),
            source=self.words.source(spoken_source(fact.source)),
            as_of=fact.as_of,
            seen=fact.observed_at.date(),
            fact=fact.name,
            problem=self._problem(fact),
        )

    def _spoken(self, fact: Fact) -> str:
        if fact.name == "founded" and isinstance(fact.value, int):
            return str(self._year(fact.value))
        said = self.tongue.fact(fact)
        if fact.name not in self.words.goal_labels:
            return said
        plain = said.replace("_", " ")
        return self.words.answers.get(plain, plain)

    def _problem(self, fact: Fact) -> str | None:
        if too_old(fact, self.on, self.playbook.deck.stale_after_days):
            return self.words.too_old.format(day=self.tongue.full_date(day_of(fact)))
        return unsayable(fact, self.playbook)

    def doubts(self) -> tuple[str, ...]:
        """What we heard about the facts this deck would show, and keep to ourselves: the speaker may ask."""
        named = [(name, label, self.prospect.facts.get(name)) for name, label in self.words.labels.items()]
        kept = [(label, fact, self._problem(fact)) for _, label, fact in named if fact is not None]
        return tuple(f"{label}: {self._spoken(fact)} – {problem}" for label, fact, problem in kept if problem)

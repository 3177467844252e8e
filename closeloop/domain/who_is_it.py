"""What becomes of a new lead: somebody new, somebody known, or a question for a human.

Invariant: a lead that is in doubt is neither made nor mixed into another; a person's own answer (`Same as`) wins
over every likeness.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from closeloop.domain.identity import IdentityRules, Likeness, Verdict
from closeloop.domain.identity_index import PeopleIndex
from closeloop.domain.identity_traits import PersonRecord, read_traits
from closeloop.domain.leads import LeadDraft

NEW = "new"
"""What a person writes under `Same as` when it is nobody we know."""
MOST_NAMED = 3
"""Records that a question names; more only confuse."""


class Answer(NamedTuple):
    """The verdict on one lead, with the records it is about, the likeliest first."""

    verdict: Verdict
    near: tuple[tuple[str, Likeness], ...] = ()
    """Record id, or `line:N` for an earlier row of the same file."""

    @property
    def best(self) -> str:
        return self.near[0][0]


def record_of(draft: LeadDraft) -> PersonRecord:
    """A row of a file as it is compared."""
    return PersonRecord(
        id=line_id(draft),
        last_name=draft.last_name,
        first_name=draft.first_name,
        company=draft.company,
        email=draft.email,
        phone=draft.phone,
        country=draft.country,
        website=draft.website,
    )


def line_id(draft: LeadDraft) -> str:
    """What a row of a file is known by."""
    return f"line:{draft.line}"


def who_are_they(
    drafts: Iterable[LeadDraft], known: Iterable[PersonRecord], rules: IdentityRules
) -> Mapping[LeadDraft, Answer]:
    """An answer for each row, in their order: against the CRM and against the rows before it."""
    index = PeopleIndex()
    for record in known:
        index.add(read_traits(record))
    return {draft: _answer(draft, index, rules) for draft in drafts}


def _answer(draft: LeadDraft, index: PeopleIndex, rules: IdentityRules) -> Answer:
    traits = read_traits(record_of(draft))
    told = (draft.same_as or "").strip()
    if told and told.casefold() != NEW:
        return Answer(Verdict.SAME, ((told, Likeness(1.0, ())),))
    near = [] if told else index.matches(traits, rules.ask)[:MOST_NAMED]
    verdict = rules.verdict(near[0].likeness.score) if near else Verdict.OTHER
    if verdict is Verdict.OTHER:
        index.add(traits)
    return Answer(verdict, tuple((match.traits.id, match.likeness) for match in near))

"""`why`: the whole story of one prospect, in order, so that every decision can be explained to a seller.

Invariant: nothing stored is left out. Lines that say the same thing again are folded into one that counts
them and says until when.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from closeloop.application.outlook import mind_of
from closeloop.application.ports import Ledger, StoryLine
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Moment, Record
from closeloop.domain.stage import Profile, Stage, Standing
from closeloop.domain.stalled import name_of, record_id
from closeloop.domain.state_of_mind import StateOfMind


class Candidate(Record):
    """Somebody the question may have meant."""

    key: str
    name: str
    company: str
    email: str
    stage: Stage
    standing: Standing


class Episode(Record):
    """One line of the story, or a run of equal ones."""

    at: Moment
    until: Moment
    """When it last happened again; `at` when it happened once."""
    times: int
    kind: str
    text: str
    detail: dict[str, Any] = {}
    """Of the first of them."""


class Story(Record):
    """Where a prospect stands, and everything that led there."""

    key: str
    name: str
    title: str | None
    company: str
    email: str
    owner: str
    record_id: str
    stage: Stage
    standing: Standing
    profile: Profile
    since: Moment
    """Entered the stage."""
    reason: str | None
    score: int | None
    amount: Decimal | None
    next_step: str | None
    next_step_on: date | None
    due_at: Moment | None
    touches: int
    replies: int
    episodes: tuple[Episode, ...]
    state_of_mind: StateOfMind | None = None
    """Of somebody who was ever written to; None where nothing can be said."""


def why(ledger: Ledger, who: str, now: Moment | None = None) -> Story | tuple[Candidate, ...]:
    """The story of the one prospect that `who` names, else everybody it may mean (nobody: empty).

    `who` is a key, CRM id, e-mail, name or company. Somebody named by key, id or e-mail is meant for certain,
    also when others match too. With `now` the story says how willing to buy they are.
    """
    found = meant(ledger, who)
    if len(found) != 1:
        return candidates(found)
    lines = ledger.story(found[0].key)
    told = tell(found[0], lines)
    if now is None or not found[0].touches:
        return told
    return told.model_copy(update={"state_of_mind": mind_of(found[0], lines, now)})


def meant(ledger: Ledger, who: str) -> list[Prospect]:
    """Whoever `who` may mean; one prospect where it is certain."""
    found = ledger.find(who.strip())
    return [prospect for prospect in found if _names(who.strip(), prospect)] or found


def candidates(found: Iterable[Prospect]) -> tuple[Candidate, ...]:
    """What a person needs to tell them apart."""
    return tuple(_candidate(prospect) for prospect in found)


def tell(prospect: Prospect, lines: Iterable[StoryLine]) -> Story:
    """The story of this prospect from its stored lines, oldest first."""
    step = prospect.next_step
    return Story(
        key=prospect.key,
        name=name_of(prospect),
        title=prospect.title,
        company=prospect.company,
        email=prospect.email,
        owner=prospect.owner_name,
        record_id=record_id(prospect),
        stage=prospect.stage,
        standing=prospect.standing,
        profile=prospect.profile,
        since=prospect.stage_entered_at,
        reason=prospect.reason,
        score=prospect.score,
        amount=prospect.amount,
        next_step=step.what if step else None,
        next_step_on=step.on if step else None,
        due_at=prospect.due_at,
        touches=prospect.touches,
        replies=prospect.replies,
        episodes=fold(lines),
    )


def fold(lines: Iterable[StoryLine]) -> tuple[Episode, ...]:
    """Neighbouring lines of one kind with one text become one episode."""
    episodes: list[Episode] = []
    for line in lines:
        last = episodes[-1] if episodes else None
        if last is not None and (last.kind, last.text) == (line.kind, line.text):
            episodes[-1] = last.model_copy(update={"until": line.at, "times": last.times + 1})
        else:
            episodes.append(
                Episode(at=line.at, until=line.at, times=1, kind=line.kind, text=line.text, detail=line.detail)
            )
    return tuple(episodes)


def _names(who: str, prospect: Prospect) -> bool:
    ids = prospect.crm.model_dump().values()
    return who.lower() == prospect.email.lower() or who in {prospect.key, *ids}


def _candidate(prospect: Prospect) -> Candidate:
    return Candidate(
        key=prospect.key,
        name=name_of(prospect),
        company=prospect.company,
        email=prospect.email,
        stage=prospect.stage,
        standing=prospect.standing,
    )

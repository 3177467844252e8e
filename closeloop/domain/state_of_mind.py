"""State of mind: how willing somebody is to buy, from what they said and did, the older the fainter.

Opens never count, and a click only where it was a person's. Invariant: without a sign it is one half; every sign
that moves it stands in the evidence, so a seller can check each.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from math import exp

from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Moment, Record, Share
from closeloop.domain.signals import Label
from closeloop.domain.steps import Seen

HALF_LIFE = timedelta(days=30)
"""After so long a sign counts half."""
SILENCE_WEIGHT, MOST_SILENCE = -0.35, 6
"""Each touch that nobody answered, and how many of them count."""
CLICK_WEIGHT = 0.5
COLD_BELOW, KEEN_FROM = 0.4, 0.65
WORTH_TELLING = 0.05
"""A sign that moves it by less is left out of the evidence."""
WEIGHTS: dict[Label, float] = {
    Label.MEETING: 1.8,
    Label.INTERESTED: 1.4,
    Label.QUESTION: 0.6,
    Label.OTHER: 0.1,
    Label.OBJECTION_PRICE: -0.3,
    Label.OBJECTION_AUTHORITY: -0.4,
    Label.REFERRAL: -0.4,
    Label.OBJECTION_TIMING: -0.5,
    Label.OBJECTION_TRUST: -0.5,
    Label.OBJECTION_PRODUCT: -0.6,
    Label.NOT_NOW: -0.8,
    Label.OBJECTION_COMPETITOR: -0.9,
    Label.OBJECTION_NEED: -1.5,
    Label.BRUSH_OFF: -1.6,
}
"""In log-odds. An objection to the price comes from somebody who thinks about buying, so it weighs little."""
_SEEN = {
    Seen.MEETING_BOOKED: Label.MEETING,
    Seen.INTERESTED: Label.INTERESTED,
    Seen.QUESTION: Label.QUESTION,
    Seen.NOT_NOW: Label.NOT_NOW,
}


class Mood(StrEnum):
    """The state of mind in one word."""

    COLD = "cold"
    OPEN = "open"
    KEEN = "keen"


class Sign(Record):
    """Something a person said or did, and how far it moves us while it is new, in log-odds."""

    at: Moment
    what: str
    weight: float
    is_answer: bool = True
    """They wrote: what we sent before is answered. False for a click."""


class Evidence(Record):
    """One sign, and how far it moves the willingness now, in log-odds."""

    at: Moment
    what: str
    weight: float


class StateOfMind(Record):
    """Willingness to buy, 0 to 1, with its evidence, the weightiest first."""

    willingness: Share
    evidence: tuple[Evidence, ...] = ()

    @property
    def mood(self) -> Mood:
        return mood_of(self.willingness)


def state_of_mind(signs: Iterable[Sign], touches: Sequence[datetime], now: datetime) -> StateOfMind:
    """As of `now`: what comes later is not looked at. `touches` are ours, oldest first."""
    shown = [one for one in signs if one.at <= now]
    evidence = [Evidence(at=one.at, what=one.what, weight=one.weight * _fading(one.at, now)) for one in shown]
    if waiting := _unanswered(shown, touches, now):
        evidence.append(_silence(waiting))
    told = sorted((one for one in evidence if abs(one.weight) >= WORTH_TELLING), key=lambda one: -abs(one.weight))
    return StateOfMind(willingness=_share(sum(one.weight for one in evidence)), evidence=tuple(told))


def mood_at(signs: Iterable[Sign], touches: Sequence[datetime], now: datetime) -> Mood:
    """The same in one word and without the evidence, for the many moments of the past that are learned from."""
    shown = [one for one in signs if one.at <= now]
    weight = sum(one.weight * _fading(one.at, now) for one in shown)
    return mood_of(_share(weight + SILENCE_WEIGHT * min(len(_unanswered(shown, touches, now)), MOST_SILENCE)))


def mood_of(willingness: Share) -> Mood:
    """The word for it."""
    if willingness < COLD_BELOW:
        return Mood.COLD
    return Mood.KEEN if willingness >= KEEN_FROM else Mood.OPEN


def _unanswered(shown: Sequence[Sign], touches: Sequence[datetime], now: datetime) -> Sequence[datetime]:
    """Our touches since they last wrote."""
    last = max((one.at for one in shown if one.is_answer), default=None)
    first = 0 if last is None else bisect_right(touches, last)
    return touches[first : bisect_right(touches, now)]


def wrote(label: Label, at: datetime) -> Sign:
    """The sign of a reply; one that says nothing about buying still answers."""
    return Sign(at=at, what=f"wrote: {label.in_words}", weight=WEIGHTS.get(label, 0.0))


def followed_link(at: datetime) -> Sign:
    """The sign of a click that nothing speaks against being a person's."""
    return Sign(at=at, what="followed a link", weight=CLICK_WEIGHT, is_answer=False)


def clicks_of(prospect: Prospect) -> list[Sign]:
    """The latest click by a person; scanners are left out where it is kept, and opens are not kept at all."""
    at = prospect.seen.get(Seen.CLICKED)
    return [followed_link(at)] if at is not None else []


def of_prospect(prospect: Prospect, now: datetime) -> StateOfMind:
    """From the prospect alone, where its replies are not at hand: of each sign only the latest is known."""
    signs = [wrote(label, prospect.seen[name]) for name, label in _SEEN.items() if name in prospect.seen]
    if prospect.objection is not None:
        signs.append(wrote(Label(prospect.objection.label), prospect.objection.raised_at))
    if prospect.last_reply_at is not None:
        signs.append(Sign(at=prospect.last_reply_at, what="wrote", weight=0))
    touches = [prospect.last_touch_at] if prospect.last_touch_at is not None else []
    return state_of_mind([*signs, *clicks_of(prospect)], touches, now)


def _silence(waiting: Sequence[datetime]) -> Evidence:
    number = len(waiting)
    what = "1 touch without an answer" if number == 1 else f"{number} touches without an answer"
    return Evidence(at=waiting[-1], what=what, weight=SILENCE_WEIGHT * min(number, MOST_SILENCE))


def _fading(at: datetime, now: datetime) -> float:
    return float(0.5 ** ((now - at) / HALF_LIFE))


def _share(log_odds: float) -> float:
    return 1 / (1 + exp(-log_odds))

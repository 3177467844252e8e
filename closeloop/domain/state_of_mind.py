"""State of mind: how willing somebody is to buy, from what they said and did, the older the fainter.

Opens never count, and a click only where it was a person's. Invariant: without a sign it is one half; every sign
that moves it stands in the evidence, so a seller can check each.
"""

from __future__ import annotations

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


class Said(Record):
    """One reply that a person wrote, by what decided about it."""

    at: Moment
    label: Label


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
        if self.willingness < COLD_BELOW:
            return Mood.COLD
        return Mood.KEEN if self.willingness >= KEEN_FROM else Mood.OPEN


def state_of_mind(
    said: Iterable[Said], touches: Sequence[datetime], now: datetime, clicked_at: datetime | None = None
) -> StateOfMind:
    """As of `now`: what comes later is not looked at. `touches` are ours, `clicked_at` a click by a person."""
    heard = [one for one in said if one.at <= now]
    signs = [_sign(one, now) for one in heard if one.label in WEIGHTS]
    if clicked_at is not None and clicked_at <= now:
        signs.append(Evidence(at=clicked_at, what="followed a link", weight=CLICK_WEIGHT * _fading(clicked_at, now)))
    last = max((one.at for one in heard), default=None)
    waiting = [at for at in touches if at <= now and (last is None or at > last)]
    if waiting:
        weight = SILENCE_WEIGHT * min(len(waiting), MOST_SILENCE)
        what = "1 touch without an answer" if len(waiting) == 1 else f"{len(waiting)} touches without an answer"
        signs.append(Evidence(at=waiting[-1], what=what, weight=weight))
    told = sorted((one for one in signs if abs(one.weight) >= WORTH_TELLING), key=lambda one: -abs(one.weight))
    return StateOfMind(willingness=_share(sum(one.weight for one in signs)), evidence=tuple(told))


def of_prospect(prospect: Prospect, now: datetime) -> StateOfMind:
    """From the prospect alone, where its replies are not at hand: of each sign only the latest is known."""
    said = [Said(at=prospect.seen[name], label=label) for name, label in _SEEN.items() if name in prospect.seen]
    if prospect.objection is not None:
        said.append(Said(at=prospect.objection.raised_at, label=Label(prospect.objection.label)))
    if prospect.last_reply_at is not None:
        said.append(Said(at=prospect.last_reply_at, label=Label.OTHER))
    touches = [prospect.last_touch_at] if prospect.last_touch_at is not None else []
    return state_of_mind(said, touches, now, clicked(prospect))


def clicked(prospect: Prospect) -> datetime | None:
    """When a person last followed a link; scanners are left out where this is kept."""
    return prospect.seen.get(Seen.CLICKED)


def _sign(one: Said, now: datetime) -> Evidence:
    what = f"wrote: {one.label.in_words}"
    return Evidence(at=one.at, what=what, weight=WEIGHTS[one.label] * _fading(one.at, now))


def _fading(at: datetime, now: datetime) -> float:
    return float(0.5 ** ((now - at) / HALF_LIFE))


def _share(log_odds: float) -> float:
    return 1 / (1 + exp(-log_odds))

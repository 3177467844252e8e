"""The tracks of a customer: onboarding, satisfaction, expansion, referral, renewal. Which is next, and when.

Invariant: each mail of a track is due on a day that follows from the order, the last answer or the end of the term;
two mails of follow-up are never nearer to each other than the playbook's pause, and only a stop ends it all.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from closeloop.domain.follow_up_rules import FollowUp, Renewal, Track, months_later
from closeloop.domain.prospect import Prospect

STEADY = "customer"
"""The cadence itself, which goes on for ever."""
OWN_TURNS = (2, 3, 5)
"""Steps of the steady mail that no track says: it asks neither for a score nor for names."""
MOST_TERMS = 100


class Next(NamedTuple):
    """A mail of follow-up to a customer."""

    track: str
    template: str
    step: int
    """From 1."""
    at: datetime
    term_ends: date | None = None
    """Of a renewal."""


def upcoming(prospect: Prospect, rules: FollowUp) -> list[Next]:
    """The next mail of each track, the most urgent first; the steady one last. Dates may lie in the past."""
    found = [one for one in (*_dated(prospect, rules), _steady(prospect, rules)) if one is not None]
    return [one._replace(at=max(one.at, _rested(prospect, rules, one))) for one in found]


def next_day(prospect: Prospect, rules: FollowUp) -> datetime:
    """When the customer hears from us next."""
    return min(one.at for one in upcoming(prospect, rules))


def is_satisfied(prospect: Prospect) -> bool:
    """Their last word about it was a good one."""
    happy, unhappy = prospect.satisfied_at, prospect.dissatisfied_at
    return happy is not None and (unhappy is None or unhappy < happy)


def is_dissatisfied(prospect: Prospect) -> bool:
    """Their last word about it was a bad one."""
    return prospect.dissatisfied_at is not None and not is_satisfied(prospect)


def _dated(prospect: Prospect, rules: FollowUp) -> Iterator[Next | None]:
    won, tracks = prospect.closed_at, rules.tracks
    if won is None:
        return
    yield _renewal(prospect, tracks.renewal, won) if tracks.renewal else None
    yield _on_track(prospect, "onboarding", tracks.onboarding, won)
    if is_satisfied(prospect):
        yield _on_track(prospect, "referral", tracks.referral, prospect.satisfied_at)
    yield _on_track(prospect, "satisfaction", tracks.satisfaction, won)
    if not is_dissatisfied(prospect):
        yield _on_track(prospect, "expansion", tracks.expansion, won)


def _on_track(prospect: Prospect, name: str, track: Track | None, begins: datetime | None) -> Next | None:
    """A repeated ask counts from its own beginning: a later good answer does not ask again at once."""
    if track is None or begins is None:
        return None
    done = prospect.tracks.get(name, 0)
    days = track.day_of(done)
    if days is None:
        return None
    return Next(name, track.template, done + 1, begins + timedelta(days=days))


def _renewal(prospect: Prospect, rules: Renewal, won: datetime) -> Next | None:
    """The mails of each term in turn; those whose term is over without them are left out."""
    done, each = prospect.tracks.get("renewal", 0), len(rules.before_days)
    last = prospect.last_touch_at or won
    for number in range(done, done + MOST_TERMS * each):
        ends = months_later(won.date(), rules.term_months * (number // each + 1))
        if ends > last.date():
            at = datetime.combine(ends - timedelta(days=rules.before_days[number % each]), won.timetz())
            return Next("renewal", rules.template, number + 1, at, ends)
    return None


def _steady(prospect: Prospect, rules: FollowUp) -> Next:
    done = prospect.tracks.get(STEADY, 0)
    last = prospect.last_touch_at or prospect.closed_at or prospect.stage_entered_at
    step = done + 1
    if rules.tracks.satisfaction is not None and rules.tracks.referral is not None:
        step = OWN_TURNS[done % 3] + 5 * (done // 3)
    return Next(STEADY, rules.customer.template, step, last + timedelta(days=rules.customer.wait_before(done)))


def _rested(prospect: Prospect, rules: FollowUp, one: Next) -> datetime:
    """The first moment after the pause; the first mail after the order needs none."""
    last = prospect.last_touch_at
    if last is None or not prospect.tracks:
        return one.at
    return last + timedelta(days=rules.tracks.pause_days)

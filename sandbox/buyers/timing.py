"""When a buyer does something: after minutes to days, and never in the middle of the person's night."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.agenda import moment, seconds
from sandbox.buyers.chance import Chance

MINUTE, HOUR, DAY = 60, 3600, 86400
FIRST_HOUR, LAST_HOUR = 8, 19
# How long until a reply is written, as (from, to) seconds with the share of replies.
REPLY_DELAYS = (((12 * MINUTE, 2 * HOUR), 30.0), ((2 * HOUR, 10 * HOUR), 35.0), ((10 * HOUR, 3 * DAY), 35.0))
OPEN_DELAYS = (((2 * MINUTE, 50 * MINUTE), 45.0), ((HOUR, 8 * HOUR), 35.0), ((8 * HOUR, 30 * HOUR), 20.0))


def opens_at(chance: Chance, arrived: int, utc_offset: int, *name: object) -> int:
    """When a delivered mail is opened."""
    low, high = chance.weighted(OPEN_DELAYS, "open", *name)
    return awake(arrived + chance.between(low, high, "open seconds", *name), utc_offset, chance, *name)


def replies_at(chance: Chance, arrived: int, opened: int, utc_offset: int, *name: object) -> int:
    """When a reply is written: always some minutes after the mail was opened."""
    low, high = chance.weighted(REPLY_DELAYS, "reply", *name)
    written = arrived + chance.between(low, high, "reply seconds", *name)
    reading = chance.between(2 * MINUTE, 25 * MINUTE, "reading", *name)
    return awake(max(written, opened + reading), utc_offset, chance, *name)


def answers_by_machine_at(chance: Chance, arrived: int, *name: object) -> int:
    """When an autoresponder answers: seconds later, at any hour."""
    return arrived + chance.between(3, 55, "machine", *name)


def awake(at: int, utc_offset: int, chance: Chance, *name: object) -> int:
    """The same moment when the person is up on a working day, else some minutes into the next working
    morning."""
    local = moment(at) + timedelta(hours=utc_offset)
    if local.weekday() < 5 and FIRST_HOUR <= local.hour < LAST_HOUR:
        return at
    morning = _next_morning(local) + timedelta(seconds=chance.between(0, 2 * HOUR, "morning", *name))
    return seconds(morning - timedelta(hours=utc_offset))


def _next_morning(local: datetime) -> datetime:
    morning = local.replace(hour=FIRST_HOUR, minute=0, second=0)
    if local.hour >= FIRST_HOUR:
        morning += timedelta(days=1)
    while morning.weekday() >= 5:
        morning += timedelta(days=1)
    return morning

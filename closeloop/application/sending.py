"""When and how much, asked once more at the last look: the window of each mail, and a slot of its mailbox.

Invariant: a mail leaves only inside its window and with a slot that the ledger gave it; one that must wait is told
the next moment at which it may leave, so nobody asks about it every hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from closeloop.application.approval_gate import gated
from closeloop.application.offers import promised
from closeloop.application.services import Services
from closeloop.domain.actions import ClaimedAction
from closeloop.domain.business_days import Place, is_business_day, place_of
from closeloop.domain.last_look import World, verdict
from closeloop.domain.mailboxes import away, home_day, leaving, mailbox_named, mailbox_of
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.sending_rules import Mailbox
from closeloop.domain.sending_slots import Slot, SlotDay, SlotWish, pause_before
from closeloop.domain.sending_times import openings, was_missed

DAYS_AHEAD = 10
"""Openings a mail may be put off to at once; a longer queue asks again then."""


def timed(
    claimed: Sequence[ClaimedAction],
    prospects: Mapping[str, Prospect],
    worlds: Mapping[str, World],
    services: Services,
    now: datetime,
) -> dict[str, World]:
    """Action key to the world with its window and its slot, taken only for mails that nothing else holds."""
    playbook = services.playbook
    found = {a.key: _in_time(a, prospects[a.prospect_key], worlds[a.prospect_key], playbook, now) for a in claimed}
    found = promised(claimed, prospects, gated(claimed, found, services), services, now)
    free = [a for a in claimed if verdict(a, prospects[a.prospect_key], found[a.key]).go]
    days = _Days(playbook, now)
    wishes = [wish for a in free if (wish := _wish(a, prospects[a.prospect_key], playbook, days)) is not None]
    if wishes:
        slots = services.ledger.take_slots(wishes, now)
        found |= {wish.action_key: _with_slot(found[wish.action_key], wish, slots, now) for wish in wishes}
    return found


def is_answer(action: ClaimedAction) -> bool:
    """Whether it answers what the person wrote."""
    return bool(action.payload.get("is_answer"))


def mailbox_for(action: ClaimedAction, prospect: Prospect, playbook: Playbook) -> Mailbox:
    """The mailbox the mail was written in; for one from before there were any, the prospect's."""
    named = action.payload.get("mailbox")
    return mailbox_named(named, playbook) if named else mailbox_of(prospect, playbook)


def _in_time(action: ClaimedAction, prospect: Prospect, world: World, playbook: Playbook, now: datetime) -> World:
    found = leaving(prospect, playbook, now, answer=is_answer(action))
    if found.at <= now or _may_leave_late(action, prospect, playbook, now):
        return world.model_copy(update={"window": ""})
    place = place_of(prospect, playbook.sending.time_zone)
    window = playbook.sending.window_for(place.country, answer=is_answer(action))
    why = (
        found.reasons[0]
        if found.reasons
        else f"outside the hours to write in ({window.in_words}, {place.time_zone})"
    )
    return world.model_copy(update={"window": why, "waits_until": found.at})


def _may_leave_late(action: ClaimedAction, prospect: Prospect, playbook: Playbook, now: datetime) -> bool:
    """Where passes are so rare that none fell into the window, the next pass of a working day sends."""
    rules = playbook.sending
    place = place_of(prospect, rules.time_zone)
    window = rules.window_for(place.country, answer=is_answer(action))
    gone = away(prospect, mailbox_for(action, prospect, playbook), playbook, home_day(now, playbook))
    if rules.missed_window == "wait" or (gone is not None and gone.deputy is None):
        return False
    return is_business_day(now, place) and was_missed(action.due_at, now, window, place)


def _wish(action: ClaimedAction, prospect: Prospect, playbook: Playbook, days: _Days) -> SlotWish | None:
    """None for answers, and in a mailbox without limits."""
    box = mailbox_for(action, prospect, playbook)
    if is_answer(action) or not box.is_limited:
        return None
    place = place_of(prospect, playbook.sending.time_zone)
    pause = pause_before(box, action.key)
    return SlotWish(action_key=action.key, mailbox=box.email, days=days.of(place, box), pause=pause)


class _Days:
    """The days of a batch, worked out once for each place and mailbox."""

    def __init__(self, playbook: Playbook, now: datetime) -> None:
        self._playbook, self._now = playbook, now
        self._found: dict[tuple[Place, str], tuple[SlotDay, ...]] = {}

    def of(self, place: Place, box: Mailbox) -> tuple[SlotDay, ...]:
        """Today if the mail may leave now, then the openings of the prospect's window."""
        known = self._found.get((place, box.email))
        if known is None:
            known = self._found[place, box.email] = tuple(self._work_out(place, box))
        return known

    def _work_out(self, place: Place, box: Mailbox) -> Iterator[SlotDay]:
        window = self._playbook.sending.window_for(place.country, answer=False)
        found = list(islice(openings(self._now, window, place), DAYS_AHEAD))
        if found[0].opens > self._now:
            yield self._day(box, self._now, found[0].opens)
        for opening in found:
            yield self._day(box, opening.opens, opening.closes)

    def _day(self, box: Mailbox, opens: datetime, closes: datetime) -> SlotDay:
        # An opening that began yesterday on the mailbox's calendar counts to the day on which the mail leaves.
        day = home_day(max(opens, self._now), self._playbook)
        return SlotDay(day=day, opens=opens, closes=closes, cap=box.cap_on(day))


def _with_slot(world: World, wish: SlotWish, slots: Mapping[str, Slot | None], now: datetime) -> World:
    slot = slots[wish.action_key]
    if slot is None:
        last = wish.days[-1]
        why = f"{wish.mailbox} has no room for another mail until {last.day}"
        return world.model_copy(update={"cap": why, "waits_until": last.opens})
    if slot.at <= now:
        return world.model_copy(update={"cap": "", "slot": _spoken(slot)})
    same_day = slot.day == wish.days[0].day
    why = f"{wish.mailbox} pauses between two mails" if same_day else _full(wish)
    return world.model_copy(update={"cap": why, "waits_until": slot.at, "slot": _spoken(slot)})


def _full(wish: SlotWish) -> str:
    first = wish.days[0]
    return (
        f"{wish.mailbox} has sent all its {first.cap} mails of {first.day}"
        if first.cap is not None
        else (f"{wish.mailbox} has no time left on {first.day}")
    )


def _spoken(slot: Slot) -> str:
    number = f"mail {slot.number:,}" if slot.number else "a mail"
    most = f", at most {slot.cap:,}" if slot.cap is not None else ""
    return f"{number} of {slot.mailbox} on {slot.day}{most}"

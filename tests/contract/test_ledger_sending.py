"""Slots of mailboxes, playbook lines and mails on their way: what every ledger promises."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from closeloop.application.ports import Change, Ledger
from closeloop.domain.account_pace import Pace
from closeloop.domain.actions import ActionKind, ActionState, Settlement
from closeloop.domain.playbook_lines import PlaybookLine
from closeloop.domain.prospect import Enrollment
from closeloop.domain.sending_rules import AccountRule
from closeloop.domain.sending_slots import Slot, SlotDay, SlotWish
from closeloop.domain.stage import Stage
from tests.contract.ledger_samples import LEASE, NOW, mail, person, plan

BOX = "a@b.example"
DAYS = tuple(NOW + timedelta(days=n) for n in range(3))


def wish(key: str, cap: int | None = 2, box: str = BOX, pause: int = 0) -> SlotWish:
    days = tuple(SlotDay(day=d.date(), opens=d, closes=d + timedelta(hours=9), cap=cap) for d in DAYS)
    return SlotWish(action_key=mail(key).key, mailbox=box, days=days, pause=timedelta(seconds=pause))


def keys(number: int) -> list[str]:
    return [f"00Q{n:03}" for n in range(number)]


def planned(ledger: Ledger, number: int) -> list[str]:
    found = keys(number)
    plan(ledger, *(mail(key) for key in found))
    return found


def days_of(slots: dict[str, Slot | None]) -> Counter[str]:
    return Counter(slot.day.isoformat() if slot else "none" for slot in slots.values())


def test_slots_are_given_day_by_day_and_remembered(ledger: Ledger) -> None:
    found = planned(ledger, 7)
    first = ledger.take_slots([wish(key) for key in found], NOW)
    assert days_of(first) == {**{d.date().isoformat(): 2 for d in DAYS}, "none": 1}
    again = ledger.take_slots([wish(key) for key in found], NOW)
    assert {key: slot.at if slot else None for key, slot in again.items()} == {
        key: slot.at if slot else None for key, slot in first.items()
    }


def test_another_mailbox_has_days_of_its_own(ledger: Ledger) -> None:
    found = planned(ledger, 4)
    slots = ledger.take_slots([wish(key, box=f"{n % 2}@b.example") for n, key in enumerate(found)], NOW)
    assert days_of(slots) == {NOW.date().isoformat(): 4}


def test_a_pause_reaches_over_two_takings(ledger: Ledger) -> None:
    one, two = planned(ledger, 2)
    (first,) = ledger.take_slots([wish(one, pause=90)], NOW).values()
    (second,) = ledger.take_slots([wish(two, pause=90)], NOW).values()
    assert first is not None
    assert second is not None
    assert second.at - first.at == timedelta(seconds=90)


def test_a_mail_that_is_called_off_gives_its_slot_back_and_one_that_left_keeps_it(ledger: Ledger) -> None:
    gone, left, late = planned(ledger, 3)
    ledger.take_slots([wish(gone), wish(left)], NOW)
    ledger.claim(ActionKind.EMAIL, NOW, "w", 3, LEASE)
    ledger.settle(
        [
            Settlement(key=mail(gone).key, attempt=1, state=ActionState.SKIPPED),
            Settlement(key=mail(left).key, attempt=1, state=ActionState.ACCEPTED),
        ],
        NOW,
    )
    (slot,) = ledger.take_slots([wish(late)], NOW).values()
    assert slot is not None
    assert (slot.day, slot.number) == (NOW.date(), 2)


def test_two_workers_never_give_more_slots_of_a_day_than_its_cap(ledger: Ledger) -> None:
    found = planned(ledger, 120)
    workers = 4
    start = Barrier(workers)

    def work(number: int) -> list[Slot | None]:
        start.wait()
        share = found[number::workers]
        parts = (share[n : n + 5] for n in range(0, len(share), 5))
        return [s for part in parts for s in ledger.take_slots([wish(k, cap=25) for k in part], NOW).values()]

    with ThreadPoolExecutor(workers) as pool:
        slots = [slot for share in pool.map(work, range(workers)) for slot in share]
    per_day = Counter(slot.day for slot in slots if slot)
    assert per_day == {day.date(): 25 for day in DAYS}
    assert sorted(slot.number for slot in slots if slot and slot.day == NOW.date()) == list(range(1, 26))


def test_a_mail_is_on_its_way_until_it_has_left(ledger: Ledger) -> None:
    waits, claimed, left = planned(ledger, 3)
    ledger.claim(ActionKind.EMAIL, NOW, "w", 9, LEASE)
    states = ((waits, ActionState.PLANNED), (left, ActionState.ACCEPTED))
    later = NOW + timedelta(days=2)
    ledger.settle(
        [Settlement(key=mail(key).key, attempt=1, state=state, retry_at=later) for key, state in states], NOW
    )
    assert ledger.mail_on_its_way([waits, claimed, left, "nobody"]) == {
        waits: {Stage.APPROACH: later},
        claimed: {Stage.APPROACH: NOW},
    }


def test_a_playbook_line_is_kept_as_it_was_first_entered(ledger: Ledger) -> None:
    line = PlaybookLine(hash="abc", version="2026.1", content="{}")
    ledger.commit(Change(prospects=(person(),), lines=(line,)))
    ledger.commit(Change(lines=(line.model_copy(update={"version": "2027.1"}),)))
    assert ledger.playbook_lines(["abc", "unknown"]) == {"abc": line}


def test_only_who_is_inside_an_approach_is_in_outreach(ledger: Ledger) -> None:
    entered = Enrollment(sequence="s", step=1, playbook_version="1", started_at=NOW)
    inside = person("00Q1", stage=Stage.APPROACH, enrollment=entered)
    waiting = person("00Q2", stage=Stage.APPROACH)
    elsewhere = person("00Q3", stage=Stage.PRESENTATION, enrollment=entered)
    ledger.add_prospects([inside, waiting, elsewhere])
    assert ledger.in_outreach(["North.example", "south.example"]) == {"north.example": [inside]}


PACE = Pace(rules=AccountRule(people_at_once=2, days_between=0), at=NOW)


def begun(key: str, pace: Pace = PACE) -> Change:
    """Somebody who waits in the approach is entered into a sequence."""
    before = person(key, stage=Stage.APPROACH, domain="north.example")
    entered = Enrollment(sequence="s", step=1, playbook_version="1", started_at=NOW)
    return Change(prospects=(before.model_copy(update={"enrollment": entered}),), read={key: before}, pace=pace)


def waiting(ledger: Ledger, number: int) -> list[str]:
    found = keys(number)
    ledger.add_prospects(person(key, stage=Stage.APPROACH, domain="north.example") for key in found)
    return found


def test_who_would_be_one_too_many_at_an_account_is_overtaken_and_nothing_of_them_is_saved(ledger: Ledger) -> None:
    found = waiting(ledger, 3)
    lost = [ledger.commit(begun(key)).overtaken for key in found]
    assert lost == [set(), set(), {found[2]}]
    assert [one.key for one in ledger.in_outreach(["north.example"])["north.example"]] == found[:2]


def test_nobody_begins_on_the_day_on_which_another_worker_began_with_a_colleague(ledger: Ledger) -> None:
    found = waiting(ledger, 2)
    apart = Pace(rules=AccountRule(people_at_once=2, days_between=3), at=NOW)
    assert [ledger.commit(begun(key, apart)).overtaken for key in found] == [set(), {found[1]}]


def test_workers_that_begin_at_the_same_moment_never_exceed_the_people_at_once(ledger: Ledger) -> None:
    found = waiting(ledger, 8)
    start = Barrier(4)

    def work(number: int) -> int:
        start.wait()
        return sum(not ledger.commit(begun(key)).overtaken for key in found[number::4])

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 2
    assert len(ledger.in_outreach(["north.example"])["north.example"]) == 2

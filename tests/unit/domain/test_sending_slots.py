"""What the tests hold unit/domain to: slots of a mailbox."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.sending_rules import Mailbox
from closeloop.domain.sending_slots import Load, Loads, Slot, SlotDay, SlotWish, assign, pause_before
from tests.unit.domain.people import NOW

DAY = timedelta(days=1)


def days(cap: int | None, number: int = 5) -> tuple[SlotDay, ...]:
    opens = [NOW + n * DAY for n in range(number)]
    return tuple(SlotDay(day=o.date(), opens=o, closes=o + timedelta(hours=9), cap=cap) for o in opens)


def wishes(number: int, cap: int | None, pause: float = 0) -> list[SlotWish]:
    return [
        SlotWish(action_key=f"email:{n}", mailbox="a@b.example", days=days(cap), pause=timedelta(seconds=pause))
        for n in range(number)
    ]


@given(number=st.integers(1, 60), cap=st.integers(0, 20), used=st.integers(0, 25), pause=st.integers(0, 7200))
def test_no_day_gets_more_than_its_cap_and_no_two_slots_lie_closer_than_the_pause(
    number: int, cap: int, used: int, pause: int
) -> None:
    loads: Loads = {("a@b.example", NOW.date()): Load(used, NOW)}
    found = [slot for slot in assign(wishes(number, cap, pause), loads, {}, NOW).values() if slot is not None]
    times = sorted(slot.at for slot in found)
    per_day = Counter(slot.day for slot in found)
    assert all(count <= cap for count in per_day.values())
    assert per_day[NOW.date()] <= max(0, cap - used)
    assert all(later - earlier >= timedelta(seconds=pause) for earlier, later in pairwise(times))


def test_what_does_not_fit_today_is_put_off_to_the_days_with_room_once_and_for_all() -> None:
    found = assign(wishes(12, cap=5), {}, {}, NOW)
    assert Counter(slot.day for slot in found.values() if slot) == {
        NOW.date(): 5,
        (NOW + DAY).date(): 5,
        (NOW + 2 * DAY).date(): 2,
    }
    assert [slot.number for slot in found.values() if slot][:6] == [1, 2, 3, 4, 5, 1]


def test_where_no_day_has_room_there_is_no_slot() -> None:
    assert assign(wishes(1, cap=0), {}, {}, NOW) == {"email:0": None}


def test_a_mail_keeps_the_slot_it_has_until_its_day_is_over() -> None:
    tomorrow = (NOW + DAY).date()
    kept = {"email:0": Slot(action_key="email:0", mailbox="a@b.example", day=tomorrow, at=NOW + DAY)}
    (again,) = assign(wishes(1, cap=5), {}, kept, NOW).values()
    assert again == kept["email:0"].model_copy(update={"cap": 5})
    over = {"email:0": kept["email:0"].model_copy(update={"day": date(2025, 12, 31)})}
    (slot,) = assign(wishes(1, cap=5), {}, over, NOW).values()
    assert slot is not None
    assert slot.day == NOW.date()


def test_pauses_are_the_same_each_time_and_stay_within_the_jitter() -> None:
    box = Mailbox(email="a@b.example", name="A", seconds_between=100, jitter=0.3)
    found = [pause_before(box, f"email:{n}").total_seconds() for n in range(500)]
    assert found == [pause_before(box, f"email:{n}").total_seconds() for n in range(500)]
    assert 70 <= min(found) < 80
    assert 120 < max(found) <= 130
    assert 95 < sum(found) / len(found) < 105

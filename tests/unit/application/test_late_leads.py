"""Leads whose transaction ends late: whenever the pull comes by, each version is read once and none is missed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from closeloop.application.ports import CrmLead
from closeloop.application.prospecting import CURSOR, pull
from closeloop.domain.read_position import OVERLAP, ReadPosition, moment_of, read_position
from tests.fakes.crm import MemoryCrm, Row, written
from tests.fakes.services import RUN, Company

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONGEST = int(OVERLAP.total_seconds()) - 1


@dataclass
class Version:
    """One change of a Lead: its time of change, and when other people see it."""

    stamp: datetime
    seen_from: datetime


class SlowOrg(MemoryCrm):
    """An org in which transactions take their time. One Lead's follow each other, as its lock makes them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.versions: dict[str, list[Version]] = {}
        self.given: list[str] = []
        self.looks_back = 0

    def write(self, name: str, takes: timedelta) -> None:
        key = next((row["Id"] for row in super().rows("Lead") if row["LastName"] == name), None)
        if key is None:
            key = self.insert("Lead", LastName=name, Email=f"{name}@north.example", Company="North Mills")
        before = self.versions.setdefault(key, [])
        began = max(self.now, before[-1].seen_from) if before else self.now
        before.append(Version(began, began + takes))

    def rows(self, object_name: str) -> list[Row]:
        rows = []
        for row in super().rows(object_name):
            if seen := [v for v in self.versions[row["Id"]] if v.seen_from <= self.now]:
                rows.append(row | {"SystemModstamp": written(seen[-1].stamp)})
        return rows

    def changed_leads(self, since: str | None, limit: int) -> list[CrmLead]:
        return self._noted(super().changed_leads(since, limit))

    def changed_between(self, start: datetime, until: str, known: object) -> list[CrmLead]:
        self.looks_back += 1
        return self._noted(super().changed_between(start, until, known))  # type: ignore[arg-type]

    def _noted(self, leads: list[CrmLead]) -> list[CrmLead]:
        self.given += [lead.cursor for lead in leads]
        return leads


@dataclass
class Reading:
    """A company that reads from a slow org."""

    org: SlowOrg = field(default_factory=SlowOrg)
    company: Company = field(default_factory=Company)

    def __post_init__(self) -> None:
        self.company.with_services(crm=self.org)

    def wait(self, seconds: int) -> None:
        self.org.now += seconds * SECOND

    def pull(self, limit: int = 2_000) -> int:
        return pull(self.company.services, RUN, self.org.now, limit).considered

    @property
    def position(self) -> ReadPosition:
        return read_position(self.company.ledger.cursor(CURSOR))


STEPS = st.lists(
    st.tuples(
        st.integers(0, 240),
        st.sampled_from([None, "anna", "bo", "cleo", "dana", "emil"]),
        st.integers(0, LONGEST),
        st.integers(0, 3),
    ),
    max_size=40,
)


@given(steps=STEPS)
def test_whatever_ends_late_is_read_once_and_nothing_is_missed(
    steps: list[tuple[int, str | None, int, int]],
) -> None:
    reading = Reading()
    for gap, who, takes, limit in steps:
        reading.wait(gap)
        if who:
            reading.org.write(who, takes * SECOND)
        if limit:
            reading.pull(limit)
    reading.wait(100 * LONGEST)
    while reading.pull(3):
        pass
    latest = {f"{written(versions[-1].stamp)}|{key}" for key, versions in reading.org.versions.items()}
    assert latest <= set(reading.org.given)
    assert len(reading.org.given) == len(set(reading.org.given))
    assert set(reading.company.ledger.people) == set(reading.org.versions)


def test_a_lead_that_comes_to_light_behind_the_cursor_becomes_a_prospect() -> None:
    reading = Reading()
    reading.org.write("late", 60 * SECOND)
    reading.wait(10)
    reading.org.write("quick", 0 * SECOND)
    assert reading.pull() == 1
    reading.wait(60)
    assert reading.pull() == 1
    assert {person.last_name for person in reading.company.ledger.people.values()} == {"late", "quick"}


def test_what_has_settled_is_never_looked_at_again() -> None:
    reading = Reading()
    reading.org.write("anna", 0 * SECOND)
    for _ in range(5):
        reading.wait(3_600)
        reading.pull()
    assert reading.org.looks_back == 0
    assert reading.position.seen == frozenset()


def test_pages_of_one_pass_look_back_once() -> None:
    reading = Reading()
    for name in "abcdefg":
        reading.org.write(name, 0 * SECOND)
    reading.pull(2)
    reading.wait(1)
    while reading.pull(2):
        pass
    assert reading.org.looks_back == 1
    assert len(reading.position.seen) == 7


def test_a_cursor_of_an_earlier_version_is_read_on_from() -> None:
    cursor = f"{written(START)}|00Q000000000001EAA"
    position = read_position(cursor)
    assert (position.at, position.look_back(START)) == (cursor, None)
    moved = read_position(position.after(None, [], START).text())
    assert moved.at == cursor
    assert moved.look_back(START + SECOND) == START - OVERLAP
    assert moment_of(cursor) == START


def test_a_pull_by_a_clock_that_was_ahead_hides_nothing_that_ends_late() -> None:
    reading = Reading()
    reading.org.write("anna", 0 * SECOND)
    pull(reading.company.services, RUN, reading.org.now + timedelta(days=1))
    reading.wait(60)
    reading.pull()
    reading.org.write("bo", 120 * SECOND)
    reading.wait(10)
    reading.org.write("cleo", 0 * SECOND)
    for seconds in (10, 200, 200):
        reading.wait(seconds)
        reading.pull()
    assert {person.email for person in reading.company.ledger.all_prospects()} == {
        f"{name}@north.example" for name in ("anna", "bo", "cleo")
    }

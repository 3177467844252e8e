"""The change stream over real gRPC: from a change in the org to an event in the inbox, after any break too."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from closeloop.adapters.clock import SystemClock
from closeloop.adapters.salesforce.stream import (
    MOST_UNDERWAY,
    ChangeStream,
    PlaceLost,
    StreamBatch,
    StreamRefused,
    StreamSession,
    StreamUnavailable,
)
from closeloop.application.follow_stream import begin_anew, cursor_of, follow
from closeloop.domain.crm_events import ChangeKind, CrmEvent, is_echo
from flows.gateway.streaming import Listener
from tests.fakes.ledger import MemoryLedger
from tests.sandbox.conftest import Client, Sandbox
from tests.sandbox.conftest import sf as sf

ORG = "00D000000000001EAA"
TOPIC = "/data/ChangeEvents"
LEAD = {"LastName": "Berg", "Company": "Fjord AS"}


@dataclass
class Keys:
    """Signs in; notes which token was refused."""

    sandbox: Sandbox
    token: str = ""
    refused: list[str] = field(default_factory=list)

    def __call__(self, refused: str | None) -> StreamSession:
        known = self.sandbox.salesforce
        if refused:
            self.refused.append(refused)
        token = known["access_token"] if refused or not self.token else self.token
        return StreamSession(token, known["instance_url"], ORG)


def stream(sandbox: Sandbox, topic: str = TOPIC, keys: Keys | None = None) -> ChangeStream:
    target = sandbox.salesforce["pubsub"]
    return ChangeStream(target, topic, keys or Keys(sandbox), SystemClock(), secure=False)


@pytest.fixture
def logged(sandbox: Sandbox) -> Sandbox:
    """An org that logs changes."""
    sandbox.post_control("org", {"change_log": ["Lead", "Opportunity"]})
    return sandbox


def first(batches: Iterator[StreamBatch], number: int) -> list[CrmEvent]:
    """So many events, then the stream is let go."""
    found: list[CrmEvent] = []
    for batch in batches:
        found += batch.events
        if len(found) >= number:
            break
    return found


def replay(number: int) -> bytes:
    return number.to_bytes(10, "big")


def test_a_change_is_told_with_who_made_it_and_which_fields(logged: Sandbox, sf: Client) -> None:
    lead = sf.Lead.create(LEAD)["id"]
    headers = {"Sforce-Call-Options": "client=closeloop"}
    logged.rest("PATCH", f"sobjects/Lead/{lead}", json={"Title": "CEO", "NumberOfEmployees": 9}, headers=headers)
    sf.Lead.update(lead, {"Title": None})
    sf.Lead.delete(lead)
    told = first(stream(logged).batches(replay(0)), 4)
    assert [event.change for event in told] == [
        ChangeKind.CREATE,
        ChangeKind.UPDATE,
        ChangeKind.UPDATE,
        ChangeKind.DELETE,
    ]
    assert {(event.object, event.record_id, event.source) for event in told} == {("Lead", lead, "stream")}
    assert set(told[1].changed) == {"Title", "NumberOfEmployees", "LastModifiedDate"}
    assert told[1].occurred_at == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert [is_echo(event, None) for event in told] == [False, True, False, False]
    assert is_echo(told[2], told[2].changed_by)
    assert len({event.id for event in told}) == 4


@pytest.fixture
def several(logged: Sandbox, sf: Client) -> list[str]:
    """Five new Leads."""
    return [sf.Lead.create(LEAD)["id"] for _ in range(5)]


def test_reading_goes_on_behind_a_place(logged: Sandbox, several: list[str]) -> None:
    told = first(stream(logged).batches(replay(3)), 2)
    assert [event.record_id for event in told] == several[3:]


def test_without_a_place_only_what_comes_from_now_on_is_told(
    logged: Sandbox, sf: Client, several: list[str]
) -> None:
    found: list[CrmEvent] = []
    reader = threading.Thread(target=lambda: found.extend(first(stream(logged).batches(None), 1)))
    reader.start()
    time.sleep(0.6)
    last = sf.Lead.create(LEAD)["id"]
    reader.join(10)
    assert [event.record_id for event in found] == [last]


def test_a_topic_of_one_object_leaves_the_others_out(logged: Sandbox, sf: Client) -> None:
    sf.Lead.create(LEAD)
    deal = sf.Opportunity.create({"Name": "Fjord", "StageName": "Prospecting", "CloseDate": "2026-03-31"})["id"]
    told = first(stream(logged, "/data/OpportunityChangeEvent").batches(replay(0)), 1)
    assert [event.record_id for event in told] == [deal]


def test_more_than_may_be_underway_comes_inseveral_batches(logged: Sandbox) -> None:
    for _ in range(2):
        records = [{"attributes": {"type": "Lead"}, **LEAD} for _ in range(130)]
        logged.rest("POST", "composite/sobjects", json={"records": records})
    sizes = []
    for batch in stream(logged).batches(replay(0)):
        sizes.append(len(batch.events))
        if sum(sizes) == 260:
            break
    assert max(sizes) <= MOST_UNDERWAY
    assert len(sizes) >= 3


def test_a_place_that_is_kept_no_more_is_told_as_lost(logged: Sandbox, sf: Client) -> None:
    for _ in range(3):
        sf.Lead.create(LEAD)
    logged.post_control("advance", {"hours": 73})
    sf.Lead.create(LEAD)
    with pytest.raises(PlaceLost, match="is gone"):
        next(stream(logged).batches(replay(1)))


def test_a_refused_session_is_followed_by_another(logged: Sandbox, several: list[str]) -> None:
    keys = Keys(logged, token="00D000000000001!stale")
    reading = stream(logged, keys=keys)
    with pytest.raises(StreamRefused):
        next(reading.batches(replay(0)))
    assert len(first(reading.batches(replay(0)), 5)) == 5
    assert keys.refused == ["00D000000000001!stale"]


def test_a_topic_that_is_not_there_is_told_with_what_to_do(logged: Sandbox) -> None:
    logged.post_control("org", {"change_log": []})
    with pytest.raises(StreamUnavailable, match="Change Data Capture"):
        next(stream(logged).batches(None))


def test_an_org_that_is_away_is_told_as_away() -> None:
    session = StreamSession("x", "http://127.0.0.1:1", ORG)
    reading = ChangeStream("127.0.0.1:1", TOPIC, lambda _: session, SystemClock(), secure=False)
    with pytest.raises(StreamUnavailable, match="UNAVAILABLE"):
        next(reading.batches(None))


@contextmanager
def listening(reading: ChangeStream, ledger: MemoryLedger) -> Iterator[None]:
    listener = Listener(reading, ledger, lambda: None)
    thread = threading.Thread(target=listener.work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.end()
        thread.join(10)
    assert not thread.is_alive()


def await_true(question: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_listener_that_was_away_goes_on_where_it_ended(logged: Sandbox, sf: Client) -> None:
    ledger, reading = MemoryLedger(), stream(logged)
    ledger.set_cursor(cursor_of(reading), replay(0).hex())
    sf.Lead.create(LEAD)
    with listening(reading, ledger):
        await_true(lambda: len(ledger.crm_events) == 1)
    sf.Lead.create(LEAD)
    sf.Lead.create(LEAD)
    with listening(stream(logged), ledger):
        await_true(lambda: len(ledger.crm_events) == 3)
        await_true(lambda: ledger.cursor(cursor_of(reading)) == replay(3).hex())


def test_a_listener_whose_place_is_gone_has_the_crm_read_and_begins_anew(logged: Sandbox, sf: Client) -> None:
    for _ in range(3):
        sf.Lead.create(LEAD)
    logged.post_control("advance", {"hours": 73})
    sf.Lead.create(LEAD)
    ledger, reading = MemoryLedger(), stream(logged)
    ledger.set_cursor(cursor_of(reading), replay(1).hex())
    with listening(reading, ledger):
        await_true(lambda: any(event.change is ChangeKind.GAP for event in ledger.crm_events.values()))
        time.sleep(0.8)  # a new stream begins with what comes from now on
        sf.Lead.create(LEAD)
        await_true(lambda: len(ledger.crm_events) == 2)


def test_our_own_write_is_marked_at_the_door_and_wakes_nobody() -> None:
    ledger, woken = MemoryLedger(), list[bool]()
    ours = change(1).model_copy(update={"origin": "com/salesforce/api/rest/62.0;client=closeloop"})
    with pytest.raises(StreamUnavailable):
        follow(Broken(StreamBatch((ours,), b"\x01")), ledger, SystemClock().now, lambda: woken.append(True))
    assert ledger.crm_event_outcomes() == {"our own write": 1}
    assert woken == []


class Broken:
    """A stream that breaks in the middle of storing."""

    topic = TOPIC

    def __init__(self, *batches: StreamBatch) -> None:
        self._batches = batches

    def batches(self, behind: bytes | None) -> Iterator[StreamBatch]:
        yield from self._batches
        raise StreamUnavailable("broke off")


def change(number: int) -> CrmEvent:
    return CrmEvent(
        source="stream",
        id=str(number),
        object="Lead",
        record_id=f"00Q{number}",
        change=ChangeKind.UPDATE,
        occurred_at=datetime(2026, 1, 5, tzinfo=UTC),
    )


def test_the_place_moves_only_behind_what_is_stored() -> None:
    class FailsOnce(MemoryLedger):
        def receive_crm_events(self, events: object, now: datetime) -> int:
            raise StreamUnavailable("the ledger is away")

    ledger = FailsOnce()
    with pytest.raises(StreamUnavailable):
        follow(Broken(StreamBatch((change(1),), b"\x01")), ledger, SystemClock().now, lambda: None)
    assert ledger.cursor(cursor_of(Broken())) is None


def test_a_sign_of_life_moves_the_place_and_wakes_nobody() -> None:
    ledger, woken = MemoryLedger(), list[bool]()
    batches = (StreamBatch((), b"\x05"), StreamBatch((change(1),), b"\x06"), StreamBatch((change(1),), b"\x07"))
    with pytest.raises(StreamUnavailable):
        follow(Broken(*batches), ledger, SystemClock().now, lambda: woken.append(True))
    assert ledger.cursor(cursor_of(Broken())) == "07"
    assert woken == [True]
    begin_anew(Broken(), ledger, datetime(2026, 1, 9, tzinfo=UTC), lambda: None)
    assert ledger.cursor(cursor_of(Broken())) == ""

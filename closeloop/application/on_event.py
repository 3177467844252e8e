"""What the CRM told by itself: each event is brought to the people it is about, and their stage decides at once.

Invariant: an event only says where to look. What counts is what stands in the CRM when we look, so events may come
twice, late or in any order. Somebody in the middle of a sequence is not written to any sooner by an event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from closeloop.application import passes
from closeloop.application.deal_changes import take_over_deals
from closeloop.application.deciding import Outcome, note
from closeloop.application.only_these import only_these
from closeloop.application.overtaking import insist, update
from closeloop.application.prospecting import take_in
from closeloop.application.results import StageResult, Tally
from closeloop.application.services import Services
from closeloop.domain.actions import ActionKind
from closeloop.domain.crm_events import ChangeKind, CrmEvent, EventId, is_echo
from closeloop.domain.decisions import Hold
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import STOPPING_KINDS, Signal, SignalKind, name_of_signal
from closeloop.domain.stage import Stage, Standing

NAME = "on_event"
SIGNALS = "Signals"
"""What an event is about that stands for replies and stops, which lie in the inbox of signals."""
HALTING = frozenset({SignalKind.REPLY, *STOPPING_KINDS})
BATCH = 500
ECHO, REFRESHED, GONE, NOT_OURS, NOTED = "our own write", "refreshed", "gone", "not about our process", "noted"
NEXT_STEP, READ_ON = "next step", "read on by polling"
DECIDED_ANEW = frozenset({Stage.PROSPECTING, Stage.PREPARATION})
"""Stages in which nobody has been written to yet: there a change may change the decision."""
TASK_FIELDS = ("IsClosed", "Closeloop_Key__c")
ASKED = "ask"
"""The part of a Task's key that says: a person was asked, and the process waits for the answer."""


@dataclass
class Worked:
    """One batch of events: what happened, what became of each event, and which records they were about."""

    result: StageResult
    outcomes: dict[EventId, str]


@dataclass
class _Batch:
    """The running state of a batch."""

    services: Services
    run_id: str
    now: datetime
    tally: Tally
    fates: dict[str, str] = field(default_factory=dict)
    """Record id to what became of its events."""
    touched: set[str] = field(default_factory=set)
    """Keys of prospects whose stage is to decide."""
    received: StageResult = field(default_factory=lambda: StageResult(stage=NAME))

    def say(self, record_ids: Iterable[str], fate: str) -> None:
        self.fates |= dict.fromkeys(record_ids, fate)


def urgent(signals: Iterable[Signal], now: datetime) -> list[CrmEvent]:
    """One event for all of these that somebody should not wait for: replies and stops. None for the others."""
    names = sorted(name_of_signal(signal) for signal in signals if signal.kind in HALTING)
    if not names:
        return []
    mark = hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]
    event = CrmEvent(
        source="gateway", id=mark, object=SIGNALS, record_id="inbox", change=ChangeKind.CREATE, occurred_at=now
    )
    return [event]


def work(services: Services, run_id: str, now: datetime, events: Sequence[CrmEvent]) -> Worked:
    """Bring these events home. Raises what a CRM or ledger that is away raises: then none of them is done."""
    batch = _Batch(services, run_id, now, Tally(NAME, run_id))
    batch.tally.considered = len(events)
    ours = services.crm.our_user()
    news = [event for event in events if not is_echo(event, ours)]
    if lost := [event.object for event in news if event.names_no_record]:
        _read_on(batch, lost)
    for name, handle in _HANDLERS.items():
        about = [event.record_id for event in news if event.object == name and not event.names_no_record]
        if ids := list(dict.fromkeys(about)):
            handle(batch, ids)
    outcomes = {event.identity: ECHO for event in events}
    outcomes |= {event.identity: batch.fates.get(event.record_id, NOT_OURS) for event in news}
    for fate in outcomes.values():
        batch.tally.count(fate)
    received = batch.received.model_copy(update={"considered": 0})
    return Worked(batch.tally.result() + received + _decide(batch), outcomes)


def _read_on(batch: _Batch, objects: list[str]) -> None:
    """Changes were lost on the way: polling finds them."""
    batch.received = batch.received + passes.run_to_the_end("pull", batch.services, batch.run_id, batch.now)
    batch.say(objects, READ_ON)


def _leads(batch: _Batch, ids: list[str]) -> None:
    services = batch.services
    before = services.ledger.prospects(ids)
    leads = services.crm.leads_by_id(ids)
    take_in(services, leads, batch.run_id, batch.now, batch.tally)
    batch.say((lead.id for lead in leads), REFRESHED)
    gone = set(ids) - {lead.id for lead in leads}
    batch.say(gone, GONE)
    _let_go({key: prospect for key, prospect in before.items() if key in gone and _is_lead(prospect)}, batch)
    _look_again(before, batch)


def _is_lead(prospect: Prospect) -> bool:
    return prospect.crm.contact is None


def _let_go(gone: dict[str, Prospect], batch: _Batch) -> None:
    """A Lead that people deleted is not worked any more; it keeps its history."""

    def held(given: dict[str, Prospect]) -> list[Outcome]:
        outcomes = [Outcome(batch.services, prospect, batch.run_id, batch.now) for prospect in given.values()]
        for outcome in outcomes:
            reasons = ("a person deleted this Lead in the CRM",)
            note(batch.tally, outcome.take(Hold(rule="prospecting.deleted_by_people", reasons=reasons)))
        return outcomes

    if gone:
        insist(batch.services, gone, lambda given: held(dict(given)))
        batch.services.ledger.cancel_planned(sorted(gone), "the Lead was deleted in the CRM", batch.now)


def _look_again(before: dict[str, Prospect], batch: _Batch) -> None:
    """Whoever is new or changed is decided about at once, and what was planned for those who stopped is dropped."""
    ledger = batch.services.ledger
    after = ledger.prospects(batch.fates)
    changed = {key: prospect for key, prospect in after.items() if before.get(key) != prospect}
    stopped = [key for key, prospect in changed.items() if not prospect.standing.may_be_written_to]
    if stopped:
        dropped = ledger.cancel_planned(stopped, "stopped in the CRM", batch.now)
        batch.tally.count("planned mails dropped", dropped)
    early = [p.key for p in changed.values() if p.standing is Standing.OPEN and p.stage in DECIDED_ANEW]
    asked = [key for key in early if key in before and after[key].due_at is not None]
    update(ledger, asked, lambda prospect: prospect.model_copy(update={"due_at": batch.now}))
    batch.touched.update(early)


def _deals(batch: _Batch, ids: list[str]) -> None:
    """An Opportunity or the person behind one: owner, consent and how it ended, as the CRM has them now."""
    ledger = batch.services.ledger
    keys = list(ledger.by_opportunity(ids).values())
    before = ledger.prospects(keys)
    take_over_deals(batch.services, batch.run_id, batch.now, batch.tally)
    batch.say(ledger.by_opportunity(ids), REFRESHED)
    over = [p.key for p in ledger.prospects(keys).values() if before[p.key].is_open_deal and not p.is_open_deal]
    if over:
        batch.tally.count("planned mails dropped", ledger.cancel_planned(over, "the deal is closed", batch.now))


def _people(batch: _Batch, ids: list[str]) -> None:
    """Contacts, of whom we know those behind our deals."""
    take_over_deals(batch.services, batch.run_id, batch.now, batch.tally)
    batch.say(ids, NOTED)
    found = [prospect for contact in ids for prospect in batch.services.ledger.find(contact)]
    known = [prospect for prospect in found if prospect.crm.contact in ids]
    batch.say((str(prospect.crm.contact) for prospect in known), REFRESHED)
    stopped = [prospect.key for prospect in known if not prospect.standing.may_be_written_to]
    if stopped:
        batch.services.ledger.cancel_planned(stopped, "stopped in the CRM", batch.now)


def _tasks(batch: _Batch, ids: list[str]) -> None:
    """A seller who did what we asked for sets the process going again; other Tasks are the sellers' own."""
    rows = batch.services.crm.read("Task", ids, TASK_FIELDS)
    batch.say(rows, NOTED)
    done = {
        i: _asked_about(str(row.get("Closeloop_Key__c") or "")) for i, row in rows.items() if row.get("IsClosed")
    }
    answered = {key for key in done.values() if key}
    found = batch.services.ledger.prospects(answered)
    waiting = [p.key for p in found.values() if p.standing.may_be_written_to and p.due_at != batch.now]
    update(batch.services.ledger, waiting, lambda prospect: prospect.model_copy(update={"due_at": batch.now}))
    batch.touched.update(waiting)
    batch.say((i for i, key in done.items() if key in found), NEXT_STEP)


def _signals(batch: _Batch, ids: list[str]) -> None:
    """Replies and stops wait in the inbox of signals, which is worked to its end."""
    batch.received = batch.received + passes.run_to_the_end("receive", batch.services, batch.run_id, batch.now)
    batch.say(ids, REFRESHED)


def _asked_about(key: str) -> str | None:
    """Whose answer the Task is, by its key `task:00Q…:ask:2:5`."""
    kind, _, rest = key.partition(":")
    prospect, _, what = rest.partition(":")
    return prospect if kind == ActionKind.TASK and what.partition(":")[0] == ASKED else None


def _decide(batch: _Batch) -> StageResult:
    """The stage that each touched prospect is in decides, once."""
    total = StageResult(stage=NAME, run_id=batch.run_id)
    services = only_these(batch.services, batch.touched)
    stages = {prospect.stage for prospect in batch.services.ledger.prospects(sorted(batch.touched)).values()}
    for stage in sorted(stages, key=lambda one: -one.number):  # so that nobody goes through two stages
        decide, _ = passes.PASSES[stage.value]
        found = decide(services, batch.run_id, batch.now, max(1, len(batch.touched)))
        total = total + found.model_copy(update={"considered": 0})
    return total


_HANDLERS: dict[str, Callable[[_Batch, list[str]], None]] = {
    "Lead": _leads,
    "Opportunity": _deals,
    "Contact": _people,
    "Task": _tasks,
    SIGNALS: _signals,
}

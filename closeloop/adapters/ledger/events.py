"""The inbox of the CRM's events, and the runs that take them.

Invariant: what opens, feeds or ends a run happens alone. So a run that found nothing more has ended before anybody
looks whether one is open, and no event is stored into the gap between the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, literal, select, tuple_

from closeloop.adapters.ledger.columns import POSTGRESQL, UtcMoment
from closeloop.adapters.ledger.engine import chunks, patient, patient_and_repeatable
from closeloop.adapters.ledger.event_tables import crm_events, event_runs
from closeloop.adapters.ledger.rows import Part
from closeloop.adapters.ledger.statements import insert_new
from closeloop.application.event_inbox import MOST_NAMED, EventRun, is_over
from closeloop.domain.crm_events import CrmEvent, EventId

WAITING = "waiting"
_COLUMNS = {"source", "id", "object", "record_id", "change", "occurred_at"}
_ORDER = (crm_events.c.occurred_at, crm_events.c.id, crm_events.c.source)
_UNHANDLED = crm_events.c.handled_at.is_(None)


class EventRows(Part):
    """The port's methods about the CRM's events."""

    @patient_and_repeatable
    def receive_crm_events(self, events: Iterable[CrmEvent], now: datetime) -> int:
        given = sorted(events, key=lambda event: event.identity)
        rows = [
            event.model_dump(include=_COLUMNS) | {"received_at": now, "body": event.model_dump_json()}
            for event in given
        ]
        with self._database.write() as connection:
            return insert_new(connection, crm_events, rows)

    @patient
    def waiting_crm_events(self, limit: int) -> list[CrmEvent]:
        query = select(crm_events.c.body).where(_UNHANDLED).order_by(*_ORDER).limit(limit)
        with self._database.read() as connection:
            return [CrmEvent.model_validate_json(body) for body in connection.scalars(query)]

    @patient_and_repeatable
    def wanted_event_run(self, now: datetime, lease: timedelta) -> EventRun | None:
        with self._database.write() as connection:
            _alone(connection)
            records = _waiting_records(connection)
            still_open = _open_runs(connection)
            if not records:
                _end(connection, [run["key"] for run in still_open if run["dispatched_at"] is None])
                return None
            wanted = _to_see_to(still_open, now, lease)
            if wanted is None and not still_open:
                wanted = _opened(connection, f"events-{now:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}", now, lease)
            return wanted and wanted.model_copy(update={"records": records})

    @patient_and_repeatable
    def note_event_run(self, key: str, flow_run_id: str, now: datetime, lease: timedelta) -> None:
        with self._database.write() as connection:
            _prolong(connection, key, now, lease, flow_run_id=flow_run_id)

    @patient_and_repeatable
    def end_event_run(self, key: str) -> None:
        with self._database.write() as connection:
            _alone(connection)
            _end(connection, [key])

    @patient_and_repeatable
    def take_crm_events(self, key: str, now: datetime, limit: int, lease: timedelta) -> list[CrmEvent]:
        with self._database.write() as connection:
            _alone(connection)
            known = connection.execute(select(event_runs).where(event_runs.c.key == key)).mappings().first()
            if known is None:
                _opened(connection, key, now, lease, dispatched=True)
            elif known["ended"]:
                return []
            _prolong(connection, key, now, lease)
            found = _left(connection, key, limit) or _next(connection, key, limit)
            if not found:
                _end(connection, [key])
            return found

    @patient_and_repeatable
    def handle_crm_events(self, outcomes: Mapping[EventId, str], now: datetime) -> int:
        handled = 0
        with self._database.write() as connection:
            for (source, outcome), names in sorted(_grouped(outcomes).items()):
                for part in chunks(names):
                    these = (crm_events.c.source == source) & crm_events.c.id.in_(part) & _UNHANDLED
                    change = crm_events.update().where(these).values(handled_at=now, outcome=outcome)
                    handled += connection.execute(change).rowcount
        return handled

    @patient
    def delete_crm_events(self, before: datetime, limit: int) -> int:
        old = (crm_events.c.handled_at < before) & (crm_events.c.received_at < before)
        events = select(crm_events.c.source, crm_events.c.id).where(old).limit(limit)
        over = select(event_runs.c.key).where(event_runs.c.ended & (event_runs.c.until < before)).limit(limit)
        with self._database.write() as connection:
            _alone(connection)
            these = tuple_(crm_events.c.source, crm_events.c.id).in_(events)
            gone = connection.execute(delete(crm_events).where(these)).rowcount
            return gone + connection.execute(delete(event_runs).where(event_runs.c.key.in_(over))).rowcount

    @patient
    def crm_event_outcomes(self) -> dict[str, int]:
        outcome = func.coalesce(crm_events.c.outcome, WAITING)
        with self._database.read() as connection:
            rows = connection.execute(select(outcome, func.count()).group_by(outcome)).all()
        return {str(name): int(number) for name, number in rows}


def _alone(connection: Connection) -> None:
    """Until this transaction ends; a writer of SQLite is alone anyway."""
    if connection.dialect.name == POSTGRESQL:
        connection.exec_driver_sql("LOCK TABLE event_runs IN SHARE ROW EXCLUSIVE MODE")


def _waiting_records(connection: Connection) -> tuple[str, ...]:
    """The first few of those about which an event waits."""
    query = select(crm_events.c.record_id).where(_UNHANDLED).order_by(*_ORDER).limit(10 * MOST_NAMED)
    return tuple(dict.fromkeys(connection.scalars(query)))[:MOST_NAMED]


def _open_runs(connection: Connection) -> list[RowMapping]:
    query = select(event_runs).where(~event_runs.c.ended).order_by(event_runs.c.opened_at, event_runs.c.key)
    return list(connection.execute(query).mappings())


def _to_see_to(still_open: Iterable[RowMapping], now: datetime, lease: timedelta) -> EventRun | None:
    """One that Prefect may not have; else, when no other will find what waits, one whose time has run out."""
    runs = [_run(row) for row in still_open]
    lost = [run for run in runs if run.dispatched_at is None]
    over = [run for run in runs if is_over(run.until, now, lease)]
    wanted = lost or (over if len(over) == len(runs) else [])
    return wanted[0] if wanted else None


def _run(row: RowMapping) -> EventRun:
    return EventRun.model_validate({name: row[name] for name in ("key", "until", "dispatched_at", "flow_run_id")})


def _opened(
    connection: Connection, key: str, now: datetime, lease: timedelta, *, dispatched: bool = False
) -> EventRun:
    until, handed_over = now + lease, now if dispatched else None
    row = {"key": key, "opened_at": now, "until": until, "dispatched_at": handed_over, "ended": False}
    connection.execute(event_runs.insert(), [row])
    return EventRun(key=key, until=until, dispatched_at=handed_over)


def _prolong(connection: Connection, key: str, now: datetime, lease: timedelta, **more: str) -> None:
    """Whoever hears of the run knows that Prefect has it."""
    known = func.coalesce(event_runs.c.dispatched_at, literal(now, UtcMoment()))
    change = event_runs.update().where(event_runs.c.key == key)
    connection.execute(change.values(until=now + lease, dispatched_at=known, **more))


def _end(connection: Connection, keys: Iterable[str]) -> None:
    for part in chunks(sorted(keys)):
        connection.execute(event_runs.update().where(event_runs.c.key.in_(part)).values(ended=True))
        taken = crm_events.c.run_key.in_(part) & _UNHANDLED
        connection.execute(crm_events.update().where(taken).values(run_key=None))


def _left(connection: Connection, key: str, limit: int) -> list[CrmEvent]:
    """What the run took before and did not get to."""
    return _read(connection, (crm_events.c.run_key == key) & _UNHANDLED, limit)


def _next(connection: Connection, key: str, limit: int) -> list[CrmEvent]:
    """Taken now. A record that another run is at work on keeps its order by waiting for that run."""
    others = select(crm_events.c.record_id).where(_UNHANDLED, crm_events.c.run_key.is_not(None))
    free = and_(_UNHANDLED, crm_events.c.run_key.is_(None), crm_events.c.record_id.not_in(others))
    found = _read(connection, free, limit)
    for (source, _), names in _grouped({event.identity: "" for event in found}).items():
        for part in chunks(names):
            these = (crm_events.c.source == source) & crm_events.c.id.in_(part)
            connection.execute(crm_events.update().where(these).values(run_key=key))
    return found


def _read(connection: Connection, which: ColumnElement[bool], limit: int) -> list[CrmEvent]:
    query = select(crm_events.c.body).where(which).order_by(*_ORDER).limit(limit)
    return [CrmEvent.model_validate_json(body) for body in connection.scalars(query)]


def _grouped(outcomes: Mapping[EventId, str]) -> dict[tuple[str, str], list[str]]:
    """(source, outcome) to ids, sorted, so that two who write never wait for each other."""
    found: dict[tuple[str, str], list[str]] = {}
    for (source, name), outcome in sorted(outcomes.items()):
        found.setdefault((source, outcome), []).append(name)
    return found

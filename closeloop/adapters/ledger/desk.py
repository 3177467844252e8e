"""Counts and steps for the pages and events that ops people watch.

Invariant: only the newest rows are read, by their running number, however long the ledger is.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from closeloop.adapters.ledger.engine import patient
from closeloop.adapters.ledger.rows import Part
from closeloop.adapters.ledger.schema import (
    action_events,
    action_payloads,
    actions,
    decisions,
    mailbox_slots,
    prospects,
    signals,
)
from closeloop.application.desk_port import ENDED, MOVING, Happened, MailHealth
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.signals import SignalKind

NEWEST = 20_000


class DeskRows(Part):
    """The port's methods that only look on."""

    @patient
    def funnel(self) -> dict[str, dict[str, int]]:
        table = prospects.c
        query = select(table.stage, table.standing, func.count()).group_by(table.stage, table.standing)
        found: dict[str, dict[str, int]] = {}
        with self._database.read() as connection:
            for stage, standing, number in connection.execute(query):
                found.setdefault(stage.value, {})[standing.value] = number
        return found

    @patient
    def slots_taken(self, day: str) -> dict[str, int]:
        table = mailbox_slots.c
        query = select(table.mailbox, func.count()).where(table.day == day).group_by(table.mailbox)
        with self._database.read() as connection:
            return {str(mailbox): int(number) for mailbox, number in connection.execute(query)}

    @patient
    def complaints(self, since: datetime) -> dict[str, MailHealth]:
        box = action_payloads.c.payload["mailbox"].as_string()
        mails = (actions.c.kind == ActionKind.EMAIL) & (actions.c.state == ActionState.ACCEPTED)
        sent = select(box, func.count()).select_from(actions).join(action_payloads)
        bad = (signals.c.kind == SignalKind.SPAM_REPORT) & (signals.c.occurred_at >= since)
        reported = select(box, func.count(func.distinct(signals.c.action_key))).select_from(signals)
        reported = reported.join(action_payloads, action_payloads.c.action_key == signals.c.action_key).where(bad)
        with self._database.read() as connection:
            counts = connection.execute(sent.where(mails & (actions.c.due_at >= since)).group_by(box)).all()
            by_box = {str(name): int(number) for name, number in connection.execute(reported.group_by(box))}
        known = {str(name): int(number) for name, number in counts}
        return {
            name: MailHealth(sent=known.get(name, 0), reported=by_box.get(name, 0))
            for name in sorted({*known, *by_box})
        }

    @patient
    def steps_of(self, run_id: str, now: datetime, limit: int) -> list[Happened]:
        with self._database.read() as connection:
            top = connection.scalar(select(func.max(decisions.c.id))) or 0
            theirs = (decisions.c.id > top - NEWEST) & (decisions.c.run_id == run_id) & decisions.c.kind.in_(MOVING)
            decided = select(decisions.c.prospect_key, decisions.c.rule).where(theirs)
            found = [
                Happened(prospect_key=key, what=rule)
                for key, rule in connection.execute(decided.order_by(decisions.c.id).limit(limit))
            ]
            top = connection.scalar(select(func.max(action_events.c.id))) or 0
            mails = (action_events.c.id > top - NEWEST) & (action_events.c.at == now)
            mails &= (actions.c.kind == ActionKind.EMAIL) & action_events.c.new_state.in_(ENDED)
            ended = select(actions.c.prospect_key, actions.c.stage, action_events.c.new_state).join(actions)
            found += [
                Happened(prospect_key=key, what=f"{stage.value}.mail_{state.value}")
                for key, stage, state in connection.execute(
                    ended.where(mails).order_by(action_events.c.id).limit(limit)
                )
            ]
        return found[:limit]

"""Who works a stage right now.

Invariant: a stage has one holder; another takes its place only when the time of the first has run out. The
question and the answer are one statement, so two that ask at once never both get it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case, delete, select

from closeloop.adapters.ledger.engine import patient_and_repeatable
from closeloop.adapters.ledger.rows import Part
from closeloop.adapters.ledger.schema import stage_holds
from closeloop.adapters.ledger.statements import insert_into
from closeloop.application.event_inbox import CLOCK_AHEAD
from closeloop.application.ledger_port import StageHold


class StageRows(Part):
    """The port's methods about who works a stage."""

    @patient_and_repeatable
    def hold_stage(self, stage: str, worker: str, now: datetime, lease: timedelta) -> StageHold:
        table = stage_holds.c
        with self._database.write() as connection:
            asked = insert_into(connection, stage_holds).values(
                stage=stage, worker=worker, since=now, until=now + lease
            )
            mine = table.worker == asked.excluded.worker
            taken = asked.on_conflict_do_update(
                index_elements=["stage"],
                set_={
                    "worker": asked.excluded.worker,
                    "since": case((mine, table.since), else_=asked.excluded.since),
                    "until": asked.excluded.until,
                },
                where=mine | (table.until <= now) | (table.until > now + lease + CLOCK_AHEAD),
            )
            connection.execute(taken)
            row = connection.execute(select(stage_holds).where(table.stage == stage)).mappings().one()
            return StageHold.model_validate(dict(row))

    @patient_and_repeatable
    def release_stage(self, stage: str, worker: str) -> None:
        here = (stage_holds.c.stage == stage) & (stage_holds.c.worker == worker)
        with self._database.write() as connection:
            connection.execute(delete(stage_holds).where(here))

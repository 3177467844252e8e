"""The fake ledger's part about who works a stage."""

from __future__ import annotations

from datetime import datetime, timedelta

from closeloop.application.event_inbox import is_over
from closeloop.application.ports import StageHold
from tests.fakes.ledger_sending import MemorySending


class MemoryStages(MemorySending):
    """One holder a stage."""

    def __init__(self) -> None:
        super().__init__()
        self.stage_holds: dict[str, StageHold] = {}

    def hold_stage(self, stage: str, worker: str, now: datetime, lease: timedelta) -> StageHold:
        with self.lock:
            standing = self.stage_holds.get(stage)
            theirs = standing is not None and standing.worker == worker
            if standing is None or theirs or is_over(standing.until, now, lease):
                since = standing.since if standing and theirs else now
                self.stage_holds[stage] = StageHold(stage=stage, worker=worker, since=since, until=now + lease)
            return self.stage_holds[stage]

    def release_stage(self, stage: str, worker: str) -> None:
        with self.lock:
            if (standing := self.stage_holds.get(stage)) is not None and standing.worker == worker:
                del self.stage_holds[stage]

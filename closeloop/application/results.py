"""What a pass reports: counts, holds with reasons, failures with the record they are about."""

from __future__ import annotations

from closeloop.domain.record import Record


class Failure(Record):
    """Something one record could not get past; `record_id` is a CRM id, never a name or an address."""

    record_id: str
    problem: str


class StageResult(Record):
    """One batch, or several added up."""

    stage: str
    considered: int = 0
    counts: dict[str, int] = {}
    """What was decided or done, by name."""
    holds: dict[str, int] = {}
    """Why nothing was done, by reason."""
    failures: tuple[Failure, ...] = ()

    def __add__(self, other: StageResult) -> StageResult:
        return StageResult(
            stage=self.stage,
            considered=self.considered + other.considered,
            counts=_added(self.counts, other.counts),
            holds=_added(self.holds, other.holds),
            failures=(self.failures + other.failures)[:MOST_FAILURES],
        )


MOST_FAILURES = 200


def _added(first: dict[str, int], second: dict[str, int]) -> dict[str, int]:
    return {
        name: first.get(name, 0) + second.get(name, 0) for name in (*first, *(n for n in second if n not in first))
    }


class Tally:
    """Collects a batch's result."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.considered = 0
        self.counts: dict[str, int] = {}
        self.holds: dict[str, int] = {}
        self.failures: list[Failure] = []

    def count(self, name: str, number: int = 1) -> None:
        if number:
            self.counts[name] = self.counts.get(name, 0) + number

    def hold(self, reason: str) -> None:
        self.holds[reason] = self.holds.get(reason, 0) + 1

    def fail(self, record_id: str, problem: str) -> None:
        self.failures.append(Failure(record_id=record_id, problem=problem))
        self.count("failed")

    def result(self) -> StageResult:
        return StageResult(
            stage=self.stage,
            considered=self.considered,
            counts=self.counts,
            holds=self.holds,
            failures=tuple(self.failures[:MOST_FAILURES]),
        )

"""What a pass reports: counts, holds with reasons, questions to people and failures with the record they are about.

Invariant: a failure means that the work failed; what a person is asked to look at is none.
"""

from __future__ import annotations

from closeloop.domain.record import Record


class Failure(Record):
    """Something one record could not get past; `record_id` is a CRM id, never a name or an address."""

    record_id: str
    problem: str


class Waiting(Record):
    """A record that waits for a person, and what that person is asked to do; `record_id` as in a `Failure`."""

    record_id: str
    question: str


class StageResult(Record):
    """One batch, or several added up."""

    stage: str
    run_id: str = ""
    """The run it belongs to, by which `undo` and the journal know it."""
    considered: int = 0
    counts: dict[str, int] = {}
    """What was decided or done, by name."""
    holds: dict[str, int] = {}
    """Why nothing was done, by reason."""
    failures: tuple[Failure, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    """Whom only a person can help on."""

    def __add__(self, other: StageResult) -> StageResult:
        return StageResult(
            stage=self.stage,
            run_id=self.run_id or other.run_id,
            considered=self.considered + other.considered,
            counts=_added(self.counts, other.counts),
            holds=_added(self.holds, other.holds),
            failures=(self.failures + other.failures)[:MOST_FAILURES],
            waiting=(self.waiting + other.waiting)[:MOST_FAILURES],
        )


MOST_FAILURES = 200


def _added(first: dict[str, int], second: dict[str, int]) -> dict[str, int]:
    return {
        name: first.get(name, 0) + second.get(name, 0) for name in (*first, *(n for n in second if n not in first))
    }


class Tally:
    """Collects a batch's result."""

    def __init__(self, stage: str, run_id: str = "") -> None:
        self.stage, self.run_id = stage, run_id
        self.considered = 0
        self.counts: dict[str, int] = {}
        self.holds: dict[str, int] = {}
        self.failures: list[Failure] = []
        self.waiting: list[Waiting] = []

    def count(self, name: str, number: int = 1) -> None:
        if number:
            self.counts[name] = self.counts.get(name, 0) + number

    def hold(self, reason: str) -> None:
        self.holds[reason] = self.holds.get(reason, 0) + 1

    def fail(self, record_id: str, problem: str) -> None:
        self.failures.append(Failure(record_id=record_id, problem=problem))
        self.count("failed")

    def wait(self, record_id: str, question: str) -> None:
        self.waiting.append(Waiting(record_id=record_id, question=question))

    def result(self) -> StageResult:
        return StageResult(
            stage=self.stage,
            considered=self.considered,
            counts=self.counts,
            holds=self.holds,
            failures=tuple(self.failures[:MOST_FAILURES]),
            waiting=tuple(self.waiting[:MOST_FAILURES]),
        )

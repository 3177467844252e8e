"""Asking a slow source about many accounts at once: a few at a time, within a time limit, and not for ever.

Invariant: one question that fails is one question without an answer. A source that fails again and again, refuses
our key or is out of credit is left alone for a while, and whoever asked goes on without it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock

from closeloop.application.ports import AccountQuery
from closeloop.application.provider_port import Answer, Answers

WORKERS = 8
BATCH_SECONDS = 60.0
BROKEN_AFTER = 3
"""Failures in a row."""
LEFT_ALONE_SECONDS = 300.0


class SourceTrouble(Exception):
    """A question without an answer. `ends`: asking on is of no use; `cost`: what it may have cost."""

    def __init__(self, reason: str, *, ends: bool = False, cost: Decimal = Decimal(0)) -> None:
        super().__init__(reason)
        self.reason, self.ends, self.cost = reason, ends, cost


@dataclass
class Circuit:
    """Whether a source is worth asking now."""

    tick: Callable[[], float] = time.monotonic
    _failures: int = 0
    _closed_until: float = float("-inf")
    _lock: Lock = field(default_factory=Lock)

    @property
    def may_ask(self) -> bool:
        return self.tick() >= self._closed_until

    def went_well(self) -> None:
        with self._lock:
            self._failures = 0

    def failed(self, *, ends: bool) -> None:
        with self._lock:
            self._failures += 1
            if ends or self._failures >= BROKEN_AFTER:
                self._closed_until, self._failures = self.tick() + LEFT_ALONE_SECONDS, 0


def ask_each(
    queries: Sequence[AccountQuery],
    ask: Callable[[AccountQuery], Answer | None],
    circuit: Circuit,
    seconds: float = BATCH_SECONDS,
    workers: int = WORKERS,
) -> Answers:
    """The answers that came in time. `ask` gives None for an account that the source cannot be asked about."""
    work = _Work(deque(queries), ask, circuit, circuit.tick() + seconds)
    with ThreadPoolExecutor(max(1, min(workers, len(queries)))) as pool:
        for done in [pool.submit(work.on) for _ in range(min(workers, len(queries)))]:
            done.result()
    return Answers(found=work.found, lost=work.lost, trouble=work.trouble)


@dataclass
class _Work:
    waiting: deque[AccountQuery]
    ask: Callable[[AccountQuery], Answer | None]
    circuit: Circuit
    until: float
    found: dict[str, Answer] = field(default_factory=dict)
    lost: Decimal = Decimal(0)
    trouble: str = ""
    _lock: Lock = field(default_factory=Lock)

    def on(self) -> None:
        """One worker: question after question, while there is time and the source answers."""
        while self.circuit.may_ask and self.circuit.tick() < self.until:
            try:
                query = self.waiting.popleft()
            except IndexError:
                return
            self._one(query)

    def _one(self, query: AccountQuery) -> None:
        try:
            answer = self.ask(query)
        except SourceTrouble as problem:
            self.circuit.failed(ends=problem.ends)
            self._note(problem.reason, problem.cost)
            return
        self.circuit.went_well()
        if answer is not None:
            with self._lock:
                self.found[query.key] = answer

    def _note(self, reason: str, cost: Decimal) -> None:
        with self._lock:
            self.lost += cost
            self.trouble = self.trouble or reason

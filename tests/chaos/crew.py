"""The crew: starts workers, kills them, starts others in their place until the round's kills are spent.

Some lives are to end at a named point, each point in its turn; some at a random moment, wherever the worker is.
Where points were asked for by name, every life is to end at one of those.
Invariant: every process started here has ended when a method returns, and a kill is counted only when the process
really died of SIGKILL.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from typing import Any

from tests.chaos.points import named_points
from tests.chaos.settings import Site
from tests.chaos.worker import Job, work

GIVEN_UP_AFTER_SECONDS = 900.0
SOONEST_KILL_SECONDS, LATEST_KILL_SECONDS = 0.02, 4.0
IDLE_LIVES = 6
"""So many lives in a row that nobody could end before their own end: there is no work left to die at."""
AT_A_POINT, AT_A_MOMENT = 0.4, 0.5
RANDOM_MOMENT = "a random moment"
forks = get_context("forkserver")
forks.set_forkserver_preload(["tests.chaos.warm", "tests.chaos.worker", "tests.chaos.gateway"])


def start(body: Callable[..., Any], *given: object) -> ForkServerProcess:
    """A real process, forked from one that has imported everything and done nothing."""
    process = forks.Process(target=body, args=given, daemon=True)
    process.start()
    return process


def kill(process: ForkServerProcess) -> None:
    """SIGKILL: nothing is cleaned up, flushed or given back."""
    if process.pid is not None:
        os.kill(process.pid, signal.SIGKILL)
    process.join()


@dataclass(frozen=True)
class Life:
    """One worker, and how it is meant to end."""

    process: ForkServerProcess
    fatal: str | None
    until: float

    @property
    def was_killed(self) -> bool:
        return self.process.exitcode == -signal.SIGKILL


class Crew:
    """The workers of one run, and who was killed where."""

    def __init__(self, site: Site, seed: int, workers: int, points: list[str] | None = None) -> None:
        self._site, self._workers = site, workers
        self._chance = random.Random(seed)  # noqa: S311 - a seeded order, no secret
        self._numbers = count(1)
        self._points = points or self._chance.sample(named_points(), len(named_points()))
        self._at_a_point, self._at_a_moment = (1.0, 0.0) if points else (AT_A_POINT, AT_A_MOMENT)
        self.kills: Counter[str] = Counter()
        self.lives = 0

    def calm(self, now: datetime) -> None:
        """One worker goes through all passes in order and nobody is killed."""
        life = self._begin(now, 0, shuffled=False)
        life.process.join(GIVEN_UP_AFTER_SECONDS)
        if life.process.is_alive():
            kill(life.process)

    def round(self, now: datetime, kills: int) -> int:
        """All workers at once, killed and replaced; how many were killed."""
        done = idle = 0
        crew = [self._begin(now, kills) for _ in range(self._workers)]
        while crew:
            ended = self._await_an_end(crew)
            crew = [life for life in crew if life not in ended]
            for life in ended:
                killed = self._counted(life)
                done, idle = done + killed, 0 if killed else idle + 1
                if done < kills and idle < IDLE_LIVES:
                    crew.append(self._begin(now, kills - done))
        return done

    def _await_an_end(self, crew: list[Life]) -> list[Life]:
        """Those that have ended by the next moment at which somebody is to be killed."""
        patience = max(0.0, min(life.until for life in crew) - time.monotonic())
        wait([life.process.sentinel for life in crew], timeout=patience)
        for life in crew:
            if life.until <= time.monotonic() and life.process.is_alive():
                kill(life.process)
        return [life for life in crew if not life.process.is_alive()]

    def _counted(self, life: Life) -> int:
        life.process.join()
        if life.was_killed:
            overdue = life.until <= time.monotonic()
            self.kills[RANDOM_MOMENT if overdue or life.fatal is None else life.fatal] += 1
        return int(life.was_killed)

    def _begin(self, now: datetime, kills_left: int, *, shuffled: bool = True) -> Life:
        draw = self._chance.random() if kills_left > 0 else 1.0
        fatal = self._next_point() if draw < self._at_a_point else None
        hard = self._at_a_point <= draw < self._at_a_point + self._at_a_moment
        wait_for = self._some_moment() if hard else GIVEN_UP_AFTER_SECONDS
        job = Job(
            site=self._site,
            name=f"worker-{next(self._numbers)}",
            now=now,
            seed=self._chance.randrange(2**32),
            fatal=fatal,
            passes=self._chance.choice((1, 1, 2, 3)),
            shuffled=shuffled,
        )
        self.lives += 1
        return Life(start(work, job), fatal, time.monotonic() + wait_for)

    def _some_moment(self) -> float:
        """Seconds; as likely within the first tenth of a second as later, since idle lives are short."""
        ratio = LATEST_KILL_SECONDS / SOONEST_KILL_SECONDS
        return float(SOONEST_KILL_SECONDS * ratio ** self._chance.random())

    def _next_point(self) -> str:
        self._points.append(self._points.pop(0))
        return self._points[-1]

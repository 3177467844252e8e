"""A whole chaos run: days of rounds in which workers and the gateway are killed, then calm, then the judge."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tests.chaos.crew import Crew
from tests.chaos.settings import ROUND, ROUNDS_A_DAY, Options
from tests.chaos.theatre import Theatre, open_theatre
from tests.chaos.verdict import Verdict, verdict
from tests.chaos.worker import services_of

CALM_DAYS = 3
MOST_DAYS = 200
Say = Callable[[str], None]


def run(options: Options, home: Path, say: Say = lambda _: None) -> Verdict:
    """Kill until the kills are spent, let everything come to rest, and judge."""
    began = time.monotonic()
    home.mkdir(parents=True, exist_ok=True)
    with open_theatre(options, home) as theatre:
        crew = Crew(theatre.site, options.seed, options.workers, list(options.points))
        theatre.storm(options.seed)
        _days_of_storm(theatre, crew, options, say)
        theatre.calm()
        _days_of_calm(theatre, crew)
        services = services_of(theatre.site.model_copy(update={"planted": False}), theatre.now)
        crashed = [path.read_text() for path in sorted((home / "logs").glob("*.failed"))]
        found = verdict(theatre, services.ledger, crew.kills, crashed)
    return found.model_copy(update={"seconds": round(time.monotonic() - began, 1)})


def _days_of_storm(theatre: Theatre, crew: Crew, options: Options, say: Say) -> None:
    left = options.kills
    for day in range(1, MOST_DAYS + 1):
        rounds_left = max(1, options.rounds - (day - 1) * ROUNDS_A_DAY)
        for number in range(ROUNDS_A_DAY):
            share = -(-left // max(1, rounds_left - number))
            left -= crew.round(theatre.now, share)
            theatre.pass_time(theatre.now + ROUND, attack=options.kills > 0)
        say(f"day {day}: {options.kills - left} of {options.kills} kills, {crew.lives} workers so far")
        theatre.pass_time(theatre.next_morning(), attack=options.kills > 0)
        if day >= options.days and left <= 0:
            return


def _days_of_calm(theatre: Theatre, crew: Crew) -> None:
    """Leases end, evidence comes in, what is uncertain is settled or handed over."""
    for _ in range(CALM_DAYS):
        for _ in range(ROUNDS_A_DAY):
            crew.calm(theatre.now)
            theatre.pass_time(theatre.now + ROUND, attack=False)
        theatre.pass_time(theatre.next_morning(), attack=False)
    theatre.pass_time(theatre.now + timedelta(minutes=1), attack=False)
    for _ in range(2):
        crew.calm(theatre.now)

"""The progress of a long command: a bar on a terminal, a line now and then anywhere else. Never on stdout."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from closeloop.cli.output import side_console

LINE_EVERY_DAYS = 10


class Progress(Protocol):
    """What a command tells while it works."""

    def say(self, what: str) -> None: ...

    def day(self, number: int, morning: datetime) -> None: ...


@contextmanager
def progress(days: int) -> Iterator[Progress]:
    """A bar over so many simulated days."""
    screen = side_console()
    if not screen.is_terminal:
        yield _Lines(screen, days)
        return
    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(bar_width=None),
        TextColumn("day {task.completed:.0f} of {task.total:.0f}"),
        TimeElapsedColumn(),
    )
    with RichProgress(*columns, console=screen, transient=True) as bar:
        yield _Bar(bar, days)


class _Bar:
    def __init__(self, bar: RichProgress, days: int) -> None:
        self._bar = bar
        self._task = bar.add_task("Starting the sandbox …", total=days)

    def say(self, what: str) -> None:
        self._bar.update(self._task, description=what)

    def day(self, number: int, morning: datetime) -> None:
        self._bar.update(self._task, completed=number, description=f"{morning:%A, %-d %B}")


class _Lines:
    def __init__(self, screen: Console, days: int) -> None:
        self._screen, self._days = screen, days
        self.say("Starting the sandbox …")

    def say(self, what: str) -> None:
        self._screen.print(what)

    def day(self, number: int, morning: datetime) -> None:
        if number % LINE_EVERY_DAYS == 0 or number == self._days:
            self._screen.print(f"day {number} of {self._days}")

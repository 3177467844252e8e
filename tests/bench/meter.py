"""What a process used: CPU seconds, wall seconds, and the most memory it held at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

MEGABYTE = 1_000_000


class Meter:
    """Laps of this process, by name; a name used twice adds up."""

    def __init__(self) -> None:
        self.cpu_seconds: dict[str, float] = {}
        self.wall_seconds: dict[str, float] = {}

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """CPU of all threads of this process, and the time that passed, for the length of the block."""
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu_seconds[name] = self.cpu_seconds.get(name, 0.0) + time.process_time() - cpu
        self.wall_seconds[name] = self.wall_seconds.get(name, 0.0) + time.perf_counter() - wall


def peak_megabytes(pid: int) -> float:
    """The most resident memory a process has had; where the system does not tell, what it has now.

    `ru_maxrss` would not do: a process inherits that of the one it was started from.
    """
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        words = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(words.split()[1]) * 1024 / MEGABYTE
    return float(psutil.Process(pid).memory_info().rss / MEGABYTE)


def cpu_of(process: psutil.Process) -> float:
    """CPU seconds of another process so far."""
    used = process.cpu_times()
    return float(used.user + used.system)

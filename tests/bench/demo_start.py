"""How long a person waits for `closeloop demo` to show that it is alive, and that it has begun to sell."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.bench.child import BenchFailed, surroundings

BEGUN = "Selling"


def demo_start(home: Path, seed: int) -> dict[str, float]:
    """Seconds from the command to its first line of progress, to the first simulated day, and to its end."""
    options = ["--leads", "10", "--days", "1", "--seed", str(seed), "--home", str(home / "demo"), "--json"]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "closeloop", "demo", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=surroundings(home),
        cwd=home,
        text=True,
    )
    lines = [(time.perf_counter() - began, line) for line in process.stderr or []]
    if process.wait() != 0 or not any(line.startswith(BEGUN) for _, line in lines):
        raise BenchFailed(f"the demo failed:\n{''.join(line for _, line in lines)[-2000:]}")
    return {
        "first_line_seconds": lines[0][0],
        "first_day_seconds": next(at for at, line in lines if line.startswith(BEGUN)),
        "end_seconds": time.perf_counter() - began,
    }

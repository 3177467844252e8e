"""Child processes that never outlive this one: however it ends, their standard input does, and they leave.

Invariant: when the block ends the child and its whole group are gone; its words are in its log.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from closeloop.domain.errors import CloseloopError

ROOT = str(Path(__file__).resolve().parents[1])
"""Where children find the project, however this process did."""


LONGEST_LOG = 5_000_000
"""A log of more bytes is put aside at the next start; one such is kept."""


class TiedProcess:
    """A child in a group of its own, so that Ctrl-C reaches this process only, which stops it in order."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path, patience: float) -> None:
        self.name, self.log = name, log
        self._process, self._patience = process, patience

    def first_line(self) -> str:
        """What it prints first, when it is ready; `CloseloopError` with the end of its log when it ends before."""
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            self._process.wait(self._patience)
            raise CloseloopError(f"the {self.name} did not start: {self.last_words()}")
        return line.decode().strip()

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def last_words(self) -> str:
        """The end of its log in one line, and where the rest is."""
        said = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return f"{said[-1].strip() if said else 'it said nothing'} (its log is {self.log})"

    def stop(self) -> None:
        """Closes its standard input, which asks it to leave; after its patience the whole group is ended."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(self._patience)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            self._end_group()
            self._process.wait()
        self._end_group()

    def _end_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


@contextlib.contextmanager
def tied(
    name: str, arguments: Sequence[str], log: Path, *, environment: Mapping[str, str], patience: float = 10.0
) -> Iterator[TiedProcess]:
    """`python -m ARGUMENTS` for the length of the block; `name` is what people are told it is."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        log.replace(log.with_suffix(".old.log"))
    path = os.pathsep.join(filter(None, [ROOT, os.environ.get("PYTHONPATH")]))
    # What the gateway says holds its secret addresses.
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "wb") as words:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
            [sys.executable, "-m", *arguments],
            env={**os.environ, **environment, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            start_new_session=True,
        )
    child = TiedProcess(name, process, log, patience)
    try:
        yield child
    finally:
        child.stop()
        if process.stdout:
            process.stdout.close()

"""Real `closeloop` processes for the tests, one running sandbox, and the demos that several tests look at.

Invariant: each command runs in an empty folder with a home of its own, sees no setting but those that the test
gives, and every server that was started here has ended when the session ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "closeloop"]
WITHIN_SECONDS = 240
NEVER_SHOWN = ("Traceback", "Warning", "WARNING", "Error:", "ERROR")


@dataclass(frozen=True)
class Finished:
    """A command that has ended: its exit code and all it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout; fails when there is anything else."""
        assert self.out.count("\n") == 1, self.out
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    def complains(self, code: int, *words: str) -> bool:
        """Ended with this code, one line on stderr that holds the words, and nothing on stdout."""
        assert (self.code, self.out) == (code, ""), (self.code, self.out, self.err)
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("closeloop: "), self.err
        assert [word for word in words if word not in self.err] == [], self.err
        return True

    @property
    def is_clean(self) -> bool:
        """Succeeded without a word that would alarm anybody."""
        assert self.code == 0, self.err
        assert [word for word in NEVER_SHOWN if word in self.err] == [], self.err
        return True


@dataclass
class Closeloop:
    """The command as somebody types it in the folder `place`."""

    place: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Where its ledger lies."""
        return self.place / "home"

    @property
    def user_home(self) -> Path:
        """What `~` means to it."""
        return self.place / "user"

    def environment(self, **more: str) -> dict[str, str]:
        self.user_home.mkdir(exist_ok=True)
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("CLOSELOOP_", "PREFECT_"))
        }
        ours = {"CLOSELOOP_HOME": str(self.home), "HOME": str(self.user_home), "PYTHONPATH": str(ROOT)}
        return kept | ours | self.settings | more

    def __call__(self, *arguments: str | Path, **more: str) -> Finished:
        """Run it to its end; `more` are settings for this time."""
        ran = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            cwd=self.place,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=WITHIN_SECONDS,
            check=False,
        )
        return Finished(ran.returncode, ran.stdout, ran.stderr)

    @contextmanager
    def started(self, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
        """Running for the length of the block, then ended as a service manager would."""
        command = [*COMMAND, *map(str, arguments)]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, cwd=self.place, env=self.environment(), stdout=pipe, stderr=pipe, text=True
        ) as process:
            try:
                yield process
            finally:
                process.terminate()
                process.wait(timeout=20)


def two_at_a_time(runs: Mapping[str, Callable[[], Finished]]) -> dict[str, Finished]:
    """What became of each; a command is mostly start-up, so this halves the time on two cores."""
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(runs, pool.map(lambda run: run(), runs.values()), strict=True))


@dataclass(frozen=True)
class Served:
    """A running `closeloop sandbox`: its first line, and what it has recorded."""

    line: dict[str, Any]

    @property
    def settings(self) -> dict[str, str]:
        """What a person would set to work with it."""
        known, mail = self.line["salesforce"], self.line["sendgrid"]
        return {
            "CLOSELOOP_SALESFORCE_INSTANCE_URL": known["instance_url"],
            "CLOSELOOP_SALESFORCE_CLIENT_ID": known["client_id"],
            "CLOSELOOP_SALESFORCE_CLIENT_SECRET": known["client_secret"],
            "CLOSELOOP_SENDGRID_API_KEY": mail["api_key"],
            "CLOSELOOP_SENDGRID_HOST": mail["host"],
        }

    def journal(self, service: str) -> list[dict[str, Any]]:
        return list(httpx.get(f"{self.line['control']}/journal?service={service}", timeout=30).json())

    def reset(self) -> None:
        """An empty world: the tests of other files have left their people in it."""
        httpx.post(f"{self.line['control']}/reset", timeout=30).raise_for_status()

    def snapshot(self) -> dict[str, Any]:
        return dict(httpx.get(f"{self.line['control']}/snapshot", timeout=30).json())


@pytest.fixture
def closeloop(tmp_path: Path) -> Closeloop:
    """The command without a single setting but its home."""
    return Closeloop(tmp_path)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One `closeloop sandbox` for the session, at the beginning of its time."""
    with Closeloop(tmp_path_factory.mktemp("sandbox")).started("sandbox") as process:
        assert process.stdout is not None
        yield Served(json.loads(process.stdout.readline()))


@pytest.fixture
def connected(tmp_path: Path, sandbox: Served) -> Closeloop:
    """The command, set up for the running sandbox."""
    return Closeloop(tmp_path, sandbox.settings)

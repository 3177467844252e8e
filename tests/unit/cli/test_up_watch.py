"""`closeloop up` sees to Prefect's server: one of its own is started again, another's is waited for and told of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from closeloop.cli import up_watch
from closeloop.cli.up_watch import STARTS, Prefect
from closeloop.domain.errors import CloseloopError

if TYPE_CHECKING:
    from flows.private_server import PrivateServer

NOWHERE = "http://127.0.0.1:9/api"


class OwnServer:
    """Counts how often it was started again."""

    def __init__(self, *, ended: bool) -> None:
        self.log, self._ended, self.starts = Path("prefect-server.log"), ended, 0

    def has_ended(self) -> bool:
        return self._ended

    def last_words(self) -> str:
        return "out of memory"

    def restart(self) -> None:
        self.starts += 1


def watched(own: OwnServer | None) -> Prefect:
    return Prefect(NOWHERE, cast("PrivateServer", own))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute of silence is over at once."""
    monkeypatch.setattr(up_watch, "ASK_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(up_watch, "SILENT_SECONDS", 0.0)


def test_a_server_that_ended_is_started_again_and_people_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    own = OwnServer(ended=True)
    watched(own).look()
    assert own.starts == 1
    said = capsys.readouterr().err
    assert "Prefect's server has ended by itself; starting it again" in said
    assert f"Prefect answers again at {NOWHERE}" in said


def test_one_that_only_just_fell_silent_is_given_time() -> None:
    own = OwnServer(ended=False)
    watched(own).look()
    assert own.starts == 0


@pytest.mark.usefixtures("impatient")
def test_one_that_stays_silent_is_started_again() -> None:
    own = OwnServer(ended=False)
    watched(own).look()
    assert own.starts == 1


def test_one_that_ends_again_and_again_ends_the_command_with_its_last_words() -> None:
    own = OwnServer(ended=True)
    server = watched(own)
    for _ in range(STARTS):
        server.look()
    with pytest.raises(CloseloopError, match="out of memory"):
        server.look()
    assert own.starts == STARTS


@pytest.mark.usefixtures("impatient")
def test_a_server_of_somebody_else_is_named_when_it_stays_silent() -> None:
    with pytest.raises(CloseloopError, match="Prefect has not answered at"):
        watched(None).look()

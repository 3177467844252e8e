"""How commands end when something outside goes wrong: a pipe closes, a signal comes, nobody foresaw it."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess

import httpx
import psutil
import pytest

from tests.e2e.conftest import COMMAND, Closeloop

pytestmark = [pytest.mark.e2e, pytest.mark.long]

ENDED_WITHIN_SECONDS = 30


def test_a_reader_that_goes_away_causes_no_traceback(closeloop: Closeloop) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        ran = subprocess.run(
            [*COMMAND, "playbook", "schema"],
            env=closeloop.environment(),
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (1, "")


def test_a_terminal_that_knows_ascii_only_gets_what_it_can_show(closeloop: Closeloop) -> None:
    (closeloop.place / "play–book.yaml").write_text("version: 1\n")
    checked = closeloop("playbook", "check", "play–book.yaml", PYTHONIOENCODING="ascii")
    assert checked.code == 2
    assert "play?book.yaml is not a valid playbook" in checked.err


def test_what_nobody_foresaw_is_one_sentence_and_a_file_for_its_owner_only(closeloop: Closeloop) -> None:
    (closeloop.home / "secret").mkdir(parents=True)
    assert closeloop("report", "--json").complains(1, "nobody foresaw", "IsADirectoryError", "crash.log")
    crash = closeloop.home / "logs" / "crash.log"
    assert "Traceback" in crash.read_text(encoding="utf-8")
    assert stat.S_IMODE(crash.stat().st_mode) == 0o600


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_demo_that_is_ended_takes_its_servers_with_it(
    closeloop: Closeloop, number: signal.Signals, code: int
) -> None:
    with closeloop.started("demo", "--leads", "3", "--days", "700", "--home", "demo") as demo:
        assert demo.stderr is not None
        while demo.stderr.readline().strip() != "Selling …":
            assert demo.poll() is None
        servers = psutil.Process(demo.pid).children(recursive=True)
        assert len(servers) >= 2
        demo.send_signal(number)
        assert demo.wait(ENDED_WITHIN_SECONDS) == code
        assert "Traceback" not in demo.stderr.read()
    _, alive = psutil.wait_procs(servers, timeout=ENDED_WITHIN_SECONDS)
    assert alive == []


def test_the_gateway_says_where_it_listens_and_ends_on_ctrl_c(closeloop: Closeloop) -> None:
    with closeloop.started("gateway", "--port", "0") as gateway:
        assert gateway.stderr is not None
        said = [gateway.stderr.readline() for _ in range(3)]
        found = re.search(r"http://127\.0\.0\.1:\d+(?=/sendgrid/events/\S{20,}$)", said[1].rstrip())
        assert found, said
        wrong_token = httpx.post(f"{found.group()}/sendgrid/events/guessed", json=[], timeout=10)
        assert wrong_token.status_code in {403, 404}
        gateway.send_signal(signal.SIGINT)
        assert gateway.wait(ENDED_WITHIN_SECONDS) == 0
        assert "Traceback" not in gateway.stderr.read()

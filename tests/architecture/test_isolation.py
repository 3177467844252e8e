"""The fence around the tests holds: no network but the loopback, nothing of the person's environment."""

import asyncio
import os
import socket

import pytest

OUTSIDE = "192.0.2.1"  # reserved for documentation, so that a hole in the fence reaches nobody


def test_a_connection_to_the_outside_is_refused() -> None:
    # pytest-socket warns before it refuses, and warnings are errors here.
    with socket.socket() as outgoing, pytest.raises(UserWarning, match="tried to use socket"):
        outgoing.connect((OUTSIDE, 443))


def test_the_loopback_and_local_sockets_work() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()[:2]):
        pass
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"x")
        assert right.recv(1) == b"x"


def test_an_event_loop_works() -> None:
    async def after_a_tick() -> int:
        await asyncio.sleep(0)
        return await asyncio.to_thread(lambda: 1)

    assert asyncio.run(after_a_tick()) == 1


def test_no_setting_of_the_person_is_seen() -> None:
    prefixes = ("CLOSELOOP_", "PREFECT_", "SENDGRID_", "SALESFORCE_")
    ours = {"CLOSELOOP_HOME", "PREFECT_HOME", "PREFECT_API_URL", "PREFECT_SERVER_ANALYTICS_ENABLED"}
    ours |= {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY"}  # set where flows are imported
    assert {name for name in os.environ if name.startswith(prefixes)} <= ours
    assert not {name for name in os.environ if name.upper() in {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}}

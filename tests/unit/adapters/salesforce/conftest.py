"""A server that answers as the test wants, for every test of the adapter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scripted_server import ScriptedServer, scripted_server


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    with scripted_server() as served:
        yield served

"""One Prefect server for all flow tests of a session: the same one that the commands start for themselves."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from flows.runtime import prefect_server

__all__ = ["prefect_api"]


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running Prefect API at which every flow of the session runs; heartbeats are off."""
    with ExitStack() as stack:
        yield stack.enter_context(prefect_server(tmp_path_factory.mktemp("prefect")))

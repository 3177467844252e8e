"""One Prefect server for all flow tests of a session: the same one that the commands start for themselves.

One sandbox and one gateway too; each test that uses them finds them as new.
"""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from flows.runtime import prefect_server
from tests.flows.door import door as door
from tests.flows.door import gateway as gateway
from tests.flows.office import office as office
from tests.sandbox.conftest import sandbox_process as sandbox_process


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running Prefect API at which every flow of the session runs; heartbeats are off."""
    with ExitStack() as stack:
        yield stack.enter_context(prefect_server(tmp_path_factory.mktemp("prefect")))

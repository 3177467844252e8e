"""Prefect for the length of a command. It is imported here first, after it was told where its files belong.

Invariant: no folder appears in the person's home directory; one that is there, with profiles that point to a
server, is used as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from closeloop.domain.errors import CloseloopError

PATIENCE_SECONDS = 10


@contextmanager
def prefect_at(home: Path) -> Iterator[str]:
    """The API that flows of the block run on. `CloseloopError` when it cannot be started or reached."""
    keep_files_in(home)
    from flows.private_server import ServerDidNotStart
    from flows.runtime import prefect_server

    try:
        with prefect_server(home) as api:
            require_answer(api)
            yield api
    except ServerDidNotStart as problem:
        raise CloseloopError(str(problem)) from None


def keep_files_in(home: Path) -> None:
    """Prefect makes its folder as soon as it is imported: below the closeloop home, unless there is one already."""
    if not Path("~/.prefect").expanduser().is_dir():
        os.environ.setdefault("PREFECT_HOME", str(home / "prefect"))


def require_answer(api: str) -> None:
    """Any answer will do; what it means is for Prefect to say. `CloseloopError` when there is none."""
    try:
        httpx.get(f"{api.rstrip('/')}/health", timeout=PATIENCE_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise CloseloopError(
            f"Prefect does not answer at {api} ({type(problem).__name__}): start that server, or unset "
            "PREFECT_API_URL so that closeloop starts one for itself"
        ) from None

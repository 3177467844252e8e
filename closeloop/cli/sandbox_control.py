"""The sandbox's control plane, as the demo uses it: time, the journal, the truth about the buyers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx

from closeloop.domain.errors import CloseloopError

TIMEOUT_SECONDS = 120


class SandboxControl:
    """A client of `/_control`."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    @classmethod
    @contextmanager
    def at(cls, address: str) -> Iterator[SandboxControl]:
        """Connected for the length of the block; proxies of the environment are not asked."""
        with httpx.Client(base_url=address, timeout=TIMEOUT_SECONDS, trust_env=False) as http:
            yield cls(http)

    def now(self) -> datetime:
        return datetime.fromisoformat(self._get("clock")["now"])

    def advance(self, moment: datetime) -> dict[str, Any]:
        """Time passes up to `moment`: buyers act, webhooks are delivered."""
        return dict(self._answer(self._http.post("/advance", json={"to": moment.isoformat()})))

    def name_host(self, public: str, real: str) -> None:
        """Who follows a link to the public address is served by the real one, whatever its port."""
        self._answer(self._http.post("/hosts", json={"hosts": {public: real}}))

    def log_changes(self, objects: Sequence[str]) -> None:
        """From now on changes of these objects are told over the change stream."""
        self._answer(self._http.post("/org", json={"change_log": list(objects)}))

    def journal(self, service: str) -> list[dict[str, Any]]:
        return list(self._get(f"journal?service={service}"))

    def acts(self) -> list[dict[str, Any]]:
        return list(self._get("acts"))

    def snapshot(self) -> dict[str, Any]:
        return dict(self._get("snapshot"))

    def inbox(self, url: str) -> str:
        """The whole inbox as one HTML file."""
        answer = self._http.get(f"{url}/_inbox/export")
        self._checked(answer)
        return answer.text

    def _get(self, path: str) -> Any:
        return self._answer(self._http.get(f"/{path}"))

    def _answer(self, answer: httpx.Response) -> Any:
        return self._checked(answer).json()

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_error:
            raise CloseloopError(f"the sandbox answered {answer.status_code}: {answer.text[:200]}")
        return answer

"""A REST request and its answer, apart from the wire: the same for a real call and for a composite's sub-
request.

Invariant: `body` is parsed at most once, and a body that is not JSON is refused before anything is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import orjson

from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import ApiError, not_found, unreadable
from sandbox.salesforce.models import Org
from sandbox.salesforce.schema import ObjectType

Dispatch = Callable[["Request"], "Answer"]
_UNPARSED = object()


@dataclass
class Answer:
    """What a resource answers; `failed` also covers a collection that was rolled back under status 200."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    rolled_back: bool = False

    @property
    def failed(self) -> bool:
        return self.status >= 300 or self.rolled_back


@dataclass
class Request:
    """One request below `/services/data/vNN.0`."""

    org: Org
    call: Call
    method: str
    version: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    dispatch: Dispatch
    content: bytes = b""
    given: Any = _UNPARSED
    all_or_none: bool = False
    inner: bool = False

    @property
    def base(self) -> str:
        """The prefix of every address in an answer."""
        return f"/services/data/v{self.version}"

    @cached_property
    def body(self) -> Any:
        if self.given is not _UNPARSED:
            return self.given
        if not self.content:
            raise unreadable("The request has no body; send a JSON object")
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError as error:
            message = f"{error.msg} at [line:{error.lineno}, column:{error.colno}]"
            raise unreadable(message) from None

    @property
    def json_object(self) -> dict[str, Any]:
        """The body as an object; anything else is refused."""
        if not isinstance(self.body, dict):
            raise unreadable("The request body must be a JSON object")
        return self.body

    def kind(self, name: str) -> ObjectType:
        """The object type of a path segment, in any case."""
        found = self.call.visible.find(name)
        if found is None:
            raise not_found()
        return found

    def part(
        self, *, method: str, path: str, version: str, query: Mapping[str, str], body: Any, **more: Any
    ) -> Request:
        """A sub-request of this one, under the same session and call."""
        given = _UNPARSED if body is None else body
        changes = {"content": b"", "given": given, "inner": True, **more}
        return replace(self, method=method, path=path, version=version, query=query, **changes)


def flag(value: Any, name: str) -> bool:
    """A boolean parameter as JSON or as query text."""
    if value in (None, "", False, "false"):
        return False
    if value in (True, "true"):
        return True
    raise ApiError(400, "INVALID_FIELD", f"{name} must be true or false")

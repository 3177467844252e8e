"""Responses that break the connection: no answer at all, half of one, or one that dawdles.

Invariant: what a broken response stands for has been carried out, or not, before it is sent; here only bytes
are withheld.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.faults.script import Strike


async def spoiled(response: Response, strike: Strike) -> Response:
    """What a client learns of a call that was carried out: it hears late, half or nothing."""
    if strike.kind == "reset_after_commit":
        return reset_connection()
    if strike.kind == "cut_body":
        return cut(response, declared=str(strike.options["declared"]))
    seconds = float(strike.options["seconds"])
    if strike.options["body"]:
        return slow_body(response, seconds)
    await asyncio.sleep(seconds)
    return response


def reset_connection() -> Response:
    """No answer: the connection is reset."""
    return _Reset()


def cut(response: Response, *, declared: str) -> Response:
    """Half of a body. With `declared` whole the connection ends early; with half it is valid HTTP, broken JSON."""
    if declared == "whole":
        return _Cut(response)
    content = bytes(response.body)
    if response.headers.get("content-encoding") == "gzip":
        # Half a gzip stream would not even decode: the client should see half of the text.
        content = gzip.decompress(content)
        del response.headers["content-encoding"]
    response.body = content[: len(content) // 2]
    response.headers["content-length"] = str(len(response.body))
    return response


def slow_body(response: Response, seconds: float) -> Response:
    """The first half of the body at once, the rest after `seconds`."""
    return _Slow(response, seconds)


class _Reset(Response):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = _transport(receive)
        connection = transport.get_extra_info("socket")
        if connection is not None:
            # Lingering for zero seconds makes the kernel send a reset instead of an orderly end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await _gone(receive)


class _Cut(Response):
    def __init__(self, whole: Response) -> None:
        super().__init__()
        self._whole = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        content = bytes(self._whole.body)
        if not content:
            # Nothing to halve (204): the client gets no answer instead.
            await _Reset()(scope, receive, send)
            return
        await _start(self._whole, send)
        await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
        _transport(receive).close()
        await _gone(receive)


class _Slow(Response):
    def __init__(self, whole: Response, seconds: float) -> None:
        super().__init__()
        self._whole = whole
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        content = bytes(self._whole.body)
        half = len(content) // 2
        await _start(self._whole, send)
        await send({"type": "http.response.body", "body": content[:half], "more_body": True})
        await asyncio.sleep(self._seconds)
        await send({"type": "http.response.body", "body": content[half:]})


async def _start(whole: Response, send: Send) -> None:
    await send({"type": "http.response.start", "status": whole.status_code, "headers": whole.raw_headers})


def _transport(receive: Receive) -> asyncio.Transport:
    """The connection under an ASGI request. uvicorn hands it out nowhere, but its `receive` belongs to it."""
    found = getattr(getattr(receive, "__self__", None), "transport", None)
    if not isinstance(found, asyncio.Transport):
        raise TypeError("faults that break the connection need the sandbox to be served by uvicorn")
    return found


async def _gone(receive: Receive) -> None:
    """Waits until the server knows that the connection has ended, or it would answer in our place."""
    while (await receive())["type"] != "http.disconnect":
        pass

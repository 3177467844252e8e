"""Composite batch: up to 25 independent requests in one call, each counted as an API call.

Invariant: one request's failure changes nothing for the others, unless haltOnError stops those that follow.
"""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.errors import ApiError, unreadable
from sandbox.salesforce.rest.composite import subrequest
from sandbox.salesforce.rest.request import Answer, Request, flag

_MOST = 25
_HALTED = "Batch processing halted per request of haltOnError."


def run(request: Request) -> Answer:
    """POST composite/batch."""
    parts = request.json_object.get("batchRequests")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise unreadable('The body needs "batchRequests", a list of objects')
    if len(parts) > _MOST:
        raise ApiError(400, "LIMIT_EXCEEDED", f"Limit of {_MOST} subrequests exceeded: {len(parts)} were given")
    # The call itself has been counted as one; a batch that is more than what is left costs nothing at all.
    try:
        request.org.limits.spend(max(0, len(parts) - 1), request.call.username)
    except ApiError:
        request.org.limits.give_back(1, request.call.username)
        raise
    halt = flag(request.json_object.get("haltOnError"), "haltOnError")
    answers: list[Answer] = []
    for part in parts:
        stopped = halt and any(answer.failed for answer in answers)
        answers.append(_halted() if stopped else _one(request, part))
    failed = any(answer.failed for answer in answers)
    results = [{"statusCode": answer.status, "result": answer.body} for answer in answers]
    return Answer(200, {"hasErrors": failed, "results": results})


def _one(request: Request, part: dict[str, Any]) -> Answer:
    method, url = part.get("method"), part.get("url")
    if not isinstance(method, str) or not isinstance(url, str):
        return Answer(400, ApiError(400, "MISSING_ARGUMENT", "Every subrequest needs method and url").body())
    whole = url if "services/data/" in url else f"/services/data/{url.lstrip('/')}"
    sub = subrequest(request, method, whole, part.get("richInput"))
    return sub if isinstance(sub, Answer) else request.dispatch(sub)


def _halted() -> Answer:
    return Answer(412, ApiError(412, "BATCH_PROCESSING_HALTED", _HALTED).body())

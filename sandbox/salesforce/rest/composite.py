"""Composite: up to 25 requests in one call, later ones using results of earlier ones.

Invariant: under allOrNone either every sub-request took effect or none did; otherwise a failed one takes
only those down that refer to it.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.salesforce.errors import ApiError, unreadable
from sandbox.salesforce.rest.request import Answer, Request, flag
from sandbox.salesforce.rest.substitution import Unresolved, substituted

_MOST = 25
_MOST_HEAVY = 5
_HEAVY = re.compile(r"(query|queryall)(/|$)|composite/sobjects(/|$)", re.IGNORECASE)
_ADDRESS = re.compile(r"/?services/data/v(?P<version>\d+\.0)/(?P<path>.*)", re.DOTALL)
_REFERENCE = re.compile(r"[A-Za-z]\w*")
_ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."
_DEPENDED = "The request could not be processed, because an earlier request it depended on failed."


class _RolledBack(Exception):
    """Leaves the savepoint of an allOrNone composite request."""


def run(request: Request) -> Answer:
    """POST composite."""
    parts = _parts(request)
    together = flag(request.json_object.get("allOrNone"), "allOrNone")
    answers: dict[str, Answer] = {}
    try:
        with request.call.all_or_none():
            for part in parts:
                answers[part["referenceId"]] = _one(request, part, answers, together)
                if together and answers[part["referenceId"]].failed:
                    raise _RolledBack
    except _RolledBack:
        failed = list(answers)[-1]
        answers = {part["referenceId"]: _halted(_ROLLED_BACK) for part in parts} | {failed: answers[failed]}
    return Answer(200, {"compositeResponse": [_shown(name, answer) for name, answer in answers.items()]})


def _parts(request: Request) -> list[dict[str, Any]]:
    parts = request.json_object.get("compositeRequest")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise unreadable('The body needs "compositeRequest", a list of objects')
    for part in parts:
        for name in ("method", "url", "referenceId"):
            if not isinstance(part.get(name), str) or not part[name]:
                raise ApiError(400, "MISSING_ARGUMENT", f"Every subrequest needs {name}")
    _check_references([part["referenceId"] for part in parts])
    _check_counts(parts)
    return parts


def _check_references(names: list[str]) -> None:
    for name in names:
        if _REFERENCE.fullmatch(name) is None:
            raise ApiError(400, "INVALID_INPUT", f"Provided referenceId ('{name}') must start with a letter")
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ApiError(400, "INVALID_INPUT", f"Duplicate referenceId provided ({', '.join(sorted(repeated))})")


def _check_counts(parts: list[dict[str, Any]]) -> None:
    if len(parts) > _MOST:
        message = f"Limit of {_MOST} subrequests exceeded: {len(parts)} were given"
        raise ApiError(400, "LIMIT_EXCEEDED", message)
    addresses = [_ADDRESS.match(part["url"]) for part in parts]
    heavy = sum(1 for address in addresses if address and _HEAVY.match(address["path"]))
    if heavy > _MOST_HEAVY:
        message = f"At most {_MOST_HEAVY} subrequests may be queries or sObject Collections: {heavy} were given"
        raise ApiError(400, "LIMIT_EXCEEDED", message)


def _one(request: Request, part: dict[str, Any], answers: dict[str, Answer], together: bool) -> Answer:
    try:
        url = substituted(part["url"], answers)
        body = substituted(part.get("body"), answers)
    except Unresolved as error:
        if error.failed:
            return _halted(_DEPENDED)
        return Answer(400, ApiError(400, "INVALID_INPUT", str(error)).body())
    sub = subrequest(request, part["method"], url, body)
    if isinstance(sub, Answer):
        return sub
    sub.all_or_none = together
    own = part.get("httpHeaders")
    if isinstance(own, dict):
        sub.headers = {**request.headers, **{str(name).lower(): value for name, value in own.items()}}
    return request.dispatch(sub)


def subrequest(request: Request, method: str, url: str, body: Any) -> Request | Answer:
    """The inner request that a method, an address and a body make; an error answer if they make none."""
    split = urlsplit(url)
    address = _ADDRESS.fullmatch(split.path)
    inner = address["path"].lower() if address else ""
    forbidden = inner.startswith(("composite", "jobs/")) and not inner.startswith("composite/sobjects")
    if address is None or forbidden:
        message = f"The url of this subrequest is not allowed: {url}"
        return Answer(400, ApiError(400, "INVALID_INPUT", message).body())
    return request.part(
        method=method.upper(),
        path=unquote(address["path"]).strip("/"),
        version=address["version"],
        query=dict(parse_qsl(split.query, keep_blank_values=True)),
        body=body,
    )


def _halted(message: str) -> Answer:
    return Answer(400, ApiError(400, "PROCESSING_HALTED", message).body())


def _shown(name: str, answer: Answer) -> dict[str, Any]:
    location = {key: value for key, value in answer.headers.items() if key == "Location"}
    return {
        "body": answer.body,
        "httpHeaders": location,
        "httpStatusCode": answer.status,
        "referenceId": name,
    }

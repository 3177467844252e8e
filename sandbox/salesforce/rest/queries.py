"""SOQL over REST: first pages, further pages, deleted rows included on request.

Invariant: a locator always continues the rows that its first page was cut from.
"""

from __future__ import annotations

import re

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.rest.request import Answer, Request
from sandbox.salesforce.soql.run import Result, run

_MOST = 2000
_LEAST = 200


def query(request: Request) -> Answer:
    """GET query?q=…"""
    return _first(request, with_deleted=False)


def query_all(request: Request) -> Answer:
    """GET queryAll?q=…: the recycle bin too."""
    return _first(request, with_deleted=True)


def _first(request: Request, *, with_deleted: bool) -> Answer:
    if "explain" in request.query:
        raise ApiError(400, "MALFORMED_QUERY", "query plans (explain) are not available in this org")
    statement = request.query.get("q", "")
    if not statement.strip():
        raise ApiError(400, "MALFORMED_QUERY", "\n\n^\nERROR at Row:1:Column:1\nThe parameter q is empty")
    result = run(request.call, statement, request.base, with_deleted=with_deleted)
    return _page(request, result, "", 0, _page_size(request))


def more(request: Request, locator: str) -> Answer:
    """GET query/locator-offset."""
    match = re.fullmatch(r"(\w{18})-(\d+)", locator)
    result = request.org.cursors.get(match.group(1)) if match else None
    if match is None or result is None or not 0 < int(match.group(2)) < len(result.rows):
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    request.call.operations.append({"op": "query_more", "locator": locator, "success": True})
    return _page(request, result, match.group(1), int(match.group(2)), _page_size(request))


def _page(request: Request, result: Result, locator: str, start: int, size: int) -> Answer:
    body = {"totalSize": result.total, "done": True, "records": result.page(start, size)}
    if start + size < len(result.rows):
        locator = locator or request.org.keep(result)
        address = f"{request.base}/query/{locator}-{start + size}"
        body = {
            "totalSize": result.total,
            "done": False,
            "nextRecordsUrl": address,
            "records": body["records"],
        }
    return Answer(200, body)


def _page_size(request: Request) -> int:
    given = re.search(r"batchSize\s*=\s*(\d+)", request.headers.get("sforce-query-options", ""), re.IGNORECASE)
    return min(_MOST, max(_LEAST, int(given.group(1)))) if given else _MOST

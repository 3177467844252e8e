"""Which address means what: the routes of the sandbox's Salesforce, and the table of its REST resources.

Invariant: composite sub-requests are resolved by the same table as requests from outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.routing import Route

from sandbox.salesforce import apexrest, control, oauth, responses, soap
from sandbox.salesforce.bulk import creation
from sandbox.salesforce.bulk import resources as bulk
from sandbox.salesforce.errors import ApiError, not_found
from sandbox.salesforce.faults import endpoint as faults
from sandbox.salesforce.rest import batch, collections, composite, graph, metadata, queries, records, tree
from sandbox.salesforce.rest.request import Answer, Request
from sandbox.world import World

Handler = Callable[..., Answer]

_X = r"(?P<name>\w+)"
_JOB = r"(?P<job_id>\w+)"
_TABLE: tuple[tuple[str, dict[str, Handler]], ...] = (
    (r"", {"GET": metadata.resources}),
    (r"sobjects", {"GET": metadata.global_describe}),
    (r"limits", {"GET": metadata.limits}),
    (r"limits/recordcount", {"GET": metadata.record_count}),
    (r"query", {"GET": queries.query}),
    (r"queryall", {"GET": queries.query_all}),
    (r"query(?:all)?/(?P<locator>[^/]+)", {"GET": queries.more}),
    (r"composite", {"POST": composite.run}),
    (r"composite/batch", {"POST": batch.run}),
    (r"composite/graph", {"POST": graph.run}),
    (rf"composite/tree/{_X}", {"POST": tree.create}),
    (
        r"composite/sobjects",
        {"POST": collections.create, "PATCH": collections.update, "DELETE": collections.delete},
    ),
    (rf"composite/sobjects/{_X}", {"GET": collections.retrieve, "POST": collections.retrieve}),
    (rf"composite/sobjects/{_X}/(?P<field_name>\w+)", {"PATCH": collections.upsert}),
    (r"jobs/ingest", {"GET": bulk.list_ingest, "POST": creation.create_ingest}),
    (rf"jobs/ingest/{_JOB}", {"GET": bulk.poll_ingest, "PATCH": bulk.change_ingest, "DELETE": bulk.remove_ingest}),
    (rf"jobs/ingest/{_JOB}/batches", {"PUT": bulk.upload}),
    (rf"jobs/ingest/{_JOB}/successfulresults", {"GET": bulk.successful}),
    (rf"jobs/ingest/{_JOB}/failedresults", {"GET": bulk.failed}),
    (rf"jobs/ingest/{_JOB}/unprocessedrecords", {"GET": bulk.unprocessed}),
    (r"jobs/query", {"GET": bulk.list_query, "POST": creation.create_query}),
    (rf"jobs/query/{_JOB}", {"GET": bulk.poll_query, "PATCH": bulk.change_query, "DELETE": bulk.remove_query}),
    (rf"jobs/query/{_JOB}/results", {"GET": bulk.results}),
    (rf"sobjects/{_X}/describe", {"GET": metadata.whole}),
    (rf"sobjects/{_X}", {"GET": metadata.basic, "POST": records.create}),
    (rf"sobjects/{_X}/id", {"POST": records.insert_by_id_path}),
    (
        rf"sobjects/{_X}/(?P<record_id>[^/]+)",
        {"GET": records.read, "PATCH": records.update, "DELETE": records.delete},
    ),
    (
        rf"sobjects/{_X}/(?P<field_name>\w+)/(?P<value>.+)",
        {"GET": records.read_by_key, "PATCH": records.upsert},
    ),
)
_ROUTES = tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), methods) for pattern, methods in _TABLE)


class _Rest(PathConvertor):
    """The rest of an address, line ends and all: whatever is asked for, the org answers that it is not there."""

    regex = "(?s:.*)"


register_url_convertor("rest", _Rest())


def dispatch(request: Request) -> Answer:
    """Carries out one REST request; a refusal becomes an answer and leaves nothing written."""
    try:
        with request.call.all_or_none():
            handler, parts = _resolve(request)
            request.call.told(request.headers)
            return handler(request, **parts)
    except ApiError as error:
        return Answer(error.status, error.body())


def _resolve(request: Request) -> tuple[Handler, dict[str, Any]]:
    for pattern, methods in _ROUTES:
        match = pattern.fullmatch(request.path)
        if match is None:
            continue
        method = "GET" if request.method == "HEAD" else request.method
        if method in methods:
            return methods[method], match.groupdict()
        allowed = ",".join(["HEAD", *methods] if "GET" in methods else methods)
        message = f"HTTP Method '{request.method}' not allowed. Allowed are {allowed}"
        raise ApiError(405, "METHOD_NOT_ALLOWED", message)
    raise not_found()


def routes(world: World) -> list[Route]:
    """The routes to mount for this world's Salesforce."""
    every = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"]
    rest = faults.rest(world, responses.rest_endpoint(world, dispatch))
    soap_calls = faults.soap(world, soap.endpoint(world))
    return [
        Route("/services/oauth2/{action}", faults.token(world, oauth.endpoint(world)), methods=["GET", "POST"]),
        Route("/services/data", responses.versions_endpoint(world), methods=["GET"]),
        Route("/services/data/", responses.versions_endpoint(world), methods=["GET"]),
        Route("/services/data/v{version}", rest, methods=every),
        Route("/services/data/v{version}/{path:rest}", rest, methods=every),
        Route("/services/Soap/{flavour}/{version}", soap_calls, methods=["POST"]),
        Route("/services/Soap/{flavour}/{version}/{organization:path}", soap_calls, methods=["POST"]),
        Route("/_control/jwt_keys", oauth.keys_endpoint(world), methods=["POST"]),
        *control.routes(world),
        *apexrest.routes(world),
    ]

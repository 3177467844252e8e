"""Composite graph: many composite requests in one call, each of them all or nothing on its own.

Invariant: a graph that fails leaves nothing written and does not touch its neighbours.
"""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.errors import ApiError, unreadable
from sandbox.salesforce.rest import composite
from sandbox.salesforce.rest.request import Answer, Request

_MOST_GRAPHS = 75
_MOST_NODES = 500


def run(request: Request) -> Answer:
    """POST composite/graph."""
    graphs = request.json_object.get("graphs")
    if not isinstance(graphs, list) or not all(isinstance(graph, dict) for graph in graphs):
        raise unreadable('The body needs "graphs", a list of objects')
    _check(graphs)
    return Answer(200, {"graphs": [_one(request, graph) for graph in graphs]})


def _check(graphs: list[dict[str, Any]]) -> None:
    ids = [graph.get("graphId") for graph in graphs]
    if not all(isinstance(name, str) and name for name in ids) or len(set(map(str, ids))) < len(ids):
        raise ApiError(400, "INVALID_INPUT", "Every graph needs a graphId of its own")
    if not all(isinstance(graph.get("compositeRequest"), list) for graph in graphs):
        raise unreadable('Every graph needs "compositeRequest", a list of objects')
    nodes = sum(len(graph["compositeRequest"]) for graph in graphs)
    if len(graphs) > _MOST_GRAPHS or nodes > _MOST_NODES:
        message = f"At most {_MOST_GRAPHS} graphs with {_MOST_NODES} nodes: {len(graphs)} with {nodes} were given"
        raise ApiError(400, "LIMIT_EXCEEDED", message)


def _one(request: Request, graph: dict[str, Any]) -> dict[str, Any]:
    body = {"allOrNone": True, "compositeRequest": graph.get("compositeRequest")}
    sub = request.part(method="POST", path="composite", version=request.version, query=request.query, body=body)
    answer = composite.run(sub)
    shown = answer.body["compositeResponse"]
    good = all(part["httpStatusCode"] < 300 for part in shown)
    return {"graphId": graph["graphId"], "graphResponse": answer.body, "isSuccessful": good}

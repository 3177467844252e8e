"""What a call is about, in the words of a fault script: its operations and the objects they touch.

Invariant: reading a call changes nothing and never fails; a call that cannot be read has no parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
from starlette.requests import Request as Wire

from sandbox.faults.script import Subject
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.responses import unpacked
from sandbox.salesforce.schema import Schema

_APEX = "/services/apexrest/"
WRITES = frozenset({"create", "update", "upsert", "delete", "convert"})
_ANYWHERE = frozenset({"server_error", "slow", "cut_body", "reset_before", "reset_after_commit", "busy"})
_IN_SESSION = _ANYWHERE | {"expired_session", "revoked_session", "daily_limit"}
_FROM = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)
_LEAD_ID = re.compile(rb"<(?:\w+:)?leadId>\s*(\w{15,18})\s*<")
Parts = set[tuple[str, str | None]]


def of_rest(schema: Schema, wire: Wire, content: bytes) -> Subject:
    """A call below /services/data/vNN.0, or of the Apex class that converts leads."""
    path = wire.path_params.get("path", "").strip("/")
    if wire.url.path.lower().startswith(_APEX):
        return Subject("call", _IN_SESSION | {"lock"}, wire.method, wire.url.path, [("convert", "Lead")])
    parts = _parts(schema, wire.method, path, dict(wire.query_params), _json(wire, content))
    kinds = set(_IN_SESSION)
    if any(operation in WRITES for operation, _ in parts):
        kinds.add("lock")
    if _locator(path):
        kinds.add("stale_cursor")
    return Subject("call", frozenset(kinds), wire.method, wire.url.path, sorted(parts, key=str))


def of_soap(wire: Wire, content: bytes) -> Subject:
    """A SOAP call: login or convertLead."""
    if b"convertLead" not in content:
        return Subject("call", _ANYWHERE, wire.method, wire.url.path, [("soap", None), ("token", None)])
    parts = [("soap", "Lead"), ("convert", "Lead")]
    ids = [found.decode() for found in _LEAD_ID.findall(content)]
    return Subject("call", _IN_SESSION | {"lock"}, wire.method, wire.url.path, parts, ids)


def of_token(wire: Wire) -> Subject:
    """A call of the token endpoint; its neighbours (revoke, introspect) are never struck."""
    kinds: frozenset[str] = _ANYWHERE if wire.path_params["action"] == "token" else frozenset()
    return Subject("call", kinds, wire.method, wire.url.path, [("token", None)])


def _locator(path: str) -> re.Match[str] | None:
    return re.fullmatch(r"query(?:all)?/([^/]+)", path, re.IGNORECASE)


def cursor_of(wire: Wire) -> str:
    """The id of the cursor that a call continues; empty if it continues none."""
    found = _locator(wire.path_params.get("path", "").strip("/"))
    return found.group(1).partition("-")[0] if found else ""


def _json(wire: Wire, content: bytes) -> Any:
    if "json" not in wire.headers.get("content-type", "").lower():
        return None
    try:
        return orjson.loads(unpacked(wire.headers, content))
    except (orjson.JSONDecodeError, ApiError):
        return None


def _parts(schema: Schema, method: str, path: str, query: Mapping[str, str], body: Any) -> Parts:
    first, _, rest = path.partition("/")
    match first.lower():
        case "query" | "queryall":
            names = _FROM.findall(query.get("q", ""))
            return {("query", name) for name in names} or {("query", None)}
        case "limits":
            return {("limits", None)}
        case "jobs":
            return {("bulk", _text(body, "object"))}
        case "composite":
            inner = _composite(schema, method, rest, query, body)
            return inner | {("composite", name) for _, name in inner} | {("composite", None)}
        case "sobjects" | "":
            return {_record(method, [part for part in rest.split("/") if part])}
    return set()


def _record(method: str, parts: list[str]) -> tuple[str, str | None]:
    if len(parts) < 2 and method != "POST":
        return "describe", parts[0] if parts else None
    if len(parts) == 2 and parts[1].lower() == "describe":
        return "describe", parts[0]
    done = {"POST": "create", "DELETE": "delete", "PATCH": "upsert" if len(parts) > 2 else "update"}
    return done.get(method, "retrieve"), parts[0] if parts else None


def _composite(schema: Schema, method: str, rest: str, query: Mapping[str, str], body: Any) -> Parts:
    head, _, more = rest.partition("/")
    match head.lower():
        case "":
            return _inner(schema, _objects(body, "compositeRequest"), "body")
        case "graph":
            graphs = _objects(body, "graphs")
            return {part for each in graphs for part in _inner(schema, _objects(each, "compositeRequest"), "body")}
        case "batch":
            return _inner(schema, _objects(body, "batchRequests"), "richInput")
        case "tree":
            return {("create", more or None)}
        case "sobjects":
            return _collection(schema, method, more, query, body)
    return set()


def _inner(schema: Schema, requests: Iterable[dict[str, Any]], body: str) -> Parts:
    found: Parts = set()
    for each in requests:
        try:
            split = urlsplit(str(each.get("url", "")))
        except ValueError:
            continue
        path = re.sub(r"^/?(?:services/data/)?v\d+\.\d/?", "", unquote(split.path)).strip("/")
        if not path.lower().startswith(("composite/batch", "composite/tree")) and path.lower() != "composite":
            query = dict(parse_qsl(split.query))
            found |= _parts(schema, str(each.get("method", "GET")).upper(), path, query, each.get(body))
    return found


def _collection(schema: Schema, method: str, named: str, query: Mapping[str, str], body: Any) -> Parts:
    if named:
        done = "upsert" if method == "PATCH" else "retrieve"
        return {(done, named.partition("/")[0])}
    if method == "DELETE":
        prefixes = {item.strip()[:3] for item in query.get("ids", "").split(",")}
        kinds = [schema.by_prefix[prefix].name for prefix in prefixes if prefix in schema.by_prefix]
        return {("delete", name) for name in kinds}
    types = {_text(each.get("attributes"), "type") for each in _objects(body, "records")}
    return {("create" if method == "POST" else "update", name) for name in types}


def _objects(body: Any, name: str) -> list[dict[str, Any]]:
    found = body.get(name) if isinstance(body, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _text(body: Any, name: str) -> str | None:
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else None

"""Makes REST requests at random: such as clients send, with values that fit, nearly fit or do not fit at all, and
wild ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hypothesis import strategies as st

from sandbox.salesforce import schema
from tests.sandbox.salesforce import soql_grammar

BASE = "/services/data/v66.0"
_KINDS = schema.load().types
_FIELDS = sorted({name for kind in _KINDS.values() for name in kind.fields})


@dataclass(frozen=True)
class Sent:
    """One request."""

    method: str
    path: str
    body: Any = None
    parameters: dict[str, str] = field(default_factory=dict)


def _texts(longest: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=longest)


NAMES = st.sampled_from(sorted(_KINDS))
# Those that clients write, far more often than the others.
_USUAL = st.sampled_from(["Lead", "Account", "Contact", "Opportunity", "Task"]) | NAMES
FIELDS = st.sampled_from(_FIELDS)
TEXTS = _texts(12)
METHODS = st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"])
# The ids of the planted records, ids of nobody, and what is no id.
IDS = st.sampled_from(
    "00QgK0000000001QAA 001gK0000000001QAA 003gK0000000001QAA 006gK0000000001QAA 00TgK0000000001QAA 001gK0000000001"
    " 750gK0000000001QAC 00Q000000000009EAA nonsense me é %00".split()
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    IDS,
    TEXTS,
    st.sampled_from(
        [
            "a@x.example",
            "no address",
            "2026-01-05",
            "2026-01-05T08:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31",
            "12",
            "-1",
            "1e400",
            "x" * 300,
            "Closed Won",
            "Completed",
            "Working - Contacted",
            "#N/A",
            "\x00",
            "true",
            "",
        ]
    ),
    st.sampled_from(
        [10**400, [], {}, [1], {"Email": "a@x.example"}, {"attributes": {"type": "Lead"}, "Email": "x"}]
    ),
)
JSON = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=6
)


@cache
def _any_body(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(sorted(_KINDS[kind].fields)) | FIELDS | TEXTS
    return st.dictionaries(names, VALUES, max_size=4)


@st.composite
def bodies(draw: st.DrawFn, kind: str, whole: bool = True) -> dict[str, Any]:
    """The body of a record: mostly fields of its object."""
    body = draw(_any_body(kind))
    way = draw(st.sampled_from(["random", "both", "least", "least"])) if whole else "random"
    if way != "random":
        fitting = {
            "LastName": "A",
            "Company": "B",
            "Name": "C",
            "StageName": "Prospecting",
            "CloseDate": "2026-02-01",
        }
        least = {
            name: value for name, value in fitting.items() if name in {item.name for item in _KINDS[kind].required}
        }
        body = {**least, **(body if way == "both" else {})}
    return body


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """A record of a collection."""
    kind = draw(_USUAL)
    more: dict[str, Any] = draw(st.sampled_from([{}, {}, {"id": "00QgK0000000001QAA"}, {"Id": None}, {"id": 5}]))
    attributes = draw(
        st.sampled_from([{"type": kind}, {"type": kind}, {"type": kind, "referenceId": "r"}, {}, None])
    )
    return {"attributes": attributes, **draw(bodies(kind)), **more}


@st.composite
def singles(draw: st.DrawFn) -> Sent:
    """A request about one record."""
    kind, record_id = draw(_USUAL), draw(IDS)
    shape = draw(st.sampled_from([0, 0, 0, 1, 1, 2, 3, 4, 5]))
    key = draw(st.sampled_from(["Email", "Closeloop_Key__c", "Id", "Name"]) | FIELDS)
    if shape == 0:
        return Sent("POST", f"sobjects/{kind}/", draw(bodies(kind) | JSON))
    if shape == 1:
        return Sent("PATCH", f"sobjects/{kind}/{record_id}", draw(bodies(kind, whole=False) | JSON))
    if shape == 2:
        value = draw(st.sampled_from(["a@x.example", "k1"]) | IDS)
        return Sent(draw(st.sampled_from(["PATCH", "GET"])), f"sobjects/{kind}/{key}/{value}", draw(bodies(kind)))
    if shape == 3:
        fields = ",".join(draw(st.lists(st.sampled_from(sorted(_KINDS[kind].fields)) | TEXTS, max_size=3)))
        return Sent("GET", f"sobjects/{kind}/{record_id}", None, {"fields": fields})
    if shape == 4:
        moments = st.sampled_from(["2026-01-05T08:00:00+00:00", "2026-01-05T09:00:00Z", "2025-01-01", "", "x"])
        window = {"start": draw(moments), "end": draw(moments)}
        return Sent("GET", f"sobjects/{kind}/{draw(st.sampled_from(['deleted', 'updated']))}", None, window)
    return Sent("DELETE", f"sobjects/{kind}/{record_id}")


@st.composite
def collections(draw: st.DrawFn) -> Sent:
    """A request about many records."""
    kind, shape = draw(NAMES), draw(st.integers(0, 5))
    body = {"allOrNone": draw(st.booleans() | JSON), "records": draw(st.lists(records(), max_size=4))}
    if shape < 2:
        return Sent(("POST", "PATCH")[shape], "composite/sobjects", body)
    if shape == 2:
        key = draw(st.sampled_from(["Email", "Closeloop_Key__c", "Id"]) | FIELDS)
        return Sent("PATCH", f"composite/sobjects/{kind}/{key}", body)
    if shape == 3:
        ids = ",".join(draw(st.lists(IDS, max_size=4)))
        return Sent(
            "DELETE", "composite/sobjects", None, {"ids": ids, "allOrNone": draw(st.sampled_from(["true", "x"]))}
        )
    if shape == 4:
        wanted = {
            "ids": draw(st.lists(IDS, max_size=3) | JSON),
            "fields": draw(st.lists(FIELDS, max_size=3) | JSON),
        }
        return Sent("POST", f"composite/sobjects/{kind}", wanted)
    nested = [{**draw(records()), "Contacts": {"records": draw(st.lists(records(), max_size=2))}}]
    return Sent("POST", f"composite/tree/{kind}", {"records": nested})


@st.composite
def queries(draw: st.DrawFn) -> Sent:
    """A query, a further page or a look at the org."""
    path = draw(
        st.sampled_from(["query", "queryAll", "query/01ggK0000000001AAA-2000", "limits/recordCount", "limits"])
    )
    statement = draw(soql_grammar.statements())
    names = draw(st.sampled_from(["Lead,Nope", "", ",,"]))
    return Sent("GET", path, None, {"q": statement, "sObjects": names})


@st.composite
def jobs(draw: st.DrawFn) -> Sent:
    """A request about bulk jobs."""
    shape = draw(st.integers(0, 3))
    if shape == 0:
        body = {
            "object": draw(NAMES | VALUES),
            "operation": draw(st.sampled_from(["insert", "update", "upsert", "delete", "hardDelete"]) | VALUES),
            "externalIdFieldName": draw(FIELDS | VALUES),
            "columnDelimiter": draw(st.sampled_from(["COMMA", None]) | VALUES),
        }
        return Sent("POST", "jobs/ingest", body)
    if shape == 1:
        operation = draw(st.sampled_from(["query", "queryAll", "insert"]))
        return Sent(
            "POST", "jobs/query", {"operation": operation, "query": draw(soql_grammar.statements() | VALUES)}
        )
    job = f"jobs/{draw(st.sampled_from(['ingest', 'query']))}/{draw(IDS)}"
    if shape == 2:
        return Sent("PATCH", job, {"state": draw(st.sampled_from(["Aborted", "UploadComplete"]) | VALUES)})
    tail = draw(st.sampled_from(["", "/results", "/failedResults", "/successfulResults", "/unprocessedrecords"]))
    numbers = st.sampled_from(["0", "5", "-1", "x", "99999999999999"])
    return Sent("GET", f"{job}{tail}", None, {"locator": draw(numbers), "maxRecords": draw(numbers)})


_SIMPLE = st.one_of(singles(), collections(), queries())
_REFERENCES = st.sampled_from(["@{a.id}", "@{a.records[0].Id}", "@{b[0].id}", "@{nobody.id}", "@{", "@{a.id}x"])


@st.composite
def composites(draw: st.DrawFn) -> Sent:
    """Several requests in one, some of which use the results of others."""
    parts = []
    for sent in draw(st.lists(_SIMPLE | jobs(), max_size=4)):
        reference = draw(st.sampled_from(["a", "b", "c", "d", "1"]))
        path = draw(st.sampled_from([sent.path, sent.path, f"sobjects/Lead/{draw(_REFERENCES)}"]))
        query = f"?q={sent.parameters['q']}" if "q" in sent.parameters else ""
        body = draw(st.just(sent.body) | st.dictionaries(FIELDS, _REFERENCES, max_size=2))
        url = f"{BASE}/{path}{query}"
        parts.append({"method": sent.method, "url": url, "referenceId": reference, "body": body, "richInput": body})
    if draw(st.booleans()):
        return Sent("POST", "composite", {"allOrNone": draw(st.booleans() | VALUES), "compositeRequest": parts})
    return Sent("POST", "composite/batch", {"haltOnError": draw(st.booleans() | VALUES), "batchRequests": parts})


@st.composite
def wild(draw: st.DrawFn) -> Sent:
    """A request no client would send."""
    words = st.sampled_from("sobjects query limits composite batch tree jobs ingest search describe Id".split())
    parts = draw(st.lists(words | NAMES | IDS | TEXTS, max_size=5))
    return Sent(draw(METHODS), "/".join(parts), draw(JSON), draw(st.dictionaries(TEXTS, TEXTS, max_size=2)))


REQUESTS = st.one_of(singles(), collections(), queries(), jobs(), composites(), wild())
HEADERS = st.dictionaries(
    st.sampled_from(
        "Sforce-Query-Options Sforce-Duplicate-Rule-Header Sforce-Auto-Assign Sforce-Call-Options Content-Encoding"
        " Accept-Encoding X-PrettyPrint If-Modified-Since".split()
    ),
    st.sampled_from(["", "1", "true", "gzip", "batchSize=200", "batchSize=999999999999", "allowSave=true", "="]),
    max_size=1,
)

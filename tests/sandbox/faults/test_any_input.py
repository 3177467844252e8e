"""Whatever the control plane is sent is taken or refused in words; whatever a call holds, a script can read it."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from sandbox.faults.rules import KINDS, OPERATIONS, RuleError
from sandbox.faults.script import Script, Subject, reading
from sandbox.salesforce import schema
from sandbox.salesforce.admin import settings as setups
from sandbox.salesforce.admin.reading import SetupError
from sandbox.salesforce.faults.subjects import of_rest

LEAVES = st.none() | st.booleans() | st.integers(-2, 700) | st.floats() | st.text(max_size=12)
LEAVES |= st.sampled_from(
    ["Lead", "Email", "Region__c", "block", "hidden", "equals", "create", "string", "http://a/b"]
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
MATCH = st.dictionaries(st.sampled_from(["method", "path", "object", "operation", "record", "x"]), JSON, max_size=3)
RULES = st.dictionaries(
    st.sampled_from(["match", "nth", "probability", "times", "status", "html", "seconds", "per", "declared"]),
    JSON | MATCH | st.lists(st.integers(1, 4), min_size=1, max_size=2),
    max_size=4,
).flatmap(lambda rest: st.sampled_from(sorted(KINDS)).map(lambda kind: {**rest, "kind": kind}))
NAMES = st.sampled_from(
    "object name type length required restricted values unique match against on_create when message field on op"
    " value all any not url fields send_session Lead Lead.Rating Opportunity".split()
)
PARTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=9), max_leaves=20
)


@settings(max_examples=200)
@given(st.lists(RULES | JSON, max_size=3), JSON)
def test_any_script_is_taken_or_refused_in_words(rules: list[Any], seed: Any) -> None:
    with contextlib.suppress(RuleError):
        script = reading({"rules": rules, "seed": seed})
        script.strike(Subject("call", frozenset(KINDS), "GET", "/x", [("query", "Lead")], ["00Q"]))
        script.report()


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(setups.SECTIONS), PARTS, max_size=3))
def test_any_setup_is_taken_or_refused_in_words(setup: dict[str, Any]) -> None:
    with contextlib.suppress(SetupError):
        found = setups.read(schema.load(), {}, setup)
        assert found.schema.types.keys() == schema.load().types.keys()


@settings(max_examples=200)
@given(
    st.sampled_from(["GET", "POST", "PATCH", "DELETE"]),
    st.sampled_from(
        "sobjects composite composite/batch composite/graph composite/sobjects query jobs/ingest".split()
    ),
    st.lists(st.text("aZ0_/.- ", max_size=9), max_size=3),
    st.binary(max_size=30) | st.sampled_from([b"{}", b'{"compositeRequest":[{"url":"//[","body":[]},5]}']),
)
def test_any_call_can_be_read(method: str, path: str, more: list[str], body: bytes) -> None:
    whole = "/".join([path, *more])
    scope = {
        "type": "http",
        "method": method,
        "path": f"/services/data/v66.0/{whole}",
        "query_string": b"q=SELECT Id FROM Lead&ids=a,00Q",
        "headers": [(b"content-type", b"application/json"), (b"host", b"localhost")],
        "path_params": {"version": "66.0", "path": whole},
    }
    subject = of_rest(schema.load(), Request(scope), body)
    assert all(operation in OPERATIONS for operation, _ in subject.parts)
    assert Script().strike(subject) is None

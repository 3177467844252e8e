"""Lines of JSON as other programs write them: what may be missing, and what is refused with which words."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.adapters.replies.reply_lines import BadLine, ReplyLine, read_line, written_line
from closeloop.domain.signals import Label, Understanding

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("id", "from", "to_prospect", "subject", "headers", "body", "received_at")


def _read(**fields: object) -> ReplyLine:
    return read_line(json.dumps(fields), 4, NOW)


def test_all_but_a_body_may_be_missing() -> None:
    found = _read(body="Yes")
    assert (found.id, found.sender, found.subject, found.headers) == ("line 4", "", "", "")
    assert found.received_at == NOW


@pytest.mark.parametrize("given_id", [7, "m-7"])
def test_the_id_comes_back_as_it_was(given_id: int | str) -> None:
    found = Understanding(labels=(Label.OTHER,), primary=Label.OTHER, confidence=0.5)
    assert json.loads(written_line(_read(id=given_id, body="x").id, found))["id"] == given_id


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied\r\nX-A: b",
        {"Auto-Submitted": "auto-replied", "X-A": ["b", "c"]},
        [["Auto-Submitted", "auto-replied"], ["X-A", "b"]],
        [{"name": "Auto-Submitted", "value": "auto-replied"}],
        ["Auto-Submitted: auto-replied"],
    ],
)
def test_headers_come_in_five_shapes(headers: object) -> None:
    assert "Auto-Submitted: auto-replied" in _read(body="x", headers=headers).headers.replace(":  ", ": ")


def test_a_line_break_in_a_header_value_makes_no_second_header() -> None:
    found = _read(body="x", headers={"X-A": "b\r\nAuto-Submitted: auto-replied"})
    assert len(found.headers.splitlines()) == 1


@pytest.mark.parametrize("body", ["Hi", {"text": "Hi"}, {"text": "", "html": "Hi"}, ["Hi"]])
def test_a_body_may_be_a_text_or_an_object_of_both_forms(body: object) -> None:
    assert _read(body=body).body == "Hi"


def test_the_text_is_taken_before_the_html() -> None:
    assert _read(text="plain", html="<p>rich</p>").body == "plain"


@pytest.mark.parametrize("sender", ["Jo Dean <Jo@X.example>", "jo@x.example", {"email": "jo@x.example"}])
def test_the_sender_is_the_bare_address(sender: object) -> None:
    assert _read(body="x", **{"from": sender}).sender == "jo@x.example"


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-23T09:00:00Z",
        "2026-11-23T10:00:00+01:00",
        "2026-11-23 09:00",
        "Mon, 23 Nov 2026 09:00:00 +0000",
        1795424400,
    ],
)
def test_a_time_comes_in_the_shapes_that_programs_write(time: object) -> None:
    assert _read(body="x", received_at=time).received_at == NOW


def test_the_date_header_stands_in_for_a_missing_time() -> None:
    found = _read(body="x", headers="Date: Tue, 24 Nov 2026 09:00:00 +0000")
    assert found.received_at.day == 24


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("no json", "no valid JSON"),
        ("[1]", "not a list"),
        ('"x"', "not a text"),
        ("{}", "neither `body` nor `subject`"),
        ('{"body": 3}', "`body` is a text"),
        ('{"body": "x", "id": {}}', "`id` is a text or a number"),
        ('{"body": "x", "headers": 3}', "`headers` is a text"),
        ('{"body": "x", "headers": [3]}', "a pair of a name and a value"),
        ('{"body": "x", "received_at": "yesterday"}', "write 2026-11-23T09:00:00Z"),
        ('{"body": "x", "received_at": true}', "is a time such as"),
        ("[" * 100_000, "JSON"),
    ],
)
def test_a_broken_line_is_refused_with_what_is_expected(line: str, words: str) -> None:
    with pytest.raises(BadLine, match=words.replace("(", r"\(")):
        read_line(line, 1, NOW)


@given(row=st.dictionaries(st.sampled_from(KEYS), JSON_VALUES))
def test_any_json_is_read_or_refused_and_never_breaks(row: dict[str, object]) -> None:
    try:
        found = read_line(json.dumps(row), 1, NOW)
    except BadLine:
        return
    assert found.received_at.tzinfo is not None

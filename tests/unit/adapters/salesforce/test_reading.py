"""Reading pages: a cursor that expires on the way costs calls, never rows."""

from __future__ import annotations

import pytest

from closeloop.adapters.salesforce.failures import StaleCursor
from closeloop.adapters.salesforce.reading import ASKED_AGAIN, Reader
from tests.scripted_server import ScriptedServer
from tests.unit.adapters.salesforce.scripts import by_session, composite, error, ok, page

NEXT = "/services/data/v62.0/query/01g000000000001AAA-2"
STALE = error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")


def read(script: ScriptedServer) -> list[str]:
    return [row["Id"] for row in Reader(by_session(script)).query("SELECT Id FROM Lead")]


def test_a_cursor_that_expires_on_the_way_is_resumed_without_a_row_twice_or_missing(script: ScriptedServer) -> None:
    script.then(page("a", "b", more=NEXT), STALE, page("a", "b", more=NEXT), page("c"))
    assert read(script) == ["a", "b", "c"]


def test_a_row_that_came_in_between_is_read_too(script: ScriptedServer) -> None:
    script.then(page("a", "c", more=NEXT), STALE, page("a", "b", more=NEXT), page("c", "d"))
    assert read(script) == ["a", "c", "b", "d"]


def test_a_cursor_that_always_expires_ends_the_reading(script: ScriptedServer) -> None:
    script.then(*[page("a", more=NEXT), STALE] * (ASKED_AGAIN + 1))
    with pytest.raises(StaleCursor):
        read(script)


def test_figures_without_ids_are_not_mixed_from_two_queries(script: ScriptedServer) -> None:
    script.then(ok({"records": [{"expr0": 1}], "done": False, "nextRecordsUrl": NEXT}), STALE)
    with pytest.raises(StaleCursor):
        list(Reader(by_session(script)).query("SELECT COUNT(Id) FROM Lead GROUP BY Status"))


def test_a_query_among_several_goes_on_from_its_first_page(script: ScriptedServer) -> None:
    short = {"records": [{"Id": "a"}], "done": True}
    long = {"records": [{"Id": "b"}], "done": False, "nextRecordsUrl": NEXT}
    script.then(composite(short, long), page("c"))
    rows = Reader(by_session(script)).queries(["SELECT Id FROM Lead", "SELECT Id FROM Contact"])
    assert [row["Id"] for row in rows] == ["a", "b", "c"]


def test_a_query_among_several_whose_cursor_expires_is_asked_again(script: ScriptedServer) -> None:
    short = {"records": [{"Id": "a"}], "done": True}
    long = {"records": [{"Id": "b"}], "done": False, "nextRecordsUrl": NEXT}
    script.then(composite(short, long), STALE, page("b", more=NEXT), page("c"))
    found = Reader(by_session(script)).each([("SELECT Id FROM Lead", False), ("SELECT Id FROM Contact", True)])
    assert [[row["Id"] for row in rows] for rows in found] == [["a"], ["b", "c"]]

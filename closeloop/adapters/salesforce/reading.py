"""Reads: queries with paging, records by id, several in one call where it can be; and which fields the org has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus as quoted

from closeloop.adapters.salesforce.calls import Calls, Request
from closeloop.adapters.salesforce.failures import StaleCursor
from closeloop.adapters.salesforce.soql import chunks
from closeloop.adapters.salesforce.together import READS_PER_CALL, Together
from closeloop.domain.errors import CrmRefused

IDS_PER_RETRIEVE = 2000
ASKED_AGAIN = 3
"""How often one query is asked again after its cursor expired."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """Records of one object by their ids, and the fields to read, each of which the org must have."""

    object: str
    ids: Sequence[str]
    fields: Sequence[str]

    def request(self) -> Request:
        """At most `IDS_PER_RETRIEVE` ids in one."""
        body = {"ids": list(self.ids), "fields": list(dict.fromkeys(["Id", *self.fields]))}
        return Request("POST", f"composite/sobjects/{self.object}", json=body)


class Reader:
    """Queries and retrieves; remembers each object's description for the life of the process."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._together = Together(calls)
        self._fields: dict[str, dict[str, Row]] = {}

    def query(self, soql: str, *, bin_too: bool = False, first: Row | None = None) -> Iterator[Row]:
        """Every row, page by page; from its `first` page on where that is there already. When the cursor of the
        pages expires, the query is asked again and rows that were already given are left out; for that every row
        needs its `Id`."""
        given: set[str] = set()
        for attempt in range(1, ASKED_AGAIN + 2):
            try:
                page = first if first is not None and attempt == 1 else self._first(soql, bin_too)
                yield from self._pages(page, given)
            except StaleCursor:
                if attempt > ASKED_AGAIN or not given:
                    raise
            else:
                return

    def _first(self, soql: str, bin_too: bool) -> Row:
        return dict(self._calls.read(f"{_query(bin_too)}/", params={"q": soql}))

    def _pages(self, first: Row, given: set[str]) -> Iterator[Row]:
        for page in self._every_page(first):
            for row in page["records"]:
                record_id = row.get("Id")
                if record_id is None or record_id not in given:
                    yield row
                if record_id is not None:
                    given.add(record_id)

    def _every_page(self, first: Row) -> Iterator[Row]:
        """This one and those behind it, up to five of them in one call."""
        size, last, come = max(1, len(first["records"])), first, len(first["records"])
        yield first
        while not last["done"]:
            left = -(-(first.get("totalSize", come) - come) // size)
            pages = self._together.further_pages(last["nextRecordsUrl"], left) if left > 1 else []
            # What could not be read along with others is read alone: then a cursor that is gone is told as such.
            pages = pages or [self._calls.read_next(last["nextRecordsUrl"])]
            yield from pages
            last, come = pages[-1], come + sum(len(page["records"]) for page in pages)

    def queries(self, soqls: Sequence[str]) -> Iterator[Row]:
        """The rows of several queries, five of them in one call."""
        for some in chunks(soqls, READS_PER_CALL):
            asked = [Request("GET", f"query/?q={quoted(soql)}") for soql in some]
            pages = self._together.ask(asked) if len(some) > 1 else [None]
            for soql, page in zip(some, pages, strict=True):
                yield from self.query(soql, first=page)

    def each(self, soqls: Sequence[tuple[str, bool]]) -> list[list[Row]]:
        """The rows of at most five queries, query by query, in one call; True reads the recycle bin too."""
        asked = [Request("GET", f"{_query(bin_too)}/?q={quoted(soql)}") for soql, bin_too in soqls]
        pages = self._together.ask(asked)
        return [
            list(self.query(soql, bin_too=bin_too, first=page))
            for (soql, bin_too), page in zip(soqls, pages, strict=True)
        ]

    def count(self, object_name: str) -> int:
        """How many records we may see."""
        return int(self._calls.read("query/", params={"q": f"SELECT COUNT() FROM {object_name}"})["totalSize"])

    def retrieve(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, Row]:
        """Record id to its values; gone ones and fields the org lacks left out."""
        return self.retrieve_all([self.readable(object_name, ids, fields)])

    def readable(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> Wanted:
        """Records by id, with those of the fields that the org has."""
        there = self.fields(object_name)
        return Wanted(object_name, ids, [field for field in fields if field in there])

    def retrieve_all(self, wanted: Sequence[Wanted]) -> dict[str, Row]:
        """Record id to its values, gone ones left out; one call for five times 2,000 records of any objects.

        Raises `CrmRefused` for a field that the org lacks or keeps from us.
        """
        found: dict[str, Row] = {}
        parts = [Wanted(one.object, ids, one.fields) for one in wanted for ids in chunks(one.ids, IDS_PER_RETRIEVE)]
        for some in chunks(parts, READS_PER_CALL):
            answers = self._together.ask([part.request() for part in some]) if len(some) > 1 else [None]
            for part, rows in zip(some, answers, strict=True):
                there = rows if _is_whole(rows, part) else self._alone(part)
                found |= {row["Id"]: {field: row.get(field) for field in part.fields} for row in there if row}
        return found

    def _alone(self, part: Wanted) -> list[Row | None]:
        request = part.request()
        rows = self._calls.read(request.path, method=request.method, json=request.json)
        return list(rows)

    def fields(self, object_name: str) -> dict[str, Row]:
        """Field name to its description, read once."""
        if object_name not in self._fields:
            description = self._calls.read(f"sobjects/{object_name}/describe")
            self._fields[object_name] = {field["name"]: field for field in description["fields"]}
        return self._fields[object_name]

    def writable(self, object_name: str, values: Row) -> Row:
        """The values this org has a field for and lets us write."""
        known = self.fields(object_name)
        return {name: value for name, value in values.items() if name in known and known[name]["updateable"]}

    def require(self, object_name: str, key: str) -> None:
        """Raises `CrmRefused` when the org lacks a key the process cannot work without, or takes it twice."""
        there = self.fields(object_name).get(key)
        if there is None:
            raise CrmRefused(
                f"{object_name} has no field {key}: create it (Text 255, external id, unique) "
                "and let the integration user write it. `closeloop doctor` lists all that is missing."
            )
        if not (there["unique"] and there["externalId"]):
            raise CrmRefused(
                f"{object_name}.{key} has to be unique and an external id, or a repeat would make a second record: "
                "set both marks on the field in Setup. `closeloop doctor` lists all that is wrong."
            )


def _query(bin_too: bool) -> str:
    return "queryAll" if bin_too else "query"


def _is_whole(rows: Any, part: Wanted) -> bool:
    """An answer has one place for each id, empty for a record that is gone."""
    return isinstance(rows, list) and len(rows) == len(part.ids)

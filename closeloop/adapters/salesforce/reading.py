"""Reads: queries with paging, records by id, and which of our fields the org has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from closeloop.adapters.salesforce.calls import Calls
from closeloop.adapters.salesforce.failures import StaleCursor
from closeloop.domain.errors import CrmRefused

IDS_PER_RETRIEVE = 2000
ASKED_AGAIN = 3
"""How often one query is asked again after its cursor expired."""
Row = dict[str, Any]


class Reader:
    """Queries and retrieves; remembers each object's description for the life of the process."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._fields: dict[str, dict[str, Row]] = {}

    def query(self, soql: str) -> Iterator[Row]:
        """Every row, page by page. When the cursor of the pages expires, the query is asked again and rows that
        were already given are left out; for that every row needs its `Id`."""
        given: set[str] = set()
        for attempt in range(1, ASKED_AGAIN + 2):
            try:
                yield from self._pages(soql, given)
            except StaleCursor:
                if attempt > ASKED_AGAIN or not given:
                    raise
            else:
                return

    def _pages(self, soql: str, given: set[str]) -> Iterator[Row]:
        page = self._calls.read("query/", params={"q": soql})
        while True:
            for row in page["records"]:
                record_id = row.get("Id")
                if record_id is None or record_id not in given:
                    yield row
                if record_id is not None:
                    given.add(record_id)
            if page["done"]:
                return
            page = self._calls.read_next(page["nextRecordsUrl"])

    def retrieve(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, Row]:
        """Record id to its values; one call for 2,000 records, gone ones left out."""
        present = [field for field in fields if field in self.fields(object_name)]
        found: dict[str, Row] = {}
        for start in range(0, len(ids), IDS_PER_RETRIEVE):
            body = {"ids": list(ids[start : start + IDS_PER_RETRIEVE]), "fields": ["Id", *present]}
            rows = self._calls.read(f"composite/sobjects/{object_name}", method="POST", json=body)
            found |= {row["Id"]: {field: row.get(field) for field in present} for row in rows if row}
        return found

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

    def require(self, object_name: str, field: str) -> None:
        """Raises `CrmRefused` when the org lacks a field the process cannot work without."""
        if field not in self.fields(object_name):
            raise CrmRefused(
                f"{object_name} has no field {field}: create it (Text 255, external id, unique) "
                "and let the integration user write it. `closeloop doctor` lists all that is missing."
            )

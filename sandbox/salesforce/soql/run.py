"""Runs compiled statements and shapes their rows as the query resource answers them.

Invariant: fields come in SELECT order under their canonical names; a missing parent is null, and so is an
empty list of children.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.schema import Field, Schema
from sandbox.salesforce.soql.compiler import Compiler, Node, Plan
from sandbox.salesforce.soql.parser import parse
from sandbox.salesforce.soql.syntax import Query

_FIRST_NESTED = 58
_DEEPEST = 5
Json = dict[str, Any]
Raw = Sequence[Any]
Make = Callable[[Raw], Any]
Member = tuple[str, int, Make | None]


class Result:
    """The rows of a statement; they become JSON only when a page of them is asked for."""

    def __init__(self, call: Call, plan: Plan, base: str) -> None:
        self._db = call.store.db
        self._schema = call.schema
        self._base = base
        self._plan = plan
        self.rows: list[Raw] = _fetch(self._db, plan.sql, plan.values)
        self.total = self.rows[0][0] if plan.only_count else len(self.rows)
        self._render = self._aggregate if plan.shape is None else self._record(plan.shape)

    @property
    def shape(self) -> Node | None:
        """The tree of the selected fields; None for aggregates."""
        return self._plan.shape

    def page(self, start: int, size: int) -> list[Json]:
        """The records of one page."""
        if self._plan.only_count:
            return []
        return [self._render(row) for row in self.rows[start : start + size]]

    def _aggregate(self, row: Raw) -> Json:
        record: Json = {"attributes": {"type": "AggregateResult"}}
        for (name, field), value in zip(self._plan.names, row, strict=True):
            record[name] = bool(value) if field.type == "boolean" and value is not None else value
        return record

    def _record(self, node: Node) -> Callable[[Raw], Any]:
        members = self._list(node, node.members)
        by_kind = {kind: self._list(node, own) for kind, own in node.by_kind.items()}
        kind_of, id_at, base = _kind_of(node, self._schema), node.id_at, self._base

        def render(row: Raw) -> Json | None:
            record_id = row[id_at]
            if record_id is None:
                return None
            kind = kind_of(record_id)
            record: Json = {"attributes": {"type": kind, "url": f"{base}/sobjects/{kind}/{record_id}"}}
            for name, at, make in by_kind.get(kind, members):
                record[name] = row[at] if make is None else make(row)
            return record

        return render

    def _list(self, node: Node, members: Mapping[str, tuple[int, Field] | Node | Plan]) -> list[Member]:
        return [(name, *self._member(node, member)) for name, member in members.items()]

    def _member(self, node: Node, member: tuple[int, Field] | Node | Plan) -> tuple[int, Make | None]:
        """Where a member's value stands in a row, or how it is made from the row."""
        if isinstance(member, Node):
            return 0, self._record(member)
        if isinstance(member, Plan):
            return 0, self._children(node, member)
        return member[0], _converter(member[1], member[0], node, self._base)

    def _children(self, node: Node, plan: Plan) -> Make:
        render = self._record(plan.shape or Node(plan.kind))

        def make(row: Raw) -> Json | None:
            found = _fetch(self._db, plan.sql, [*plan.values, row[node.id_at]])
            if not found:
                return None
            return {"totalSize": len(found), "done": True, "records": [render(child) for child in found]}

        return make


def _fetch(db: sqlite3.Connection, sql: str, values: Sequence[Any]) -> list[Raw]:
    cursor = db.cursor()
    cursor.row_factory = None
    return cursor.execute(sql, values).fetchall()


def _kind_of(node: Node, schema: Schema) -> Callable[[str], str]:
    if node.kind is not None:
        name = node.kind.name
        return lambda record_id: name
    return lambda record_id: schema.by_prefix[record_id[:3]].name


def _converter(field: Field, at: int, node: Node, base: str) -> Make | None:
    if field.type == "boolean":
        return lambda row: None if row[at] is None else bool(row[at])
    if field.type == "base64" and node.kind is not None:
        address = f"{base}/sobjects/{node.kind.name}"
        return lambda row: None if row[at] is None else f"{address}/{row[node.id_at]}/{field.name}"
    return None


def _levels(base: str) -> int:
    """How deep subqueries may be nested in the API version of this address."""
    version = re.search(r"/v(\d+)", base)
    return 1 if version is not None and int(version.group(1)) < _FIRST_NESTED else _DEEPEST


def _seen(call: Call, query: Query, result: Result) -> None:
    """What FOR VIEW and FOR REFERENCE leave behind on the records."""
    if query.seen_for is None or result.shape is None or result.shape.kind is None:
        return
    kind = result.shape.kind
    names = ["LastReferencedDate"] + (["LastViewedDate"] if query.seen_for == "VIEW" else [])
    changes = {name: call.now for name in names if name in kind.fields}
    for row in result.rows:
        call.store.update(kind, row[result.shape.id_at], changes)


def run(call: Call, statement: str, base: str, *, with_deleted: bool = False) -> Result:
    """Runs a statement; `base` is the `/services/data/vNN.0` that the answer's addresses begin with."""
    today, deepest = call.moment.date(), _levels(base)
    compiler = Compiler(call.visible, statement, today, with_deleted, user_id=call.user_id, deepest=deepest)
    try:
        query = parse(statement)
        result = Result(call, compiler.compile(query), base)
    except (RecursionError, sqlite3.OperationalError) as error:
        # Nesting, patterns and joins have no bound in the grammar, but the parser and SQLite have theirs.
        raise ApiError(400, "QUERY_TOO_COMPLICATED", f"The query is too complicated: {error}") from None
    _seen(call, query, result)
    call.operations.append({"op": "query", "soql": statement, "success": True, "rows": result.total})
    return result

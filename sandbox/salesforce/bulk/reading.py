"""Query jobs: which statements the bulk API takes, and their rows as CSV cells.

Invariant: columns stand in the order of the SELECT under their canonical dotted names; an empty field and a
missing parent are empty cells.
"""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.bulk.jobs import QueryJob
from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.schema import Field, ObjectType
from sandbox.salesforce.soql import aggregation
from sandbox.salesforce.soql.compiler import Compiler, Node, Plan
from sandbox.salesforce.soql.parser import parse
from sandbox.salesforce.soql.run import run
from sandbox.salesforce.soql.syntax import Query, TypeOf

_PAGE = 2000
Path = tuple[str, ...]


def checked(call: Call, statement: str) -> ObjectType:
    """The object a statement reads; an `ApiError` for one that is wrong or that the bulk API does not take."""
    query = parse(statement)
    if (
        aggregation.wanted(query)
        or query.offset is not None
        or any(isinstance(item, Query | TypeOf) for item in query.select)
    ):
        message = "Aggregates, GROUP BY, OFFSET, TYPEOF and nested queries are not supported in Bulk Query"
        raise ApiError(400, "FEATURENOTENABLED", message)
    plan = Compiler(call.visible, statement, call.moment.date()).compile(query)
    for _, field in _fields(plan.shape):
        if field.type == "base64":
            message = f"Selecting binary field {field.name} is not supported in Bulk Query"
            raise ApiError(400, "FEATURENOTENABLED", message)
    return plan.kind


def fetch(call: Call, job: QueryJob) -> None:
    """Runs the job's statement and keeps its rows."""
    try:
        result = run(call, job.statement, "", with_deleted=job.operation == "queryAll")
    except ApiError as error:
        return job.fail(f"{error.code}: {error.message}")
    found = _fields(result.shape)
    job.header = [".".join(path) for path, _ in found]
    for start in range(0, result.total, _PAGE):
        for record in result.page(start, _PAGE):
            job.rows.append([_cell(field, _at(record, path)) for path, field in found])
    job.processed = len(job.rows)
    job.state = "JobComplete"
    return None


def _fields(node: Node | None, above: Path = ()) -> list[tuple[Path, Field]]:
    found: list[tuple[Path, Field]] = []
    for name, member in ({} if node is None else node.members).items():
        if isinstance(member, Node):
            found += _fields(member, (*above, name))
        elif not isinstance(member, Plan):
            found.append(((*above, name), member[1]))
    return found


def _at(record: Any, path: Path) -> Any:
    for name in path:
        record = None if record is None else record[name]
    return record


def _cell(field: Field, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if field.type == "datetime":
        return str(value).replace("+0000", "Z")
    return str(value)

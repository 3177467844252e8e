"""The functions of SOQL over a field: aggregates, parts of dates, toLabel.

Invariant: a function that is not in these tables is refused; none is passed through to SQLite by name.
"""

from __future__ import annotations

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.schema import NUMBER_TYPES, Field
from sandbox.salesforce.soql.columns import Column, Scope
from sandbox.salesforce.soql.lexer import invalid_field, malformed
from sandbox.salesforce.soql.syntax import Func, Path

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
_PARTS = {
    "CALENDAR_YEAR": "CAST(substr({0}, 1, 4) AS INTEGER)",
    "CALENDAR_QUARTER": "(CAST(substr({0}, 6, 2) AS INTEGER) + 2) / 3",
    "CALENDAR_MONTH": "CAST(substr({0}, 6, 2) AS INTEGER)",
    "DAY_IN_MONTH": "CAST(substr({0}, 9, 2) AS INTEGER)",
    "DAY_IN_WEEK": "CAST(strftime('%w', substr({0}, 1, 10)) AS INTEGER) + 1",
    "DAY_IN_YEAR": "CAST(strftime('%j', substr({0}, 1, 10)) AS INTEGER)",
    "WEEK_IN_MONTH": "(CAST(substr({0}, 9, 2) AS INTEGER) + 6) / 7",
    "WEEK_IN_YEAR": "(CAST(strftime('%j', substr({0}, 1, 10)) AS INTEGER) + 6) / 7",
    "HOUR_IN_DAY": "CAST(substr({0}, 12, 2) AS INTEGER)",
    "DAY_ONLY": "substr({0}, 1, 10)",
}
_PARTS |= {name.replace("CALENDAR", "FISCAL"): sql for name, sql in _PARTS.items() if name.startswith("CAL")}
_NUMBER = frozenset("NFSG")


def expression(scope: Scope, item: Path | Func, *, aggregates: bool = False) -> Column:
    """The column of a field or function; aggregates only where the clause allows them."""
    if isinstance(item, Path):
        return scope.column(item)
    if item.name in AGGREGATES:
        if not aggregates:
            raise malformed(scope.statement, item.at, f"unexpected token: '{item.name}('")
        return aggregate(scope, item)
    if item.of is None or item.name not in (*_PARTS, "TOLABEL"):
        raise malformed(scope.statement, item.at, f"function {item.name} is not supported in this org")
    column = scope.column(item.of)
    if item.name == "TOLABEL":
        return column
    return _part_of_date(scope, item, column)


def _part_of_date(scope: Scope, item: Func, column: Column) -> Column:
    if column.field.type not in ("date", "datetime"):
        raise invalid_field(scope.statement, item.at, f"{item.name} needs a date, {column.field.name} is none")
    kind = "date" if item.name == "DAY_ONLY" else "int"
    part = Field(item.name, item.name, kind, 0, 18, 0, _NUMBER)
    return Column(_PARTS[item.name].format(column.sql), part, column.steps)


def aggregate(scope: Scope, item: Func) -> Column:
    """The column of COUNT, SUM and their kin."""
    if item.of is None:
        return Column("COUNT(*)", _number(item))
    column = scope.column(item.of)
    if item.name in ("SUM", "AVG") and column.field.type not in NUMBER_TYPES:
        raise _unsuited(scope, item, column.field)
    if not column.field.aggregatable:
        raise _unsuited(scope, item, column.field)
    if item.name in ("COUNT", "COUNT_DISTINCT"):
        distinct = "DISTINCT " if item.name == "COUNT_DISTINCT" else ""
        return Column(f"COUNT({distinct}{column.sql})", _number(item))
    kind = column.field if item.name in ("MIN", "MAX") else _number(item)
    return Column(f"{item.name}({column.sql})", kind)


def _unsuited(scope: Scope, item: Func, field: Field) -> ApiError:
    message = f"field {field.name} does not support aggregate operator {item.name}"
    return malformed(scope.statement, item.at, message)


def _number(item: Func) -> Field:
    kind = "int" if item.name.startswith("COUNT") else "double"
    return Field(item.name, item.name, kind, 0, 18, 2, _NUMBER)

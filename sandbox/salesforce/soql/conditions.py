"""Compiles WHERE and HAVING to SQL with bound values, under SOQL's two-valued logic.

Invariant: a client's value is only ever a bound parameter. Null equals null and differs from everything
else, so `!=` and NOT keep the records whose field is empty.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.ids import IdError, full_id
from sandbox.salesforce.schema import NUMBER_TYPES, TEXT_TYPES, Field
from sandbox.salesforce.soql.columns import Column, Scope
from sandbox.salesforce.soql.dates import period
from sandbox.salesforce.soql.functions import expression
from sandbox.salesforce.soql.lexer import invalid_field, malformed, unquote
from sandbox.salesforce.soql.syntax import Compare, Condition, Func, Literal, Logic, Not, Query
from sandbox.salesforce.values import parse_moment, stamp

Subquery = Callable[[Query, Column, frozenset[str]], tuple[str, list[Any]]]
"""Compiles an inner SELECT of ids that are compared with the column, whose ids are those of the objects named."""
_LONGEST_TEXT = 4_000
_ORDERED = ("<", "<=", ">", ">=")
_OF_SEVERAL = frozenset({"INCLUDES", "EXCLUDES"})
_UNQUOTED = {"date": "date", "datetime": "dateTime", "boolean": "boolean", "int": "int"}


@dataclass
class Conditions:
    """Collects the bound values while a condition becomes SQL."""

    scope: Scope
    today: date
    subquery: Subquery
    having: bool = False
    values: list[Any] = field(default_factory=list)

    def sql(self, condition: Condition) -> str:
        """The SQL text of a condition; its values are appended to `values` in the order of their marks."""
        if isinstance(condition, Logic):
            return _joined([self.sql(part) for part in condition.parts], condition.word)
        if isinstance(condition, Not):
            return f"(NOT COALESCE({self.sql(condition.part)}, 0))"
        return self._compare(condition)

    def _compare(self, item: Compare) -> str:
        column = expression(self.scope, item.left, aggregates=self.having)
        if "F" not in column.field.flags:
            where = item.left.of.text if isinstance(item.left, Func) and item.left.of else column.field.name
            raise self._bad(item.at, f"field '{where}' can not be filtered in a query call")
        if item.operator in _OF_SEVERAL:
            # Only a multi-select picklist has several values, and no object here has one.
            raise self._bad(item.at, f"invalid operator on {column.field.type} field '{column.field.name}'")
        if isinstance(item.right, Query):
            return self._inner(item, column, item.right)
        if isinstance(item.right, tuple):
            return self._members(item, column, item.right)
        if item.operator == "LIKE":
            return self._like(column, item.right)
        return self._single(column, item.operator, item.right)

    def _single(self, column: Column, operator: str, literal: Literal) -> str:
        if literal.kind == "range":
            return self._range(column, operator, literal)
        value = self._value(column.field, literal)
        if value is None and operator in _ORDERED:
            raise malformed(self.scope.statement, literal.at, f"null cannot be compared by {operator}")
        self.values.append(value)
        if operator in _ORDERED:
            if column.field.type == "boolean":
                raise self._bad(literal.at, f"field '{column.field.name}' can only be compared by = or !=")
            return f"{column.sql} {operator} ?"
        if value is None:
            return f"{column.sql} IS {'NOT ' if operator == '!=' else ''}?"
        return f"{column.sql} = ?" if operator == "=" else f"{column.sql} IS NOT ?"

    def _range(self, column: Column, operator: str, literal: Literal) -> str:
        found = self._period(literal)
        if found is None:
            raise malformed(self.scope.statement, literal.at, f"unexpected token: '{literal.text}'")
        if column.field.type not in ("date", "datetime"):
            raise self._wrong_type(column.field, literal)
        first, after = (self._day(column.field, day) for day in found)
        if operator in ("=", "!="):
            self.values += [first, after]
            inside = f"({column.sql} >= ? AND {column.sql} < ?)"
            return inside if operator == "=" else f"(NOT COALESCE({inside}, 0))"
        self.values.append(first if operator in ("<", ">=") else after)
        return f"{column.sql} {'<' if operator in ('<', '<=') else '>='} ?"

    def _period(self, literal: Literal) -> tuple[date, date] | None:
        try:
            return period(literal.text, self.today)
        except (ValueError, OverflowError):
            raise malformed(self.scope.statement, literal.at, f"{literal.text} is out of range") from None

    def _day(self, item: Field, day: date) -> str:
        return day.isoformat() if item.type == "date" else f"{day.isoformat()}T00:00:00.000+0000"

    def _like(self, column: Column, literal: Literal) -> str:
        if literal.kind != "string" or column.field.type in ("id", "reference", *NUMBER_TYPES, *_UNQUOTED):
            raise self._bad(literal.at, f"invalid operator on {column.field.type} field '{column.field.name}'")
        pattern = unquote(literal.text, like=True)
        self.values.append(pattern)
        if pattern.isascii():
            return rf"{column.sql} LIKE ? ESCAPE '\'"
        return f"salesforce_like(?, {column.sql})"

    def _members(self, item: Compare, column: Column, literals: tuple[Literal, ...]) -> str:
        values = [self._value(column.field, literal) for literal in literals]
        known = [value for value in values if value is not None]
        self.values += known
        inside = f"{column.sql} IN ({', '.join('?' * len(known))})"
        if None in values:
            inside = f"({inside} OR {column.sql} IS NULL)"
        return inside if item.operator == "IN" else f"(NOT COALESCE({inside}, 0))"

    def _inner(self, item: Compare, column: Column, query: Query) -> str:
        if column.field.type not in ("id", "reference"):
            raise malformed(self.scope.statement, item.at, "a subquery can only be compared with an id field")
        inner, values = self.subquery(query, column, self.scope.kinds(column))
        self.values += values
        inside = f"{column.sql} IN ({inner})"
        return inside if item.operator == "IN" else f"(NOT COALESCE({inside}, 0))"

    def _value(self, item: Field, literal: Literal) -> Any:
        if literal.kind == "null":
            return None
        if literal.kind == "range":
            raise malformed(self.scope.statement, literal.at, f"unexpected token: '{literal.text}'")
        if item.type in ("id", "reference") and literal.kind == "string":
            return self._id(item, literal)
        if item.type in NUMBER_TYPES and literal.kind == "number":
            return self._number(literal)
        if item.type == "boolean" and literal.kind == "boolean":
            return int(literal.text == "TRUE")
        if item.type in ("date", "datetime") and literal.kind == item.type:
            return self._moment(literal)
        if item.type in TEXT_TYPES and literal.kind == "string":
            if len(literal.text) > _LONGEST_TEXT:
                message = f"a text in a condition may have {_LONGEST_TEXT} characters"
                raise malformed(self.scope.statement, literal.at, message)
            return unquote(literal.text)
        raise self._wrong_type(item, literal)

    def _number(self, literal: Literal) -> float:
        number = float(literal.text)
        if not math.isfinite(number):
            raise malformed(self.scope.statement, literal.at, f"{literal.text} is out of range")
        return number

    def _moment(self, literal: Literal) -> str:
        moment = parse_moment(literal.text)
        if moment is None:
            raise malformed(self.scope.statement, literal.at, f"{literal.text} is not a date")
        return literal.text if literal.kind == "date" else stamp(moment)

    def _id(self, item: Field, literal: Literal) -> str | None:
        text = unquote(literal.text)
        if not text:
            return None
        try:
            return full_id(text)
        except IdError:
            message = f"invalid ID field: {text}"
            raise ApiError(400, "INVALID_QUERY_FILTER_OPERATOR", message) from None

    def _wrong_type(self, item: Field, literal: Literal) -> ApiError:
        kind = _UNQUOTED.get(item.type, item.type if item.type in NUMBER_TYPES else "string")
        quotes = "should be" if kind == "string" else "should not be"
        must = f"must be of type {kind} and {quotes} enclosed in quotes"
        message = f"value of filter criterion for field '{item.name}' {must}"
        return self._bad(literal.at, message)

    def _bad(self, at: int, message: str) -> ApiError:
        return invalid_field(self.scope.statement, at, message)


def _joined(parts: list[str], word: str) -> str:
    """The parts as a balanced tree: SQLite bounds how deep an expression is, not how wide."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({_joined(parts[:half], word)} {word} {_joined(parts[half:], word)})"

"""Statements that count and group: which columns they answer and how these are called.

Invariant: every selected field of a grouping statement is aggregated or part of GROUP BY.
"""

from __future__ import annotations

from sandbox.salesforce.schema import Field
from sandbox.salesforce.soql.columns import Column, Scope
from sandbox.salesforce.soql.functions import AGGREGATES, aggregate, expression
from sandbox.salesforce.soql.lexer import invalid_field, malformed
from sandbox.salesforce.soql.syntax import Aliased, Func, Path, Query

GROUPING = "grouping of "


def wanted(query: Query) -> bool:
    """Whether the answer consists of AggregateResult rows or of a count."""
    return bool(query.group_by) or any(isinstance(item, Func) and item.name in AGGREGATES for item in query.select)


class Aggregation:
    """The columns and groups of one such statement."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._unnamed = 0
        self.groups = [self._group(item) for item in scope.query.group_by]
        self.columns: list[tuple[str, str, Field]] = []
        query = scope.query
        bare = [item for item in query.select if isinstance(item, Func) and item.name == "COUNT" and not item.of]
        self.only_count = bool(bare)
        if self.only_count and (len(query.select) > 1 or query.group_by or query.order):
            raise malformed(
                scope.statement, query.source_at, "COUNT() stands alone and in no order; use COUNT(Id) otherwise"
            )
        for item in query.select:
            self._select(item)

    def refuse_ungrouped(self, column: Column, item: Path | Func, clause: str) -> None:
        """A record's own field can neither order groups nor be asked for in HAVING."""
        aggregated = isinstance(item, Func) and item.name in AGGREGATES
        if not aggregated and column.sql not in self.groups:
            message = f"{clause} must be grouped or aggregated: {column.field.name}"
            raise malformed(self._scope.statement, item.at, message)

    @property
    def group_sql(self) -> str:
        return f" GROUP BY {', '.join(self.groups)}" if self.groups else ""

    def _group(self, item: Path | Func) -> str:
        column = expression(self._scope, item)
        if "G" not in column.field.flags:
            message = f"field '{column.field.name}' can not be grouped in a query call"
            raise invalid_field(self._scope.statement, item.at, message)
        return column.sql

    def _select(self, item: object) -> None:
        if isinstance(item, Func) and item.name == "GROUPING":
            self._add(self._grouping(item), item.alias or self._next_name())
        elif isinstance(item, Func):
            counts = item.name in AGGREGATES
            column = aggregate(self._scope, item) if counts else self._grouped(item)
            self._add(column, item.alias or self._next_name())
        elif isinstance(item, Path):
            column = self._grouped(item)
            self._add(column, column.field.name)
        elif isinstance(item, Aliased):
            self._add(self._grouped(item.path), item.alias)
        else:
            raise malformed(
                self._scope.statement,
                self._scope.query.source_at,
                "only fields and aggregates can be grouped",
            )

    def _grouping(self, item: Func) -> Column:
        """Whether a row is a subtotal over the field: 1 or 0."""
        if item.of is None or self._scope.query.subtotals is None:
            message = "GROUPING needs a field of GROUP BY ROLLUP or GROUP BY CUBE"
            raise malformed(self._scope.statement, item.at, message)
        return Column(
            GROUPING + self._grouped(item.of).sql, Field("GROUPING", "GROUPING", "int", 0, 18, 0, frozenset())
        )

    def _grouped(self, item: Path | Func) -> Column:
        column = expression(self._scope, item)
        if column.sql not in self.groups:
            message = f"Field must be grouped or aggregated: {column.field.name}"
            raise malformed(self._scope.statement, item.at, message)
        return column

    def _add(self, column: Column, name: str) -> None:
        if any(name.lower() == other.lower() for _, other, _ in self.columns):
            raise malformed(self._scope.statement, self._scope.query.source_at, f"duplicate alias: {name}")
        self.columns.append((column.sql, name, column.field))

    def _next_name(self) -> str:
        self._unnamed += 1
        return f"expr{self._unnamed - 1}"

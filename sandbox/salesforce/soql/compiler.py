"""Compiles a SOQL tree to one SQLite statement and a plan of how its rows become JSON.

Invariant: the statement reads in a fixed order (the sort keys, then the id), so that equal requests answer
equally.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.schema import Field, ObjectType, Schema
from sandbox.salesforce.soql import aggregation, restrictions, subtotals
from sandbox.salesforce.soql.columns import Column, Scope
from sandbox.salesforce.soql.conditions import Conditions
from sandbox.salesforce.soql.functions import expression
from sandbox.salesforce.soql.lexer import invalid_field, invalid_type, malformed
from sandbox.salesforce.soql.syntax import Aliased, FieldsOf, Func, Path, Query, TypeOf

_HIGHEST_OFFSET = 2000


@dataclass
class Node:
    """An object in the answer: which column is its id, and its members in the order of the SELECT.

    Under TYPEOF each kind of record in `by_kind` has members of its own; `members` are those of the other kinds.
    """

    kind: ObjectType | None
    id_at: int = 0
    members: dict[str, tuple[int, Field] | Node | Plan] = field(default_factory=dict)
    by_kind: dict[str, dict[str, tuple[int, Field]]] = field(default_factory=dict)


@dataclass
class Plan:
    """A statement ready to run; `shape` is None for aggregates, whose `names` then label the columns."""

    sql: str
    values: list[Any]
    kind: ObjectType
    shape: Node | None
    names: list[tuple[str, Field]]
    only_count: bool = False


@dataclass(frozen=True)
class Compiler:
    """What compilation depends on besides the statement."""

    schema: Schema
    statement: str
    today: date
    with_deleted: bool = False
    user_id: str = ""
    deepest: int = 5
    level: int = 1

    def compile(self, query: Query) -> Plan:
        """The plan of a top-level statement."""
        scope = Scope(self.schema, self.statement, query)
        restrictions.check(scope)
        if aggregation.wanted(query):
            return self._aggregate(scope)
        return self._plain(scope, self._conditions(scope))

    def _conditions(self, scope: Scope) -> Conditions:
        return Conditions(scope, self.today, self._inner)

    def _plain(self, scope: Scope, conditions: Conditions, link: str | None = None) -> Plan:
        columns = [f"{scope.prefix}0.Id"]
        root = Node(scope.kind)
        for item in scope.query.select:
            self._select(scope, root, columns, item)
        where = self._where(scope, conditions, link)
        order = self._order(scope, (f"{scope.prefix}0.Id",))
        sql = f"SELECT {', '.join(columns)}{self._from(scope)}{where}{order}{self._slice(scope.query)}"
        return Plan(sql, conditions.values, scope.kind, root, [])

    def _select(self, scope: Scope, root: Node, columns: list[str], item: object) -> None:
        if isinstance(item, FieldsOf):
            for each in restrictions.expanded(scope, item):
                self._add(scope, root, columns, Path(each.name, item.at))
        elif isinstance(item, Query):
            name, plan = self._child(scope, item)
            root.members[name] = plan
        elif isinstance(item, TypeOf):
            self._type_of(scope, root, columns, item)
        elif isinstance(item, Path | Func):
            self._add(scope, root, columns, item)
        elif isinstance(item, Aliased):
            raise malformed(self.statement, item.path.at, "only grouped or aggregated fields can have an alias")

    def _add(self, scope: Scope, root: Node, columns: list[str], item: Path | Func) -> None:
        column = expression(scope, item)
        node = root
        for depth in range(len(column.steps)):
            node = self._parent(scope, node, columns, column.steps[: depth + 1])
        name = column.field.name
        if isinstance(item, Func) and item.name == "TOLABEL" and item.alias:
            name = item.alias
        if name in node.members:
            raise malformed(self.statement, item.at, f"duplicate field selected: {name}")
        node.members[name] = (len(columns), column.field)
        columns.append(column.sql)

    def _type_of(self, scope: Scope, root: Node, columns: list[str], item: TypeOf) -> None:
        steps, places = scope.parents(item.path)
        if len(places) < 2:
            raise malformed(self.statement, item.path.at, f"{item.path.text} is not a polymorphic relationship")
        if steps[-1] in root.members:
            raise malformed(self.statement, item.path.at, f"duplicate field selected: {item.path.text}")
        node = self._parent(scope, root, columns, steps)
        for kind, paths in item.whens:
            place = next((place for place in places if place[0].name.lower() == kind.lower()), None)
            if place is None:
                raise invalid_type(self.statement, item.path.at, kind)
            found = [(path, scope.own(path, *place)) for path in paths]
            node.by_kind[place[0].name] = self._members(columns, found)
        others = [(path, scope.last(steps, path.text, path)) for path in item.otherwise]
        node.members |= self._members(columns, others)

    def _members(self, columns: list[str], found: list[tuple[Path, Column]]) -> dict[str, tuple[int, Field]]:
        members = {}
        for path, column in found:
            if column.field.name in members:
                raise malformed(self.statement, path.at, f"duplicate field selected: {column.field.name}")
            members[column.field.name] = (len(columns), column.field)
            columns.append(column.sql)
        return members

    def _parent(self, scope: Scope, node: Node, columns: list[str], steps: tuple[str, ...]) -> Node:
        known = node.members.get(steps[-1])
        if isinstance(known, Node):
            return known
        places = scope.places[steps]
        ids = ", ".join(f"{alias}.Id" for _, alias in places)
        parent = Node(places[0][0] if len(places) == 1 else None, len(columns))
        columns.append(f"COALESCE({ids})" if len(places) > 1 else ids)
        node.members[steps[-1]] = parent
        return parent

    def _child(self, scope: Scope, query: Query) -> tuple[str, Plan]:
        for owner, item in self.schema.children[scope.kind.name]:
            if item.children and item.children.lower() == query.source.lower():
                return item.children, self._child_plan(query, owner, item)
        message = (
            f"Didn't understand relationship '{query.source}' in FROM part of query call. If you are"
            " attempting to use"
            " a custom relationship, be sure to append the '__r' after the custom relationship name."
            " Please reference"
            " your WSDL or the describe call for the appropriate names."
        )
        raise ApiError(400, "INVALID_TYPE", message)

    def _child_plan(self, query: Query, owner: ObjectType, item: Field) -> Plan:
        if query.group_by or query.having is not None:
            raise malformed(self.statement, query.source_at, "a subquery has no groups")
        if any(isinstance(each, Query) for each in query.select) and self.level >= self.deepest:
            message = f"subqueries may be nested {self.deepest} deep"
            raise malformed(self.statement, query.source_at, message)
        scope = Scope(self.schema, self.statement, replace(query, source=owner.name))
        restrictions.check(scope, linked=True)
        below = replace(self, level=self.level + 1)
        return below._plain(scope, below._conditions(scope), f"t0.{item.name} = ?")

    def _inner(self, query: Query, outer: Column, kinds: frozenset[str]) -> tuple[str, list[Any]]:
        """The SQL of a semi-join's subquery, which selects one id field."""
        if len(query.select) != 1 or not isinstance(query.select[0], Path):
            raise malformed(self.statement, query.source_at, "a semi-join selects exactly one field")
        scope = Scope(self.schema, self.statement, query, prefix=f"s{query.source_at}_")
        restrictions.check(scope)
        restrictions.check_semi_join(scope)
        column = scope.column(query.select[0])
        if column.field.type not in ("id", "reference"):
            raise malformed(self.statement, query.source_at, "a semi-join selects an id field")
        if not kinds & scope.kinds(column):
            message = (
                f"The selected field '{column.field.name}' in the subquery and the left operand field in the where"
                f" expression in the outer query '{outer.field.name}' should point to the same object type"
            )
            raise malformed(self.statement, query.source_at, message)
        conditions = self._conditions(scope)
        where = self._where(scope, conditions, f"{column.sql} IS NOT NULL")
        return f"SELECT {column.sql}{self._from(scope)}{where}", conditions.values

    def _aggregate(self, scope: Scope) -> Plan:
        conditions = self._conditions(scope)
        plan = aggregation.Aggregation(scope)
        where = self._where(scope, conditions)
        having = ""
        if scope.query.having is not None:
            final = Conditions(scope, self.today, self._inner, having=True)
            having = f" HAVING {final.sql(scope.query.having)}"
            conditions.values += final.values
        for clause, item in restrictions.of_groups(scope.query):
            plan.refuse_ungrouped(expression(scope, item, aggregates=True), item, clause)
        names = [(name, kind) for _, name, kind in plan.columns]
        if scope.query.subtotals is not None:
            if scope.query.order or having:
                message = f"ORDER BY and HAVING are not offered with {scope.query.subtotals} in this org"
                raise malformed(self.statement, scope.query.source_at, message)
            sql, times = subtotals.sql(plan, scope.query.subtotals, f"{self._from(scope)}{where}")
            return Plan(f"{sql}{self._slice(scope.query)}", conditions.values * times, scope.kind, None, names)
        columns = ", ".join(sql for sql, _, _ in plan.columns)
        order = self._order(scope, tuple(plan.groups), aggregates=True)
        # The joins are complete only now that every clause has named its paths.
        cut = self._slice(scope.query)
        if plan.only_count and cut:
            # LIMIT bounds the records that are counted, not the one row of the answer.
            sql = f"SELECT COUNT(*) FROM (SELECT 1{self._from(scope)}{where}{cut})"
            return Plan(sql, conditions.values, scope.kind, None, [], only_count=True)
        tail = f"{where}{plan.group_sql}{having}{order}{cut}"
        sql = f"SELECT {columns}{self._from(scope)}{tail}"
        return Plan(sql, conditions.values, scope.kind, None, names, plan.only_count)

    def _from(self, scope: Scope) -> str:
        return f" FROM {scope.kind.table} {scope.prefix}0{''.join(scope.joins)}"

    def _where(self, scope: Scope, conditions: Conditions, link: str | None = None) -> str:
        parts = [] if self.with_deleted else [f"{scope.prefix}0.IsDeleted = 0"]
        if scope.query.scope == "MINE":
            parts.append(f"{scope.prefix}0.{restrictions.owner(scope).name} = ?")
            conditions.values.insert(0, self.user_id)
        if scope.query.where is not None:
            parts.append(conditions.sql(scope.query.where))
        if link is not None:
            parts.append(link)
        return f" WHERE {' AND '.join(parts)}" if parts else ""

    def _order(self, scope: Scope, last: tuple[str, ...], *, aggregates: bool = False) -> str:
        keys = []
        for item in scope.query.order:
            column = expression(scope, item.by, aggregates=aggregates)
            if "S" not in column.field.flags:
                at = item.by.at
                message = f"field '{column.field.name}' can not be sorted in a query call"
                raise invalid_field(self.statement, at, message)
            direction = "DESC" if item.descending else "ASC"
            keys.append(f"{column.sql} {direction} NULLS {'LAST' if item.nulls_last else 'FIRST'}")
        keys += last
        return f" ORDER BY {', '.join(keys)}" if keys else ""

    def _slice(self, query: Query) -> str:
        if query.offset is not None and query.offset > _HIGHEST_OFFSET:
            message = f"Maximum SOQL offset allowed is {_HIGHEST_OFFSET}"
            raise ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", message)
        if query.limit is None and query.offset is None:
            return ""
        limit = -1 if query.limit is None else min(query.limit, 2**31)
        return f" LIMIT {limit} OFFSET {query.offset or 0}"

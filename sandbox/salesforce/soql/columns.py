"""Finds what a dotted SOQL path means: joins the parents it walks through, and knows the field at its end.

Invariant: only names from the schema ever reach the SQL text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.salesforce.schema import Field, ObjectType, Schema
from sandbox.salesforce.soql.lexer import invalid_field, invalid_type, malformed
from sandbox.salesforce.soql.syntax import Path, Query

_DEEPEST = 5
# The fields that the Name pseudo-object offers through Who, What and their kin.
_NAME_FIELDS = frozenset(
    [
        "id",
        "name",
        "type",
        "firstname",
        "lastname",
        "email",
        "phone",
        "title",
        "username",
        "alias",
        "isactive",
        "ownerid",
        "isdeleted",
    ]
)
_TYPE = Field("Type", "Type", "string", 40, 0, 0, frozenset("NFSG"))
Place = tuple[ObjectType, str]


@dataclass
class Column:
    """An SQL expression for a field, with the steps of its path in their canonical case."""

    sql: str
    field: Field
    steps: tuple[str, ...] = ()


@dataclass
class Scope:
    """The tables one statement reads: the object itself and the parents that paths have joined."""

    schema: Schema
    statement: str
    query: Query
    prefix: str = "t"
    joins: list[str] = field(default_factory=list)
    places: dict[tuple[str, ...], list[Place]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kind = self.schema.find(self.query.source)
        if kind is None:
            raise invalid_type(self.statement, self.query.source_at, self.query.source)
        self.root(kind)

    def root(self, kind: ObjectType) -> None:
        self.kind = kind
        self.places[()] = [(kind, f"{self.prefix}0")]

    def column(self, path: Path) -> Column:
        """The column that a path names; INVALID_FIELD if there is none."""
        names = path.text.split(".")
        own = {self.kind.name.lower(), (self.query.alias or self.kind.name).lower()}
        if len(names) > 1 and names[0].lower() in own and names[0].lower() not in self.kind.parents:
            names = names[1:]
        if len(names) > _DEEPEST + 1:
            raise malformed(self.statement, path.at, "a path may go through at most 5 parents")
        steps: tuple[str, ...] = ()
        for name in names[:-1]:
            steps = self._walk(steps, name, path)
        return self.last(steps, names[-1], path)

    def parents(self, path: Path) -> tuple[tuple[str, ...], list[Place]]:
        """The objects that a reference of this object's may lead to."""
        steps = self._walk((), path.text, path)
        return steps, self.places[steps]

    def kinds(self, column: Column) -> frozenset[str]:
        """The objects whose records an id or a reference of this scope may name."""
        if column.field.type == "id":
            return frozenset(kind.name for kind, _ in self.places[column.steps])
        return frozenset(column.field.targets)

    def own(self, path: Path, kind: ObjectType, alias: str) -> Column:
        """A field of one of these objects."""
        field = kind.by_lower.get(path.text.lower())
        if field is None:
            raise self._no_column(path, path.text, kind.name)
        return Column(f"{alias}.{field.name}", field)

    def last(self, steps: tuple[str, ...], name: str, path: Path) -> Column:
        """The field at the end of a path whose parents have been walked."""
        places = self.places[steps]
        if len(places) > 1 and name.lower() not in _NAME_FIELDS:
            raise self._no_column(path, name, "Name")
        if len(places) > 1 and name.lower() == "type":
            whens = " ".join(f"WHEN {alias}.Id IS NOT NULL THEN '{kind.name}'" for kind, alias in places)
            return Column(f"(CASE {whens} END)", _TYPE, steps)
        having = [(kind.by_lower[name.lower()], alias) for kind, alias in places if name.lower() in kind.by_lower]
        if not having:
            raise self._no_column(path, name, places[0][0].name)
        parts = [f"{alias}.{item.name}" for item, alias in having]
        sql = parts[0] if len(parts) == 1 else f"COALESCE({', '.join(parts)}) COLLATE SALESFORCE_TEXT"
        return Column(sql, having[0][0], steps)

    def _walk(self, steps: tuple[str, ...], name: str, path: Path) -> tuple[str, ...]:
        sources = [
            (kind.parents[name.lower()], alias)
            for kind, alias in self.places[steps]
            if name.lower() in kind.parents
        ]
        if not sources:
            kind = self.places[steps][0][0]
            message = (
                f"Didn't understand relationship '{name}' in field path. If you are attempting to use a"
                " custom"
                " relationship, be sure to append the '__r' after the custom relationship name. Please"
                " reference your"
                f" WSDL or the describe call for the appropriate names. (on {kind.name})"
            )
            raise invalid_field(self.statement, path.at, message)
        further = (*steps, sources[0][0].relationship)
        if further not in self.places:
            self.places[further] = [
                self._join(target, alias, item) for item, alias in sources for target in item.targets
            ]
        return further

    def _join(self, target: str, source: str, item: Field) -> Place:
        kind = self.schema[target]
        alias = f"{self.prefix}{len(self.joins) + 1}"
        self.joins.append(f" LEFT JOIN {kind.table} {alias} ON {alias}.Id = {source}.{item.name}")
        return kind, alias

    def _no_column(self, path: Path, name: str, entity: str) -> Exception:
        message = (
            f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field,"
            " be sure to"
            " append the '__c' after the custom field name. Please reference your WSDL or the describe"
            " call for the"
            " appropriate names."
        )
        return invalid_field(self.statement, path.at, message)

"""The syntax tree of a SOQL statement.

Invariant: nodes are immutable and know where they stand in the text, so that every later error can point at
it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Path:
    """A field, possibly of a parent: `Owner.Name`."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Func:
    """A function of one field, or COUNT() of none."""

    name: str
    of: Path | None
    alias: str | None
    at: int


@dataclass(frozen=True, slots=True)
class FieldsOf:
    """FIELDS(ALL), FIELDS(STANDARD) or FIELDS(CUSTOM)."""

    which: str
    at: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A value; `kind` is string, number, boolean, null, date, datetime, or range for TODAY and its kin."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Compare:
    """`field operator value`; the value is one literal, a list of them, or a subquery."""

    left: Path | Func
    operator: str
    right: Literal | tuple[Literal, ...] | Query
    at: int


@dataclass(frozen=True, slots=True)
class Logic:
    """Conditions joined by AND, or by OR."""

    word: str
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The negation of a condition."""

    part: Condition


Condition = Compare | Logic | Not


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key; nulls come first unless said otherwise."""

    by: Path | Func
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT statement, or a subquery. `seen_for` is VIEW or REFERENCE where it ends in FOR …;
    `subtotals` is ROLLUP or CUBE where it groups that way."""

    select: tuple[SelectItem, ...]
    source: str
    source_at: int
    alias: str | None
    where: Condition | None
    group_by: tuple[Path | Func, ...]
    having: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int | None
    scope: str = "EVERYTHING"
    seen_for: str | None = None
    subtotals: str | None = None


@dataclass(frozen=True, slots=True)
class Aliased:
    """A grouped field with a name of its own in the answer."""

    path: Path
    alias: str


@dataclass(frozen=True, slots=True)
class TypeOf:
    """`TYPEOF Who WHEN Contact THEN Email ELSE Name END`: other fields for each kind of parent."""

    path: Path
    whens: tuple[tuple[str, tuple[Path, ...]], ...]
    otherwise: tuple[Path, ...]


SelectItem = Path | Func | FieldsOf | Query | Aliased | TypeOf

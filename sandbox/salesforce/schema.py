"""The objects and fields of the org, read from the compact tables in `objects/`.

One table drives everything: the SQLite columns, the describe answers and every validation. A line is
`name|type|size|flags|targets:relationship:children|choices|label`; `!Object` starts an object, `+Object`
adds to it. Flags: C createable, U updateable, N nillable, D defaulted on create, F filterable, S sortable,
G groupable, L idLookup, R restricted picklist, n name field, P polymorphic, X external id, Q unique.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources

_HEAD = "Id|id|18|DFSGL|||{label} ID\nIsDeleted|boolean||DFSG|||Deleted\n"
_TAIL = """CreatedDate|datetime||DFS
CreatedById|reference|18|DFSG|User:CreatedBy:
LastModifiedDate|datetime||DFS
LastModifiedById|reference|18|DFSG|User:LastModifiedBy:
SystemModstamp|datetime||DFS
"""
AUDIT = frozenset({"CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"})
TEXT_TYPES = frozenset({"string", "textarea", "picklist", "combobox", "email", "phone", "url"})
NUMBER_TYPES = frozenset({"int", "double", "currency", "percent"})


@dataclass(frozen=True, eq=False)
class Field:
    """One column, with the flags that decide what a client may do with it."""

    name: str
    label: str
    type: str
    length: int
    precision: int
    scale: int
    flags: frozenset[str]
    targets: tuple[str, ...] = ()
    relationship: str = ""
    children: str = ""
    choices: tuple[str, ...] = ()
    default: str | None = None

    @cached_property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @cached_property
    def polymorphic(self) -> bool:
        return "P" in self.flags

    @cached_property
    def nillable(self) -> bool:
        return "N" in self.flags

    @cached_property
    def aggregatable(self) -> bool:
        """Whether SOQL may count it, and find its least and greatest value."""
        return "F" in self.flags and self.type not in ("boolean", "base64")

    @cached_property
    def lookup(self) -> bool:
        """Whether an upsert or a nested reference may find records by this field."""
        return bool(self.flags & {"L", "X"}) and self.type != "id"


@dataclass(frozen=True, eq=False)
class ObjectType:
    """One kind of record."""

    name: str
    label: str
    plural: str
    prefix: str
    flags: frozenset[str]
    fields: dict[str, Field] = field(default_factory=dict)

    @cached_property
    def table(self) -> str:
        return f"salesforce_{self.name.lower()}"

    @cached_property
    def by_lower(self) -> dict[str, Field]:
        return {name.lower(): item for name, item in self.fields.items()}

    @cached_property
    def parents(self) -> dict[str, Field]:
        """Reference fields by the lower-case name that a dotted path uses."""
        return {item.relationship.lower(): item for item in self.fields.values() if item.relationship}

    @cached_property
    def required(self) -> tuple[Field, ...]:
        wanted = (item for item in self.fields.values() if "C" in item.flags and not item.flags & {"N", "D"})
        return tuple(item for item in wanted if item.type != "boolean")

    @cached_property
    def unique(self) -> tuple[Field, ...]:
        return tuple(item for item in self.fields.values() if "Q" in item.flags)


class Schema:
    """All object types, found by name in any case."""

    def __init__(self, types: dict[str, ObjectType]) -> None:
        self.types = types
        self._by_lower = {name.lower(): item for name, item in types.items()}
        self.by_prefix = {item.prefix: item for item in types.values()}

    def find(self, name: str) -> ObjectType | None:
        return self._by_lower.get(name.lower())

    def __getitem__(self, name: str) -> ObjectType:
        return self.types[name]

    @cached_property
    def children(self) -> dict[str, list[tuple[ObjectType, Field]]]:
        """For each object, the reference fields elsewhere that point at it."""
        found: dict[str, list[tuple[ObjectType, Field]]] = {name: [] for name in self.types}
        for owner in self.types.values():
            for item in owner.fields.values():
                for target in item.targets:
                    found[target].append((owner, item))
        return found


@cache
def load() -> Schema:
    """The org's schema; the tables never change while the process runs."""
    folder = resources.files("sandbox.salesforce") / "objects"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".txt"))
    types: dict[str, ObjectType] = {}
    for name in names:
        _read(folder.joinpath(name).read_text("utf-8"), types)
    for item in types.values():
        _add_lines(item, _TAIL)
    return Schema(types)


def _read(text: str, types: dict[str, ObjectType]) -> None:
    for block in re.split(r"^(?=[!+])", text, flags=re.MULTILINE):
        head, _, lines = block.partition("\n")
        if head.startswith("!"):
            name, label, plural, prefix, flags = (head[1:] + "|").split("|")[:5]
            types[name] = ObjectType(name, label, plural, prefix, frozenset(flags))
            _add_lines(types[name], _HEAD.format(label=label))
        if head:
            _add_lines(types[head[1:].split("|")[0]], lines)


def _add_lines(item: ObjectType, lines: str) -> None:
    for line in lines.splitlines():
        parsed = _field(line)
        item.fields[parsed.name] = parsed


def _field(line: str) -> Field:
    name, kind, size, flags, reference, choices, label = (line.split("|") + [""] * 6)[:7]
    targets, relationship, children = [*reference.split(":"), "", ""][:3]
    whole, _, scale = size.partition(".")
    number = kind in NUMBER_TYPES
    values = tuple(value.strip() for value in choices.split(";")) if choices else ()
    return Field(
        name=name,
        label=label or _label(name, kind),
        type=kind,
        length=0 if number else int(whole or 0),
        precision=int(whole or 18) if number else 0,
        scale=int(scale or 0),
        flags=frozenset(flags),
        targets=tuple(targets.split(",")) if targets else (),
        relationship=relationship,
        children=children,
        choices=tuple(value.rstrip("*") for value in values),
        default=next((value.rstrip("*") for value in values if value.endswith("*")), None),
    )


def _label(name: str, kind: str) -> str:
    words = re.sub(r"__c$", "", name).replace("_", " ")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words)
    return re.sub(r" Id$", " ID", words) if kind == "reference" else words

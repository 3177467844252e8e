"""Custom fields of one org and the security of fields: the schema everybody gets, and the one our user sees.

Invariant: the tables hold every column of the org's schema before the schema is in force.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sandbox.salesforce.admin.reading import SetupError, choice, part, parts, text, texts, truth
from sandbox.salesforce.schema import AUDIT, NUMBER_TYPES, Field, ObjectType, Schema

ACCESS = ("hidden", "read_only")
_TYPES = ("string", "textarea", "picklist", "email", "phone", "url", "boolean", "int", "double", "currency", "date")
_FLAGS = {"textarea": "CUN", "boolean": "CUDFSG", "double": "CUNFS", "currency": "CUNFS"}
_KNOWN = {
    "object": ...,
    "name": ...,
    "type": None,
    "length": None,
    "label": None,
    "required": None,
    "restricted": None,
    "values": None,
    "external_id": None,
    "unique": None,
}
_LONGEST = 131_072


@dataclass(frozen=True)
class FieldSetup:
    """A field that is added to an object, or takes the place of what it was."""

    object: str
    field: Field


def read(base: Schema, value: object) -> tuple[FieldSetup, ...]:
    """The fields of a setup; an existing field keeps what is not given."""
    return tuple(_read(base, each, name) for name, each in parts(value, "fields"))


def _read(base: Schema, value: object, what: str) -> FieldSetup:
    given = part(value, what, _KNOWN)
    kind = object_of(base, given["object"], f"{what}.object")
    name = text(given["name"], f"{what}.name")
    field = _changed(kind.by_lower.get(name.lower()), name, given, what)
    if given["label"] is not None:
        field = replace(field, label=text(given["label"], f"{what}.label"))
    if given["values"] is not None:
        field = replace(field, choices=texts(given["values"], f"{what}.values"))
    return FieldSetup(kind.name, replace(field, flags=_flags(field, given, what)))


def object_of(base: Schema, value: object, what: str) -> ObjectType:
    """The object of a name in any case."""
    kind = base.find(text(value, what))
    if kind is None:
        raise SetupError(f"{what}: there is no object {value!r}")
    return kind


def _changed(field: Field | None, name: str, given: Mapping[str, object], what: str) -> Field:
    if field is None:
        return _new(name, given["type"], given["length"], what)
    if given["type"] is not None:
        if not field.custom:
            raise SetupError(f"{what}.type: {field.name} is a standard field, whose type never changes")
        made = _new(field.name, given["type"], given["length"], what)
        return replace(made, label=field.label, choices=field.choices)
    if given["length"] is None:
        return field
    if not field.length or field.targets or field.type == "id":
        raise SetupError(f"{what}.length: {field.name} is no text")
    return replace(field, length=_length(given["length"], what))


def _new(name: str, kind: object, length: object, what: str) -> Field:
    if re.fullmatch(r"[A-Za-z]\w{0,36}__c", name, re.ASCII) is None:
        raise SetupError(
            f"{what}.name: a new field is custom: letters, digits and _, and it ends with __c, not {name}"
        )
    kind = choice(kind or "string", f"{what}.type", _TYPES)
    size = 255 if length is None else _length(length, what)
    number = kind in NUMBER_TYPES
    return Field(
        name=name,
        label=name.removesuffix("__c").replace("_", " "),
        type=kind,
        length=0 if number or kind in ("boolean", "date") else size,
        precision=18 if number else 0,
        scale=2 if number and kind != "int" else 0,
        flags=frozenset(_FLAGS.get(kind, "CUNFSG")),
    )


def _length(given: object, what: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= _LONGEST:
        raise SetupError(f"{what}.length must be a whole number from 1 to {_LONGEST}")
    return given


def _flags(field: Field, given: Mapping[str, object], what: str) -> frozenset[str]:
    flags = set(field.flags)
    for name, flag in (("required", "N"), ("restricted", "R"), ("external_id", "X"), ("unique", "Q")):
        if given[name] is not None:
            wanted = truth(given[name], f"{what}.{name}")
            # A field that may be empty is one that is not required.
            (flags.add if wanted != (name == "required") else flags.discard)(flag)
    if field.type == "boolean":
        flags.discard("N")
    return frozenset(flags)


def org_schema(base: Schema, setups: Sequence[FieldSetup]) -> Schema:
    """The schema of an org with these fields."""
    types = dict(base.types)
    for setup in setups:
        kind = types[setup.object]
        types[setup.object] = replace(kind, fields={**kind.fields, setup.field.name: setup.field})
    return Schema(types) if setups else base


def read_security(schema: Schema, value: object) -> dict[tuple[str, str], str]:
    """`{"Lead.Rating": "hidden"}`: what our user may not see, or not change."""
    if not isinstance(value, dict):
        raise SetupError('field_security is an object like {"Lead.Rating": "hidden"}')
    found = {}
    for name, access in value.items():
        object_name, _, field_name = name.partition(".")
        kind = object_of(schema, object_name or " ", "field_security")
        field = kind.by_lower.get(field_name.lower())
        if field is None:
            raise SetupError(f"field_security: {kind.name} has no field {field_name!r}")
        if field.name in AUDIT | {"Id", "IsDeleted"} or not (field.nillable or field.type == "boolean"):
            raise SetupError(f"field_security: {name} is needed by every record and cannot be taken away")
        found[kind.name, field.name] = choice(access, f"field_security of {name}", ACCESS)
    return found


def visible(schema: Schema, security: Mapping[tuple[str, str], str]) -> Schema:
    """The schema as our user sees it."""
    types = dict(schema.types)
    for (kind_name, field_name), access in security.items():
        kind = types[kind_name]
        fields = dict(kind.fields)
        field = fields.pop(field_name)
        if access == "read_only":
            fields = {**kind.fields, field_name: replace(field, flags=field.flags - {"C", "U"})}
        types[kind_name] = replace(kind, fields=fields)
    return Schema(types) if security else schema
